"""Tokens of 60 days that renew themselves, as Instagram's login and Threads have them."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx2
import pytest

from ocma.errors import Invalid
from ocma.platforms.configuration import endpoints
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.grant import App, Grant
from ocma.platforms.meta.flow import LongLivedFlow
from unit.platforms.manifests import manifest, oauth

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BACK = "https://ocma.example/back"


class Flow(LongLivedFlow):
    prefix = "th"


class Server:
    def __init__(self, *answers):
        self.asked, self._answers = [], list(answers)

    def __call__(self, request):
        self.asked.append(request)
        status, body = self._answers.pop(0)
        return httpx2.Response(status, json=body)


def flow(server):
    quirks = oauth(pkce=None, auth_method="client_secret_post", scope_separator=",", renews_with="access_token")
    platform = manifest(oauth=quirks)
    return Flow(platform, endpoints(platform, {}), App("the-id", "the-secret"), httpx2.MockTransport(server), lambda: NOW)


def refused(code, subcode=0, **more):
    return 400, {"error": {"message": "No", "type": "OAuthException", "code": code, "error_subcode": subcode, **more}}


@pytest.mark.parametrize(
    "short",
    [
        {"access_token": "short", "user_id": 17841405793187218},
        {"access_token": "short", "permissions": ["read"]},
        {"data": [{"access_token": "short", "user_id": "1", "permissions": "read"}]},
    ],
    ids=["as it is", "a list", "wrapped"],
)
async def test_a_code_becomes_a_token_of_60_days(short):
    server = Server((200, short), (200, {"access_token": "long", "token_type": "bearer", "expires_in": 5184000}))
    grant = await flow(server).exchange("c0de#_", BACK, None)
    assert (grant.access_token, grant.refresh_token, grant.expires_at) == ("long", "long", NOW + timedelta(days=60))
    assert grant.scopes == (("read",) if "user_id" not in short else ("read", "write"))
    assert dict(parse_qsl(server.asked[0].content.decode()))["code"] == "c0de"
    assert (server.asked[1].method, server.asked[1].url.path) == ("GET", "/access_token")
    assert dict(server.asked[1].url.params) == {
        "grant_type": "th_exchange_token",
        "client_secret": "the-secret",
        "access_token": "short",
    }


async def test_a_token_renews_itself_and_is_replaced():
    server = Server((200, {"access_token": "new", "expires_in": 86400}))
    grant = await flow(server).refresh(Grant("old", "old", NOW, ("read",)))
    assert grant == Grant("new", "new", NOW + timedelta(days=1), ("read",))
    assert (server.asked[0].method, server.asked[0].url.path) == ("GET", "/refresh_access_token")
    assert dict(server.asked[0].url.params) == {"grant_type": "th_refresh_token", "access_token": "old"}


@pytest.mark.parametrize(
    ("answer", "leaf"),
    [
        (refused(190, 463), ReauthorizationRequired),
        (refused(102), ReauthorizationRequired),
        (refused(100), PlatformUnavailable),
        (refused(100, 33), PlatformUnavailable),
        (refused(10), PlatformUnavailable),
        (refused(4), PlatformUnavailable),
        (refused(190, is_transient=False), ReauthorizationRequired),
        ((500, {}), PlatformUnavailable),
        ((200, {"token": "?"}), PlatformUnavailable),
    ],
    ids=str,
)
async def test_only_a_definite_end_ends_a_connection(answer, leaf):
    with pytest.raises(leaf):
        await flow(Server(answer)).refresh(Grant("old", "old", NOW, ("read",)))


async def test_instagrams_login_has_errors_of_its_own():
    told = {"error_type": "OAuthException", "code": 400, "error_message": "Error validating verification code."}
    with pytest.raises(Invalid) as refusal:
        await flow(Server((400, told))).exchange("c0de", BACK, None)
    assert refusal.value.rule == "authCodeRefused"
