"""Whose account a login opened, and on which server it is."""

import httpx2
import pytest

from contract.bluesky.host import DID, PDS, VIDEO, WEB, Host, answer, bluesky, proof, recorded, refused
from ocma.platforms.connector import Access, Profile
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired

PROFILE, SESSION = "app.bsky.actor.getProfile", "com.atproto.server.getSession"
ALICE = {
    "did": DID,
    "handle": "alice.test",
    "displayName": "Alice",
    "avatar": "https://cdn.example/a.jpg",
    "followersCount": 7,
    "followsCount": 8,
    "postsCount": 9,
    "labels": [],
}
HIDDEN = recorded(f"GET /xrpc/{PROFILE}", 400)  # the server has no AppView


async def test_a_login_is_one_account_with_its_server():
    host = Host().xrpc(PROFILE, answer(body=ALICE))
    assert await bluesky().identify(host.access()) == [
        Profile(
            id=DID,
            name="Alice",
            handle="alice.test",
            url=f"{WEB}/profile/{DID}",
            avatar_url="https://cdn.example/a.jpg",
            followers=7,
            following=8,
            posts=9,
            host="pds.example",
        )
    ]
    assert dict(host.requests[0].url.params) == {"actor": DID}


async def test_the_accounts_own_server_is_asked_though_another_let_it_in():
    """And with its token: it is a stranger to the line, but not to the account."""
    host = Host().xrpc(PROFILE, answer(body=ALICE))
    entry = httpx2.AsyncClient(base_url="https://bsky.social", transport=host.transport)
    known = host.access()
    access = Access(entry, token="t0ken", secrets=known.secrets, urls=known.urls)
    (profile,) = await bluesky().identify(access)
    assert profile.host == "pds.example"
    assert str(host.requests[0].url).startswith(PDS)
    assert proof(host.requests[0], "t0ken")


@pytest.mark.parametrize("given", [HIDDEN, refused("ScopeMissingError", 403), httpx2.Response(502)])
async def test_a_server_that_shows_no_profiles_knows_its_session(given):
    nonce = recorded(f"GET /xrpc/{SESSION}", 401)
    host = Host().xrpc(PROFILE, given).xrpc(SESSION, nonce, recorded(f"GET /xrpc/{SESSION}", 200))
    (profile,) = await bluesky().identify(host.access())
    assert (profile.id, profile.name, profile.followers) == (DID, "alice.test", None)


@pytest.mark.parametrize(
    ("given", "expected"), [(refused("ExpiredToken"), ReauthorizationRequired), (httpx2.Response(503), PlatformUnavailable)]
)
async def test_a_token_that_is_over_identifies_nobody(given, expected):
    with pytest.raises(expected):
        await bluesky().identify(Host().xrpc(PROFILE, given).xrpc(SESSION, given).access())


async def test_a_call_that_brings_its_own_authorization_is_left_as_it_is():
    host = Host(loose=True).xrpc(SESSION, answer())
    await bluesky().call(host.access(), "GET", f"/xrpc/{SESSION}", headers={"Authorization": "Bearer other"})
    assert host.requests[0].headers["authorization"] == "Bearer other"
    assert "dpop" not in host.requests[0].headers


async def test_no_other_server_gets_the_token():
    host = Host(loose=True)
    for url in (f"{VIDEO}/xrpc/app.bsky.video.getJobStatus", "https://elsewhere.example/xrpc/app.bsky.video.getJobStatus"):
        host.on("GET", url, answer())
        await bluesky().call(host.access(), "GET", url, params={"jobId": "j"})
    assert [name for each in host.requests for name in each.headers if name in {"authorization", "dpop"}] == []
