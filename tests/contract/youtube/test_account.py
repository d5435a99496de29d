"""Which channel it is, and how it is connected through Google."""

import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qsl

import httpx2
import pytest

from contract.youtube.host import NOW, Host, listed, ok
from contract.youtube.specification import recorded, scopes
from ocma.platforms.configuration import Endpoints, endpoints
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.grant import App, Grant
from ocma.platforms.youtube import YouTube

REDIRECT = "https://ocma.example/api/social/callback"
UPLOAD, WRITE = "https://www.googleapis.com/auth/youtube.upload", "https://www.googleapis.com/auth/youtube.force-ssl"
READ, ANALYTICS = "https://www.googleapis.com/auth/youtube.readonly", "https://www.googleapis.com/auth/yt-analytics.readonly"
TOKEN = {"access_token": "ya29.1", "expires_in": 3599, "scope": f"{UPLOAD} {WRITE}", "token_type": "Bearer"}


def flow(*answers):
    made, asked = list(answers), []

    def answer(request):
        asked.append(request)
        return made.pop(0)

    where = Endpoints("https://www.googleapis.com", "https://accounts.google.com", chosen=True, urls=dict(YouTube.manifest.urls))
    app = App("the-id", "the-secret")
    return YouTube.flow(YouTube.manifest, where, app, httpx2.MockTransport(answer), lambda: NOW), asked


def form(asked):
    (request,) = asked
    assert request.method == "POST"
    assert "authorization" not in request.headers
    return str(request.url), dict(parse_qsl(request.content.decode(), keep_blank_values=True))


async def test_a_channel_as_recorded():
    host = Host(ok(**recorded("channels")))
    (profile,) = await YouTube().identify(host.access())
    assert (profile.id, profile.name, profile.handle) == ("UC_x5XG1OV2P6uZZ5FSM9Ttw", "Google Developers", "@googledevelopers")
    assert profile.url == "https://www.youtube.com/channel/UC_x5XG1OV2P6uZZ5FSM9Ttw"
    assert profile.avatar_url.startswith("https://yt3.ggpht.com/")
    assert dict(host.requests[0].url.params) == {"part": "snippet,statistics", "mine": "true"}
    assert scopes(host.requests[0]) & {UPLOAD, WRITE}


async def test_counts_are_strings_and_may_be_hidden():
    counts = {"viewCount": "9", "subscriberCount": "1230", "videoCount": "45", "hiddenSubscriberCount": False}
    (profile,) = await YouTube().identify(Host(listed({"id": "UC1", "snippet": {"title": "T"}, "statistics": counts})).access())
    assert (profile.followers, profile.posts, profile.handle) == (1230, 45, "UC1")
    hidden = {**counts, "subscriberCount": "0", "hiddenSubscriberCount": True}
    (profile,) = await YouTube().identify(Host(listed({"id": "UC1", "statistics": hidden})).access())
    assert (profile.followers, profile.name) == (None, "UC1")


@pytest.mark.parametrize("answer", [listed(), ok(kind="youtube#channelListResponse")])
async def test_a_google_account_without_a_channel(answer):
    with pytest.raises(PermissionMissing) as caught:
        await YouTube().identify(Host(answer).access())
    assert caught.value.rule == "noChannel"


async def test_the_user_is_sent_to_google_for_offline_access():
    authorization = await flow()[0].authorize(REDIRECT, "a-state")
    url = httpx2.URL(authorization.url)
    assert (url.host, url.path) == ("accounts.google.com", "/o/oauth2/v2/auth")
    digest = hashlib.sha256(authorization.verifier.encode()).digest()
    assert dict(url.params) == {
        "response_type": "code",
        "client_id": "the-id",
        "redirect_uri": REDIRECT,
        "scope": f"{UPLOAD} {WRITE} {READ} {ANALYTICS}",
        "state": "a-state",
        "access_type": "offline",
        "prompt": "consent",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }


async def test_a_code_becomes_a_grant_at_googles_token_host():
    made, asked = flow(httpx2.Response(200, json={**TOKEN, "refresh_token": "1//r"}))
    grant = await made.exchange("4/code", REDIRECT, "the-verifier")
    assert form(asked) == (
        "https://oauth2.googleapis.com/token",
        {
            "grant_type": "authorization_code",
            "code": "4/code",
            "redirect_uri": REDIRECT,
            "code_verifier": "the-verifier",
            "client_id": "the-id",
            "client_secret": "the-secret",
        },
    )
    assert (grant.refresh_token, grant.expires_at) == ("1//r", NOW + timedelta(seconds=3599))


async def test_what_was_not_ticked_is_missing():
    grant = await flow(httpx2.Response(200, json={**TOKEN, "scope": UPLOAD}))[0].exchange("4/code", REDIRECT, "v")
    assert YouTube.manifest.oauth.missing("publish", grant.scopes) == (WRITE,)
    assert YouTube.manifest.oauth.missing("publish", (WRITE,)) == ()


async def test_a_refresh_keeps_the_refresh_token():
    made, asked = flow(httpx2.Response(200, json={**TOKEN, "access_token": "ya29.2"}))
    grant = await made.refresh(Grant("ya29.1", "1//r", scopes=(WRITE,)))
    assert (grant.access_token, grant.refresh_token) == ("ya29.2", "1//r")
    url, sent = form(asked)
    assert url == "https://oauth2.googleapis.com/token"
    assert sent == {"grant_type": "refresh_token", "refresh_token": "1//r", "client_id": "the-id", "client_secret": "the-secret"}


async def test_a_refused_refresh_is_over_and_a_failed_one_is_not():
    refused = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    with pytest.raises(ReauthorizationRequired):
        await flow(httpx2.Response(400, json=refused))[0].refresh(Grant("ya29.1", "1//r"))
    with pytest.raises(PlatformUnavailable):
        await flow(httpx2.Response(503))[0].refresh(Grant("ya29.1", "1//r"))


async def test_the_whole_grant_is_revoked():
    made, asked = flow(httpx2.Response(200, json={}))
    await made.revoke(Grant("ya29.1", "1//r"))
    url, sent = form(asked)
    assert (url, sent["token"]) == ("https://oauth2.googleapis.com/revoke", "1//r")


async def test_one_address_stands_in_for_all_of_googles():
    where = endpoints(YouTube.manifest, {"OCMA_SANDBOX_URL": "http://127.0.0.1:9"})
    made = YouTube.flow(YouTube.manifest, where, App("the-id", "s"), httpx2.MockTransport(lambda request: httpx2.Response(503)))
    assert (await made.authorize(REDIRECT, "s")).url.startswith("http://127.0.0.1:9/youtube/o/oauth2/v2/auth?")
    assert where.urls["oauth"] == "http://127.0.0.1:9/youtube"
