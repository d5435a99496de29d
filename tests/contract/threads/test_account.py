"""What goes over the wire until there is an account to publish to; and how its token is renewed."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import httpx2
import pytest

from contract.graph.host import TokenHost, answer
from contract.graph.wire import asked_at
from contract.threads.collection import THREADS, recorded
from contract.threads.host import Host, error, threads
from ocma.platforms.configuration import endpoints
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.grant import App, Grant
from ocma.platforms.threads import Threads

MANIFEST = Threads.manifest
NOW = datetime(2026, 11, 23, tzinfo=UTC)
BACK = "https://ocma.example/api/social/callback"
LONG = {"access_token": "long", "token_type": "bearer", "expires_in": 5_184_000}


class Checked(TokenHost):
    def __call__(self, request):
        token = request.url.params.get("access_token")  # which the collection's reader adds
        THREADS.check(request if token is None else _without_token(request), f"{request.method} {request.url.path.strip('/')}")
        return super().__call__(request)


def _without_token(request):
    return httpx2.Request(request.method, request.url.copy_remove_param("access_token"))


def flow(*answers):
    host = Checked(*answers)
    where = endpoints(MANIFEST, {})
    return host, Threads.flow(MANIFEST, where, App("app-id", "app-secret"), httpx2.MockTransport(host), lambda: NOW)


async def test_the_dialog():
    authorization = await flow()[1].authorize(BACK, "st&te")
    assert asked_at(authorization.url, "https://www.threads.net/oauth/authorize") == (
        BACK,
        "st&te",
        ",".join(MANIFEST.oauth.scopes),
    )


async def test_a_code_becomes_a_token_of_sixty_days():
    host, given = flow(answer({"access_token": "short", "user_id": 17841405793187218}), answer(LONG))
    grant = await given.exchange("the-code#_", BACK, "verifier")
    assert grant == Grant("long", "long", NOW + timedelta(days=60), MANIFEST.oauth.scopes)
    first, second = host.asked
    assert str(first.url) == "https://graph.threads.net/oauth/access_token"
    assert dict(parse_qsl(first.content.decode())) == {
        "client_id": "app-id",
        "client_secret": "app-secret",
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
        "code": "the-code",
    }
    assert (second.method, second.url.path) == ("GET", "/access_token")
    assert dict(second.url.params) == {
        "grant_type": "th_exchange_token",
        "client_secret": "app-secret",
        "access_token": "short",
    }


async def test_a_token_is_renewed_by_itself():
    host, given = flow(answer({**LONG, "access_token": "longer"}))
    assert (await given.refresh(Grant("long", "long", NOW))).access_token == "longer"
    assert host.asked[0].url.path == "/refresh_access_token"
    assert dict(host.asked[0].url.params) == {"grant_type": "th_refresh_token", "access_token": "long"}


@pytest.mark.parametrize(("refused", "expected"), [(error(190), ReauthorizationRequired), (error(2), PlatformUnavailable)])
async def test_only_a_definite_end_is_one(refused, expected):
    with pytest.raises(expected):
        await flow(refused)[1].refresh(Grant("long", "long", NOW))


@pytest.mark.parametrize("account_id", ["1234567", 17841405793187218999])
async def test_the_account(account_id):
    host = Host(answer({**recorded("profile"), "id": account_id}))
    (profile,) = await threads().identify(host.access(profile_id=""))
    assert host.asked == ["GET /me"]
    assert (profile.id, profile.handle, profile.name) == (str(account_id), "threadsapitestuser", "Test User")
    assert profile.avatar_url == "https://cdn.example.org"
    assert profile.url == "https://www.threads.net/@threadsapitestuser"


async def test_an_account_without_more_than_must_be():
    (profile,) = await threads().identify(Host(answer({"id": "1", "username": "u"})).access())
    assert (profile.name, profile.avatar_url) == ("u", None)
