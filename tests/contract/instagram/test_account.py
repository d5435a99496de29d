"""What goes over the wire until there is an account to publish to, by either login; and how its token is renewed."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx2
import pytest

from contract.graph.host import TokenHost, answer, error
from contract.graph.wire import asked_at
from contract.instagram.description import recorded
from contract.instagram.host import ACCOUNT, FACEBOOK, Host, instagram
from ocma.errors import Invalid
from ocma.platforms.configuration import endpoints
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.grant import App, Grant
from ocma.platforms.instagram import Instagram

MANIFEST = Instagram.manifest
NOW = datetime(2026, 11, 23, tzinfo=UTC)
BACK = "https://ocma.example/api/social/callback"
LONG = {"access_token": "long", "token_type": "bearer", "expires_in": 5_184_000}
BY_FACEBOOK = {"OCMA_INSTAGRAM_LOGIN": "facebook"}
ME = {
    "user_id": ACCOUNT,
    "id": "99",
    "username": "ocma",
    "name": "OCMA",
    "account_type": "BUSINESS",
    "followers_count": 10,
    "follows_count": 2,
    "media_count": 3,
}


def flow(*answers, **environment):
    host = TokenHost(*answers)
    where = endpoints(MANIFEST, environment)
    return host, Instagram.flow(MANIFEST, where, App("app-id", "app-secret"), httpx2.MockTransport(host), lambda: NOW)


def addressed(request):
    return f"{request.method} {request.url.scheme}://{request.url.host}{request.url.path}"


async def test_the_dialog():
    authorization = await flow()[1].authorize(BACK, "st&te")
    assert asked_at(authorization.url, "https://www.instagram.com/oauth/authorize") == (
        BACK,
        "st&te",
        ",".join(MANIFEST.oauth.scopes),
    )


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_code_becomes_a_token_of_sixty_days(wrapped):
    short = recorded("token")
    host, given = flow(answer({"data": [short]} if wrapped else short), answer(LONG))
    grant = await given.exchange("the-code#_", BACK, "verifier")
    assert grant == Grant("long", "long", NOW + timedelta(days=60), tuple(short["permissions"]))
    first, second = host.asked
    assert addressed(first) == "POST https://api.instagram.com/oauth/access_token"
    assert dict(parse_qsl(first.content.decode())) == {
        "client_id": "app-id",
        "client_secret": "app-secret",
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
        "code": "the-code",
    }
    assert addressed(second) == "GET https://graph.instagram.com/access_token"
    assert dict(second.url.params) == {
        "grant_type": "ig_exchange_token",
        "client_secret": "app-secret",
        "access_token": short["access_token"],
    }


async def test_scopes_as_text():
    short = {**recorded("token"), "permissions": "instagram_business_basic,instagram_business_content_publish"}
    _, given = flow(answer(short), answer(LONG))
    assert (await given.exchange("c", BACK, None)).scopes == (
        "instagram_business_basic",
        "instagram_business_content_publish",
    )


async def test_a_refused_code():
    refused = answer({"error_type": "OAuthException", "code": 400, "error_message": "Matching code was not found"}, 400)
    with pytest.raises(Invalid) as told:
        await flow(refused)[1].exchange("c", BACK, None)
    assert told.value.rule == "authCodeRefused"


async def test_a_token_is_renewed_by_itself():
    host, given = flow(answer({**LONG, "access_token": "longer"}))
    before = Grant("long", "long", NOW, ("instagram_business_basic",))
    assert await given.refresh(before) == Grant("longer", "longer", NOW + timedelta(days=60), before.scopes)
    assert addressed(host.asked[0]) == "GET https://graph.instagram.com/refresh_access_token"
    assert dict(host.asked[0].url.params) == {"grant_type": "ig_refresh_token", "access_token": "long"}


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (error(190, 463), ReauthorizationRequired),
        (error(190), ReauthorizationRequired),
        (error(4), PlatformUnavailable),
        (error(100), PlatformUnavailable),
        (answer(b"<html>", 502), PlatformUnavailable),
        (error(4, status=429), Throttled),
    ],
)
async def test_only_a_definite_end_is_one(refused, expected):
    with pytest.raises(expected):
        await flow(refused)[1].refresh(Grant("long", "long", NOW))


def test_tokens_are_renewed_early_but_not_in_their_first_day():
    assert MANIFEST.oauth.renew_after >= timedelta(hours=24)
    assert timedelta(days=5) < MANIFEST.oauth.renew_before < timedelta(days=50)


async def test_the_account():
    host = Host(answer({**ME, "profile_picture_url": "https://cdn.example/p.jpg"}))
    (profile,) = await instagram().identify(host.access(profile_id=""))
    assert host.asked == ["GET /me"]
    assert (profile.id, profile.handle, profile.name, profile.missing) == (ACCOUNT, "ocma", "OCMA", ())
    assert (profile.followers, profile.following, profile.posts) == (10, 2, 3)
    assert profile.url == "https://www.instagram.com/ocma/"
    assert profile.grant is None


@pytest.mark.parametrize("body", [{"data": [ME]}, {**ME, "user_id": int(ACCOUNT)}])
async def test_the_account_in_other_forms(body):
    (profile,) = await instagram().identify(Host(answer(body)).access(profile_id=""))
    assert profile.id == ACCOUNT


async def test_a_personal_account_cannot_publish():
    (profile,) = await instagram().identify(Host(answer({**ME, "account_type": "PERSONAL"})).access(profile_id=""))
    assert profile.missing == ("professional account",)


async def test_facebooks_dialog_and_tokens():
    granted = ["instagram_basic", "instagram_content_publish", "pages_show_list"]
    permissions = {"data": [{"permission": each, "status": "granted"} for each in granted]}
    host, given = flow(answer({"access_token": "s"}), answer({"access_token": "user"}), answer(permissions), **BY_FACEBOOK)
    authorization = await given.authorize(BACK, "state")
    url = httpx2.URL(authorization.url)
    assert f"{url.scheme}://{url.host}{url.path}" == "https://www.facebook.com/v26.0/dialog/oauth"
    assert "instagram_content_publish" in url.params["scope"].split(",")
    grant = await given.exchange("code", BACK, None, authorization.kept)
    assert (grant.access_token, grant.scopes) == ("user", tuple(granted))
    assert {f"{each.url.scheme}://{each.url.host}" for each in host.asked} == {FACEBOOK}
    assert MANIFEST.oauth.missing("publish", grant.scopes) == ()
    with pytest.raises(ReauthorizationRequired):
        await given.refresh(grant)
    assert dict((await given.in_hand("t", None, ())).extra) == dict(grant.extra)


async def test_accounts_linked_to_pages_have_their_pages_tokens():
    linked = {"id": ACCOUNT, "username": "ocma", "followers_count": 5}
    page = {"id": "1", "name": "Page", "access_token": "page-token", "tasks": ["CREATE_CONTENT"]}
    body = {"data": [{**page, "instagram_business_account": linked}, {**page, "id": "2"}]}
    host = Host(answer(body), by_facebook=True)
    host.check = lambda request: None  # pages are described with Facebook's tests
    (profile,) = await instagram().identify(host.access(profile_id="", scopes=("pages_show_list",)))
    assert host.requests[0].url.host == "graph.facebook.com"
    assert (profile.id, profile.handle, profile.followers) == (ACCOUNT, "ocma", 5)
    assert profile.grant
    assert profile.grant.access_token == "page-token"
    assert dict(profile.grant.extra) == {"login": "facebook"}


async def test_a_login_without_any():
    host = Host(answer({"data": []}), by_facebook=True)
    host.check = lambda request: None
    with pytest.raises(PermissionMissing) as told:
        await instagram().identify(host.access(profile_id=""))
    assert told.value.rule == "noAccounts"


async def test_an_account_of_facebooks_login_is_asked_for_there():
    host = Host(answer({"id": ACCOUNT, "username": "ocma"}), by_facebook=True)
    (profile,) = await instagram().identify(host.access())
    assert host.asked == [f"GET /{ACCOUNT}"]
    assert profile.grant is None


def test_the_sandbox_stands_in_for_all_hosts():
    where = endpoints(MANIFEST, {"OCMA_SANDBOX_URL": "http://127.0.0.1:9"})
    assert {where.api_url, where.auth_url, *where.urls.values()} == {"http://127.0.0.1:9/instagram"}
