"""The quirks of OAuth that are data, and what a flow of one's own builds on."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx2
import pytest

from ocma.errors import Invalid
from ocma.platforms.configuration import endpoints
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.grant import App, Grant
from ocma.platforms.oauth import OAuthFlow
from unit.platforms.manifests import manifest, oauth

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BACK = "https://ocma.example/back"
TOKEN = {"access_token": "a1", "token_type": "Bearer", "expires_in": 3600, "scope": "read write"}


class Server:
    """Gives its answers in order and keeps what was asked."""

    def __init__(self, *answers) -> None:
        self.asked, self._answers = [], list(answers)

    def __call__(self, request):
        self.asked.append(request)
        answer = self._answers.pop(0)
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    @property
    def form(self):
        return dict(parse_qsl(self.asked[-1].content.decode(), keep_blank_values=True))


def flow(server=None, kind=OAuthFlow, settings=(), **quirks):
    platform = manifest(oauth=oauth(**quirks), settings=dict(settings))
    transport = httpx2.MockTransport(server or Server())
    return kind(platform, endpoints(platform, {}), App("the-id", "the-secret"), transport, lambda: NOW)


async def sent(**quirks):
    authorization = await flow(**quirks).authorize(BACK, "s t&te")
    return authorization, dict(httpx2.URL(authorization.url).params)


async def test_a_platform_may_call_the_client_id_otherwise_and_list_scopes_with_commas():
    _, query = await sent(client_id_name="client_key", scope_separator=",", pkce=None)
    assert query == {
        "response_type": "code",
        "client_key": "the-id",
        "redirect_uri": BACK,
        "scope": "read,write",
        "state": "s t&te",
    }


async def test_the_challenge_is_made_as_the_platform_wants_it():
    authorization, query = await sent(pkce="hex")
    assert query["code_challenge"] == hashlib.sha256(authorization.verifier.encode()).hexdigest()
    assert query["code_challenge_method"] == "S256"
    authorization, query = await sent()
    digest = hashlib.sha256(authorization.verifier.encode()).digest()
    assert query["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert not {"code_challenge", "code_challenge_method"} & (await sent(pkce=None))[1].keys()


async def test_paths_and_parameters_of_the_manifest_are_used():
    found = await flow(
        authorize="/{version}/dialog", authorize_extra={"access_type": "offline"}, settings=[("version", "v7")]
    ).authorize(BACK, "s")
    url = httpx2.URL(found.url)
    assert (url.path, url.params["access_type"]) == ("/v7/dialog", "offline")


@pytest.mark.parametrize("pkce", ["S256", "hex", None])
async def test_a_code_is_redeemed_in_the_form_under_the_platforms_names(pkce):
    server = Server(TOKEN | {"refresh_token": "r1", "refresh_expires_in": 7200, "scope": "read,write"})
    quirks = {"client_id_name": "client_key", "scope_separator": ",", "pkce": pkce, "token_extra": {"grant": "full"}}
    grant = await flow(server, **quirks).exchange("the+code", BACK, "v" * 43)
    expected = {
        "grant_type": "authorization_code",
        "code": "the+code",
        "redirect_uri": BACK,
        "client_key": "the-id",
        "client_secret": "the-secret",
        "grant": "full",
    }
    assert server.form == expected | ({"code_verifier": "v" * 43} if pkce else {})
    assert "authorization" not in server.asked[0].headers
    assert (grant.access_token, grant.refresh_token, grant.scopes) == ("a1", "r1", ("read", "write"))
    assert grant.ends_at == NOW + timedelta(hours=2)


async def test_fewer_scopes_than_asked_for_are_what_was_granted():
    assert (await flow(Server(TOKEN | {"scope": "read"})).exchange("c", BACK, None)).scopes == ("read",)
    assert (await flow(Server(TOKEN | {"scope": ["read"]})).exchange("c", BACK, None)).scopes == ("read",)
    untold = {name: value for name, value in TOKEN.items() if name != "scope"}
    assert (await flow(Server(untold)).exchange("c", BACK, None)).scopes == ("read", "write")
    assert (await flow(Server(TOKEN | {"scope": ""})).exchange("c", BACK, None)).scopes == ("read", "write")


async def test_a_refresh_does_not_ask_for_scopes_and_keeps_what_it_is_not_told():
    server, ends = Server({"access_token": "a2", "expires_in": 60}), NOW + timedelta(days=300)
    before = Grant("a1", "r1", NOW, ("read",), ends, {"key": "value"})
    after = await flow(server, auth_method="client_secret_post").refresh(before)
    assert server.form == {
        "grant_type": "refresh_token",
        "refresh_token": "r1",
        "client_id": "the-id",
        "client_secret": "the-secret",
    }
    assert (after.access_token, after.refresh_token, after.scopes) == ("a2", "r1", ("read",))
    assert (after.ends_at, after.extra) == (ends, {"key": "value"})


async def test_a_platform_may_renew_the_access_token_by_itself():
    grant = await flow(Server(TOKEN), renews_with="access_token").exchange("c", BACK, None)
    assert grant.refresh_token == grant.access_token == "a1"


@pytest.mark.parametrize("status", [200, 400])
async def test_an_error_counts_whatever_the_status(status):
    refusal = httpx2.Response(status, json={"error": "invalid_grant", "error_description": "no", "log_id": "1"})
    with pytest.raises(Invalid) as refused:
        await flow(Server(refusal)).exchange("c", BACK, None)
    assert refused.value.rule == "authCodeRefused"
    refusal = httpx2.Response(status, json={"error": "invalid_grant", "error_description": "no", "log_id": "1"})
    with pytest.raises(ReauthorizationRequired):
        await flow(Server(refusal)).refresh(Grant("a", "r"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx2.Response(429, json={"error": "slow_down"}), Throttled),
        (httpx2.Response(503, json={"error": "invalid_grant"}), PlatformUnavailable),
        (httpx2.Response(400, json={"error": {"code": 190, "message": "a platform's own words"}}), PlatformUnavailable),
        (httpx2.Response(200, json={"data": {}}), PlatformUnavailable),
        (httpx2.Response(200, text="<html>"), PlatformUnavailable),
        (httpx2.Response(200, json=[]), PlatformUnavailable),
        (httpx2.Response(400, json={"error": "invalid_scope"}), PermissionMissing),
    ],
)
async def test_what_is_no_definite_no_disconnects_nobody(answer, expected):
    with pytest.raises(expected):
        await flow(Server(answer)).refresh(Grant("a", "r"))


class Wrapping(OAuthFlow):
    """Its answers are wrapped, its errors have numbers, and a token is traded for a longer one by GET."""

    def _plain(self, body):
        return body["data"][0] if "data" in body else body

    def _word(self, body):
        error = body.get("error")
        return {190: "invalid_grant", 10: "invalid_scope"}.get(error["code"], "server_error") if error else None

    async def exchange(self, code, redirect_uri, verifier, kept=None, issuer=None):
        short = await super().exchange(code, redirect_uri, verifier)
        answer = await self._ask("GET", "/longer", self._refused_code, params={"access_token": short.access_token})
        return self._grant(answer, short)


async def test_a_flow_of_ones_own_is_a_few_lines():
    server = Server({"data": [TOKEN]}, {"access_token": "long", "expires_in": 5_184_000})
    grant = await flow(server, Wrapping).exchange("c", BACK, None)
    assert str(server.asked[1].url) == "https://api.plain.example/longer?access_token=a1"
    assert (grant.access_token, grant.expires_at, grant.scopes) == ("long", NOW + timedelta(days=60), ("read", "write"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx2.Response(400, json={"error": {"code": 190}}), Invalid),
        (httpx2.Response(200, json={"error": {"code": 190}}), Invalid),
        (httpx2.Response(400, json={"error": {"code": 2}}), PlatformUnavailable),
        (httpx2.Response(400, json={}), PlatformUnavailable),
        (httpx2.Response(500, json={"error": {"code": 190}}), PlatformUnavailable),
        (httpx2.Response(429), Throttled),
        (httpx2.Response(200, text="{"), PlatformUnavailable),
    ],
)
async def test_its_own_calls_fail_as_the_others_do(answer, expected):
    with pytest.raises(expected):
        await flow(Server(TOKEN, answer), Wrapping).exchange("c", BACK, None)


async def test_its_own_words_are_understood_everywhere():
    with pytest.raises(ReauthorizationRequired):
        await flow(Server(httpx2.Response(400, json={"error": {"code": 190}})), Wrapping).refresh(Grant("a", "r"))


async def test_a_token_in_hand_is_a_grant():
    assert await flow().in_hand("t", None, ()) == Grant("t", None, None, ("read", "write"))
    assert (await flow(renews_with="access_token").in_hand("t", None, ("read",))).refresh_token == "t"
