"""Who an account is, and how it is connected: the authorize page, the token endpoint, revocation."""

import hashlib
from datetime import timedelta
from urllib.parse import parse_qsl

import httpx2
import pytest

from contract.tiktok.facts import API
from contract.tiktok.host import NOW, Host, ok
from ocma.errors import Invalid
from ocma.platforms.configuration import Endpoints
from ocma.platforms.connector import Profile
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.grant import App, Grant
from ocma.platforms.tiktok import TikTok

WEB, DESKTOP = "https://ocma.example/api/social/callback", "http://127.0.0.1:8000/api/social/callback"
SCOPES = ("user.info.basic", "user.info.profile", "user.info.stats", "video.list", "video.publish")
TOKEN = {
    "access_token": "act.1",
    "expires_in": 7200,
    "open_id": "723f24d7",
    "refresh_expires_in": 15_552_000,
    "refresh_token": "rft.1",
    "scope": "user.info.basic,video.publish",
    "token_type": "Bearer",
}


class Endpoint:
    def __init__(self, *answers):
        self.requests, self._answers = [], list(answers)

    def __call__(self, request):
        self.requests.append(request)
        return self._answers.pop(0)

    def form(self):
        (request,) = self.requests
        assert request.method == "POST"
        assert request.headers["content-type"].partition(";")[0] == "application/x-www-form-urlencoded"
        assert "authorization" not in request.headers
        pairs = parse_qsl(request.content.decode(), keep_blank_values=True)
        assert len(dict(pairs)) == len(pairs)
        return str(request.url), dict(pairs)


def flow(*answers, pkce="auto"):
    endpoint = Endpoint(*answers)
    where = Endpoints(f"https://{API}", "https://www.tiktok.com", chosen=True, settings={"pkce": pkce})
    return TikTok.flow(
        TikTok.manifest, where, App("the-key", "the-secret"), httpx2.MockTransport(endpoint), lambda: NOW
    ), endpoint


async def test_one_login_is_one_account():
    host = Host(
        ok(
            user={
                "open_id": "723f24d7",
                "union_id": "c9c60f44",
                "avatar_url": "https://p19-sign.tiktokcdn-us.com/tos-avt-0068-tx/b17f0e4b3a4f4a50993cf72cda8b88b8~c5_168x168.jpeg",
                "display_name": "TikTok Official",
                "username": "tiktok",
                "profile_deep_link": "https://vm.tiktok.com/ZM1abc/",
                "follower_count": 232,
                "following_count": 204,
                "video_count": 7,
            }
        )
    )
    (profile,) = await TikTok().identify(host.access())
    assert (profile.id, profile.name, profile.handle) == ("723f24d7", "TikTok Official", "tiktok")
    assert (profile.followers, profile.following, profile.posts) == (232, 204, 7)
    assert profile.url == "https://www.tiktok.com/@tiktok"
    assert host.requests[0].url.params["fields"].split(",")[0] == "open_id"


async def test_only_what_was_granted_is_asked_for():
    host = Host(ok(user={"open_id": "723f24d7", "display_name": "TikTok Official"}))
    (profile,) = await TikTok().identify(host.access(("user.info.basic", "video.publish")))
    assert profile == Profile("723f24d7", "TikTok Official", "TikTok Official")
    assert host.requests[0].url.params["fields"] == "open_id,display_name,avatar_url"


async def test_the_user_is_sent_to_tiktok_in_its_own_words():
    authorization = await flow()[0].authorize(WEB, "a-state")
    url = httpx2.URL(authorization.url)
    assert (url.host, url.path) == ("www.tiktok.com", "/v2/auth/authorize/")
    assert dict(url.params) == {
        "response_type": "code",
        "client_key": "the-key",
        "redirect_uri": WEB,
        "scope": ",".join(SCOPES),
        "state": "a-state",
    }


@pytest.mark.parametrize(("redirect", "pkce"), [(DESKTOP, "auto"), ("http://localhost:1/x", "auto"), (WEB, "hex")])
async def test_a_desktop_apps_challenge_is_in_hex(redirect, pkce):
    authorization = await flow(pkce=pkce)[0].authorize(redirect, "a-state")
    query = dict(httpx2.URL(authorization.url).params)
    assert query["code_challenge"] == hashlib.sha256(authorization.verifier.encode()).hexdigest()
    assert query["code_challenge_method"] == "S256"
    assert 43 <= len(authorization.verifier) <= 128


async def test_the_challenge_can_be_set():
    made = await flow(pkce="S256")[0].authorize(WEB, "s")
    assert len(httpx2.URL(made.url).params["code_challenge"]) == 43
    assert "code_challenge" not in httpx2.URL((await flow(pkce="none")[0].authorize(DESKTOP, "s")).url).params
    with pytest.raises(Invalid, match="OCMA_TIKTOK_PKCE"):
        await flow(pkce="base64")[0].authorize(WEB, "s")


async def test_a_code_becomes_a_grant():
    made, endpoint = flow(httpx2.Response(200, json=TOKEN))
    grant = await made.exchange("abc%2A0%216234.s1", WEB, "the-verifier")
    assert endpoint.form() == (
        f"https://{API}/v2/oauth/token/",
        {
            "client_key": "the-key",
            "client_secret": "the-secret",
            "code": "abc*0!6234.s1",
            "grant_type": "authorization_code",
            "redirect_uri": WEB,
        },
    )
    assert (grant.access_token, grant.refresh_token, grant.scopes) == ("act.1", "rft.1", ("user.info.basic", "video.publish"))
    assert (grant.expires_at, grant.ends_at) == (NOW + timedelta(hours=2), NOW + timedelta(days=180))
    assert TikTok.manifest.oauth.missing("publish", grant.scopes) == ()
    assert TikTok.manifest.oauth.missing("publish", ("user.info.basic",)) == ("video.publish",)


async def test_a_desktop_apps_code_comes_with_the_verifier():
    made, endpoint = flow(httpx2.Response(200, json=TOKEN))
    await made.exchange("abc", DESKTOP, "the-verifier")
    assert endpoint.form()[1]["code_verifier"] == "the-verifier"


async def test_a_refresh_brings_another_refresh_token():
    made, endpoint = flow(httpx2.Response(200, json={**TOKEN, "access_token": "act.2", "refresh_token": "rft.2"}))
    grant = await made.refresh(Grant("act.1", "rft.1", scopes=SCOPES))
    assert endpoint.form()[1] == {
        "client_key": "the-key",
        "client_secret": "the-secret",
        "grant_type": "refresh_token",
        "refresh_token": "rft.1",
    }
    assert (grant.access_token, grant.refresh_token) == ("act.2", "rft.2")
    assert TikTok.manifest.oauth.rotates


@pytest.mark.parametrize("status", [200, 400])
async def test_a_refused_refresh_is_told_in_the_body(status):
    body = {"error": "invalid_grant", "error_description": "Refresh token is invalid or expired.", "log_id": "2022"}
    with pytest.raises(ReauthorizationRequired):
        await flow(httpx2.Response(status, json=body))[0].refresh(Grant("act.1", "rft.1"))
    with pytest.raises(Invalid):
        await flow(httpx2.Response(status, json=body))[0].exchange("abc", WEB, None)


async def test_a_token_endpoint_that_is_down_disconnects_nobody():
    with pytest.raises(PlatformUnavailable):
        await flow(httpx2.Response(503))[0].refresh(Grant("act.1", "rft.1"))


async def test_the_access_token_is_revoked():
    made, endpoint = flow(httpx2.Response(200))
    await made.revoke(Grant("act.1", "rft.1"))
    url, form = endpoint.form()
    assert url == f"https://{API}/v2/oauth/revoke/"
    assert {name: form[name] for name in ("client_key", "client_secret", "token")} == {
        "client_key": "the-key",
        "client_secret": "the-secret",
        "token": "act.1",
    }
