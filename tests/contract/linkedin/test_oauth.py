"""www.linkedin.com/oauth/v2: authorization, accessToken, revoke."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx2
import pytest

from ocma.errors import Invalid
from ocma.platforms.configuration import endpoints
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.grant import App, Grant
from ocma.platforms.linkedin import LinkedIn

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BACK = "https://ocma.example/api/social/callback"
TOKEN = {"access_token": "AQV" + "x" * 900, "expires_in": 5_184_000, "scope": "email,openid,profile,w_member_social"}
RENEWABLE = {**TOKEN, "refresh_token": "AQW" + "y" * 900, "refresh_token_expires_in": 31_536_000}


class Host:
    def __init__(self, *answers):
        self.asked, self._answers = [], list(answers)

    def __call__(self, request):
        self.asked.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    @property
    def forms(self):
        assert {each.headers["content-type"].partition(";")[0] for each in self.asked} == {"application/x-www-form-urlencoded"}
        assert not [each for each in self.asked if "authorization" in each.headers]
        return [dict(parse_qsl(each.content.decode(), strict_parsing=True)) for each in self.asked]


def flow(*answers, environment=None):
    host = Host(*answers)
    where = endpoints(LinkedIn.manifest, environment or {})
    return host, LinkedIn.flow(LinkedIn.manifest, where, App("the-id", "the-secret"), httpx2.MockTransport(host), lambda: NOW)


async def test_the_user_is_sent_there_without_pkce():
    _, linkedin = flow()
    url = httpx2.URL((await linkedin.authorize(BACK, "a-state")).url)
    assert (url.host, url.path) == ("www.linkedin.com", "/oauth/v2/authorization")
    assert dict(url.params) == {
        "response_type": "code",
        "client_id": "the-id",
        "redirect_uri": BACK,
        "state": "a-state",
        "scope": "openid profile email w_member_social",
    }


@pytest.mark.parametrize(
    "written", ["w_organization_social r_organization_social", "w_organization_social,r_organization_social"]
)
async def test_the_scopes_are_the_operators(written):
    _, linkedin = flow(environment={"OCMA_LINKEDIN_SCOPES": written})
    url = httpx2.URL((await linkedin.authorize(BACK, "s")).url)
    assert url.params["scope"] == "w_organization_social r_organization_social"


async def test_a_code_is_redeemed_at_the_same_host():
    host, linkedin = flow(RENEWABLE)
    grant = await linkedin.exchange("the-code", BACK, None)
    assert str(host.asked[0].url) == "https://www.linkedin.com/oauth/v2/accessToken"
    assert host.forms == [
        {
            "grant_type": "authorization_code",
            "code": "the-code",
            "redirect_uri": BACK,
            "client_id": "the-id",
            "client_secret": "the-secret",
        }
    ]
    assert (grant.access_token, grant.refresh_token) == (RENEWABLE["access_token"], RENEWABLE["refresh_token"])
    assert (grant.expires_at, grant.ends_at) == (NOW + timedelta(days=60), NOW + timedelta(days=365))


@pytest.mark.parametrize("scope", ["email,openid,profile,w_member_social", "email openid profile w_member_social"])
async def test_scopes_come_with_commas_or_spaces(scope):
    _, linkedin = flow({**TOKEN, "scope": scope})
    grant = await linkedin.exchange("c", BACK, None)
    assert grant.scopes == ("email", "openid", "profile", "w_member_social")
    assert not LinkedIn.manifest.oauth.missing("publish", grant.scopes)


async def test_an_app_without_refresh_tokens_has_a_grant_that_ends():
    _, linkedin = flow(TOKEN)
    grant = await linkedin.exchange("c", BACK, None)
    assert (grant.refresh_token, grant.ends_at, grant.expires_at) == (None, None, NOW + timedelta(days=60))


async def test_a_refresh_does_not_move_the_end_of_the_refresh_token():
    left = timedelta(days=200)
    told = {
        "access_token": "a2",
        "expires_in": 5_184_000,
        "refresh_token": "r1",
        "refresh_token_expires_in": int(left.total_seconds()),
    }
    host, linkedin = flow(told)
    grant = await linkedin.refresh(Grant("a1", "r1", NOW, ("w_member_social",), NOW + left))
    expected = {"grant_type": "refresh_token", "refresh_token": "r1", "client_id": "the-id", "client_secret": "the-secret"}
    assert host.forms == [expected]
    assert (grant.access_token, grant.refresh_token, grant.ends_at) == ("a2", "r1", NOW + left)
    assert grant.scopes == ("w_member_social",)


@pytest.mark.parametrize("word", ["invalid_request", "invalid_grant"])
async def test_a_refresh_token_that_is_over_is_the_end(word):
    body = {
        "error": word,
        "error_description": "The provided authorization grant or refresh token is invalid, expired or revoked.",
    }
    _, linkedin = flow(httpx2.Response(400, json=body))
    with pytest.raises(ReauthorizationRequired):
        await linkedin.refresh(Grant("a", "r"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            httpx2.Response(401, json={"error": "invalid_client", "error_description": "Client authentication failed"}),
            PlatformUnavailable,
        ),
        (httpx2.Response(429, json={"status": 429}), Throttled),
        (httpx2.Response(503), PlatformUnavailable),
        (httpx2.ReadTimeout("slow"), PlatformUnavailable),
    ],
    ids=repr,
)
async def test_nothing_else_disconnects_anybody(answer, error):
    with pytest.raises(error):
        await flow(answer)[1].refresh(Grant("a", "r"))


async def test_a_refused_code_is_the_users_to_mend():
    body = {"error": "invalid_request", "error_description": "Unable to retrieve access token: authorization code not found"}
    with pytest.raises(Invalid) as refused:
        await flow(httpx2.Response(400, json=body))[1].exchange("c", BACK, None)
    assert refused.value.remediation


async def test_both_tokens_are_revoked():
    host, linkedin = flow({}, {})
    await linkedin.revoke(Grant("a1", "r1"))
    assert {str(each.url) for each in host.asked} == {"https://www.linkedin.com/oauth/v2/revoke"}
    assert [each["token"] for each in host.forms] == ["a1", "r1"]
    assert all((each["client_id"], each["client_secret"]) == ("the-id", "the-secret") for each in host.forms)
    host, linkedin = flow({})
    await linkedin.revoke(Grant("a1"))
    assert [each["token"] for each in host.forms] == ["a1"]
