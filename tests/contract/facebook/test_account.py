"""What goes over the wire until there are pages to publish to: dialog, token, permissions, pages; and the end of it."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from contract.facebook.description import GRAPH, recorded, sent
from contract.facebook.host import PAGE, TOKEN, Host, facebook
from contract.graph.host import TokenHost, answer, error
from contract.graph.wire import asked_at
from ocma.errors import Invalid
from ocma.platforms.configuration import endpoints
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, Throttled
from ocma.platforms.facebook import Facebook
from ocma.platforms.grant import App, Grant

MANIFEST = Facebook.manifest
NOW = datetime(2026, 11, 23, tzinfo=UTC)
BACK = "https://ocma.example/api/social/callback"
GRANTED = ["pages_show_list", "pages_manage_posts", "pages_read_engagement"]
PERMISSIONS = {
    "data": [*({"permission": each, "status": "granted"} for each in GRANTED), {"permission": "x", "status": "declined"}]
}
SHORT = {"access_token": "short", "token_type": "bearer", "expires_in": 5000}


def flow(host, **environment):
    given = endpoints(MANIFEST, environment)
    return Facebook.flow(MANIFEST, given, App("app-id", "app-secret"), httpx2.MockTransport(host), lambda: NOW)


def proof(token):
    return hmac.new(b"app-secret", token.encode(), hashlib.sha256).hexdigest()


async def test_the_dialog():
    authorization = await flow(None).authorize(BACK, "st&te")
    assert asked_at(authorization.url, "https://www.facebook.com/v26.0/dialog/oauth") == (
        BACK,
        "st&te",
        ",".join(MANIFEST.oauth.scopes),
    )


async def test_the_dialog_of_an_app_for_business_and_of_another_version():
    authorization = await flow(None, OCMA_FACEBOOK_CONFIG_ID="99", OCMA_FACEBOOK_VERSION="v27.0").authorize(BACK, "s")
    url = httpx2.URL(authorization.url)
    assert url.path == "/v27.0/dialog/oauth"
    assert (url.params["config_id"], "scope" in url.params, url.params["state"]) == ("99", False, "s")


async def test_a_code_becomes_a_long_lived_token_with_what_was_granted():
    host = TokenHost(answer(SHORT), answer(recorded("token")), answer(PERMISSIONS))
    grant = await flow(host).exchange("c0de", BACK, None)
    assert (grant.access_token, grant.expires_at, grant.scopes) == ("token", NOW + timedelta(days=60), tuple(GRANTED))
    code, longer, permissions = host.asked
    assert [each.url.path for each in (code, longer)] == ["/v26.0/oauth/access_token"] * 2
    assert {"authorization"} & set(code.headers) == set()
    app = {"client_id": "app-id", "client_secret": "app-secret"}
    assert sent(code) == {**app, "grant_type": "authorization_code", "code": "c0de", "redirect_uri": BACK}
    assert sent(longer) == {**app, "grant_type": "fb_exchange_token", "fb_exchange_token": "short"}
    assert permissions.headers["authorization"] == "Bearer token"
    assert permissions.url.params["appsecret_proof"] == proof("token")
    GRAPH.check(permissions, "User", "permissions")
    assert MANIFEST.oauth.missing("publish", grant.scopes) == ()
    assert MANIFEST.oauth.missing("publish", GRANTED[:1]) == ("pages_manage_posts", "pages_read_engagement")


async def test_a_long_lived_token_that_does_not_tell_its_end():
    host = TokenHost(answer(SHORT), answer({"access_token": "long", "token_type": "bearer"}), answer(PERMISSIONS))
    assert (await flow(host).exchange("c0de", BACK, None)).expires_at == NOW + timedelta(days=60)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    ("refusal", "leaf"),
    [
        (error(100, 36009), Invalid),
        (error(190, 463), Invalid),
        (error(1, message="Error validating client secret."), Invalid),
        (error(101), Invalid),
        (error(2, status=500), PlatformUnavailable),
        (error(1), PlatformUnavailable),
        (error(4), PlatformUnavailable),
        (answer(b"<html>", 502), PlatformUnavailable),
        (answer({}, 429), Throttled),
    ],
    ids=str,
)
async def test_a_code_or_a_token_that_is_refused(refusal, leaf, place):
    host = TokenHost(*[answer(SHORT)] * place, refusal)
    with pytest.raises(leaf):
        await flow(host).exchange("c0de", BACK, None)


async def test_the_app_is_removed_with_the_persons_token_of_which_the_page_keeps_a_copy():
    host = TokenHost(answer({"success": True}))
    await flow(host).revoke(Grant("page-token", extra={"login": "user-token"}))
    (asked,) = host.asked
    assert (asked.method, asked.url.path) == ("DELETE", "/v26.0/me/permissions")
    assert asked.headers["authorization"] == "Bearer user-token"
    assert asked.url.params["appsecret_proof"] == proof("user-token")
    await flow(TokenHost(error(190, 458))).revoke(Grant("page-token", extra={"login": "user-token"}))
    assert not await flow(TokenHost()).revoke(Grant("page-token"))  # which cannot end it
    with pytest.raises(PlatformUnavailable):
        await flow(TokenHost(error(2))).revoke(Grant("page-token", extra={"login": "user-token"}))


async def identified(*answers, profile_id="", **more):
    host = Host(*answers)
    profiles = await facebook().identify(host.access(profile_id, **more))
    assert not host.left
    return profiles, host


async def test_every_page_of_a_login_with_a_token_of_its_own():
    profiles, host = await identified(answer(recorded("accounts_1")), answer(recorded("accounts_2")), scopes=("a", "b"))
    assert [each.id for each in profiles] == ["123", "1234", "123512", "1234624", "123456", "12345678"]
    assert host.asked == ["GET /me/accounts"] * 2
    assert (sent(host.requests[0])["limit"], sent(host.requests[1])["after"]) == ("100", "after")
    assert profiles[0].grant == Grant("access_token", scopes=("a", "b"), extra={"login": TOKEN})
    assert (profiles[0].missing, profiles[0].url) == ((), "https://www.facebook.com/123")


async def test_what_a_page_tells():
    page = {"id": PAGE, "name": "Bakery", "username": "bakery", "access_token": "p", "tasks": ["ANALYZE"]}
    page |= {"picture": {"data": {"url": "https://cdn.example/p.jpg"}}, "link": "https://fb.example/bakery", "followers_count": 7}
    (profile,), _ = await identified(answer({"data": [page]}))
    assert (profile.name, profile.handle, profile.url) == ("Bakery", "bakery", "https://fb.example/bakery")
    assert (profile.avatar_url, profile.followers) == ("https://cdn.example/p.jpg", 7)
    assert profile.missing == ("CREATE_CONTENT",)


@pytest.mark.parametrize(
    ("tasks", "missing"),
    [
        ({"tasks": ["PROFILE_PLUS_CREATE_CONTENT"]}, ()),
        ({}, ()),
        ({"tasks": ["MODERATE"]}, ("CREATE_CONTENT",)),
        ({"tasks": ["CREATE_CONTENT"], "access_token": None}, ("CREATE_CONTENT",)),
    ],
)
async def test_the_task_that_publishing_takes(tasks, missing):
    (profile,), _ = await identified(answer({"data": [{"id": PAGE, "name": "P", "access_token": "p", **tasks}]}))
    assert profile.missing == missing


async def test_pages_of_a_business_where_that_was_granted():
    def of(number):
        return {"id": number, "name": "P", "access_token": f"t{number}"}

    answers = [[of("1")], [{"id": "88"}], [of("1"), of("2")], [of("3")]]
    seen = []

    def host(request):
        seen.append(request.url.path)
        return answer({"data": answers[len(seen) - 1]})

    access = Host().access("", scopes=("business_management",))
    access.client._transport = httpx2.MockTransport(host)
    profiles = await facebook().identify(access)
    assert seen == [f"/v26.0/{each}" for each in ("me/accounts", "me/businesses", "88/owned_pages", "88/client_pages")]
    assert [(each.id, each.grant and each.grant.access_token) for each in profiles] == [("1", "t1"), ("2", "t2"), ("3", "t3")]


async def test_a_login_without_pages_is_told_so():
    with pytest.raises(PermissionMissing) as refused:
        await identified(answer({"data": []}))
    assert refused.value.rule == "noPages"
    assert refused.value.remediation


async def test_a_pages_own_token():
    told = answer({"id": PAGE, "name": "Bakery"})
    profiles, host = await identified(told, profile_id=PAGE)
    assert (host.asked, [each.id for each in profiles]) == ([f"GET /{PAGE}"], [PAGE])
    assert (profiles[0].grant, profiles[0].missing) == (None, ())


async def test_a_pages_own_token_in_hand():
    def host(request):
        return error(100) if request.url.path.endswith("/accounts") else answer({"id": PAGE, "name": "Bakery"})

    access = Host().access("")
    access.client._transport = httpx2.MockTransport(host)
    assert [each.id for each in await facebook().identify(access)] == [PAGE]
