"""Faults on the calls that make a post live, and what of it all survives a restart."""

import httpx2
import pytest

from integration.sandbox.bluesky_walks import POST, REPO, SERVER, BlueskyApp
from ocma_sandbox.config import Config
from ocma_sandbox.server import running

KEY = "3m66vnk2b2s2a"
LATE = 2  # seconds


@pytest.fixture
def app(url, clock):
    return BlueskyApp(url, clock)


@pytest.fixture(params=["session", "oauth"])
def alice(request, app):
    return app.login("alice") if request.param == "session" else app.connect("alice")


@pytest.fixture(params=["createRecord", "putRecord", "applyWrites"])
def publish(request, alice):
    write = {"$type": "create", "rkey": KEY, "value": alice.record("once")}
    if request.param == "applyWrites":
        return lambda: alice.apply(write)
    return lambda: alice.write(request.param, alice.record("once"), rkey=KEY)


@pytest.mark.parametrize("kind", ["accept_hang", "accept_reset", "accept_500"])
def test_what_was_accepted_is_booked_whatever_comes_back(alice, publish, control, kind):
    alice.get(SERVER + "getSession")  # the server's nonce
    control.fault("bluesky", kind)
    if kind == "accept_500":
        assert publish().status_code == 500
    else:
        alice.app.http.timeout = LATE
        with pytest.raises(httpx2.TransportError):
            publish()
    alice.app.http.timeout = 20
    assert control.contents("bluesky") == ["once"]
    found = alice.app.get(REPO + "getRecord", repo=alice.did, collection=POST, rkey=KEY)
    assert found.json()["value"]["text"] == "once"
    assert alice.write("putRecord", alice.record("once"), rkey=KEY).status_code == 200
    assert len(control.books()) == 1, "the same key again is the same post"


@pytest.mark.parametrize("kind", ["reset", "server_error", "rate_limit"])
def test_what_was_not_handled_is_not_booked(alice, publish, control, clock, kind):
    alice.get(SERVER + "getSession")
    control.fault("bluesky", kind, delayMs=2500)
    if kind == "reset":
        with pytest.raises(httpx2.TransportError):
            publish()
    else:
        response = publish()
        assert response.status_code == {"server_error": 503, "rate_limit": 429}[kind]
        assert response.json()["error"] == {"server_error": "NotEnoughResources", "rate_limit": "RateLimitExceeded"}[kind]
        if kind == "rate_limit":
            assert response.headers["ratelimit-reset"] == str(int(clock.now) + 3)
    assert control.books() == []
    assert publish().status_code == 200
    assert control.contents("bluesky") == ["once"]


def test_a_refused_or_unchanged_write_does_not_use_up_an_accept_fault(alice, control):
    alice.write(rkey=KEY)
    control.fault("bluesky", "accept_500")
    assert alice.post("x" * 301).status_code == 400
    assert alice.write(rkey=KEY).status_code == 500
    assert alice.write("putRecord", rkey=KEY).status_code == 200
    gate = {"$type": "app.bsky.feed.threadgate", "post": f"at://{alice.did}/{POST}/{KEY}", "createdAt": "2026-01-01T00:00:00Z"}
    assert alice.write(record=gate, collection="app.bsky.feed.threadgate").status_code == 200
    half = alice.apply(
        {"$type": "create", "value": alice.record("new")}, {"$type": "create", "rkey": KEY, "value": alice.record()}
    )
    assert half.status_code == 500
    assert [fault["remaining"] for fault in control.faults()] == [1]
    assert control.contents("bluesky") == ["hello"]


def test_tokens_of_a_session_expire_and_are_revoked(app, control):
    user = app.login("alice")
    control.fault("bluesky", "expired_token")
    ended = user.post()
    assert (ended.status_code, ended.json()) == (400, {"error": "ExpiredToken", "message": "Token has expired"})
    user = app.login("alice")
    control.fault("bluesky", "revoked_token")
    assert user.post().json()["error"] == "ExpiredToken"
    headers = {"Authorization": f"Bearer {user.tokens['refreshJwt']}"}
    assert app.http.post(f"{app.base}/xrpc/{SERVER}refreshSession", headers=headers).json()["error"] == "ExpiredToken"


def test_the_token_endpoint_may_be_down(app, control):
    user = app.connect()
    control.fault("bluesky", "token_endpoint_down")
    assert user.post().status_code == 200
    down = app.http.post(f"{app.base}/oauth/token", data={})
    assert down.status_code == 503
    assert app.refresh(user.tokens["refresh_token"]).status_code == 200, "nothing was rotated while it was down"
    session = app.login("alice")
    control.fault("bluesky", "server_error", path=SERVER + "refreshSession")
    headers = {"Authorization": f"Bearer {session.tokens['refreshJwt']}"}
    url = f"{app.base}/xrpc/{SERVER}refreshSession"
    assert [app.http.post(url, headers=headers).status_code for _ in range(2)] == [503, 200]


def test_connecting_is_spared(app, control):
    control.fault("bluesky", "server_error", count=100)
    user = app.connect()
    assert user.get(SERVER + "getSession").status_code == 503


def test_everything_survives_a_restart(tmp_path, clock):
    with running(Config(clock=clock, state=tmp_path)) as url:
        user = BlueskyApp(url, clock).connect("alice")
        blob, post = user.blob(), user.posted("kept")
        session = user.app.login("alice")
    with running(Config(clock=clock, state=tmp_path)) as url:
        user.app.url = url
        assert user.posted("after", embed={"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": ""}]})
        assert session.app.url == url
        assert session.post("by session").status_code == 200
        listed = user.app.get(REPO + "listRecords", repo=user.did, collection=POST).json()["records"]
        assert [record["value"]["text"] for record in listed] == ["by session", "after", "kept"]
        assert listed[2]["cid"] == post["cid"]
        assert user.app.refresh(user.tokens["refresh_token"]).status_code == 200
