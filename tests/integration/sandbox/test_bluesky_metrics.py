import pytest

from integration.sandbox.bluesky_walks import BlueskyApp

FEED, ACTOR = "app.bsky.feed.", "app.bsky.actor."
COUNTS = ("likeCount", "repostCount", "replyCount", "quoteCount", "bookmarkCount")
DAY = 86400


@pytest.fixture
def app(url, clock):
    return BlueskyApp(url, clock)


@pytest.fixture
def alice(app, control):
    alice = app.login("alice")
    control.watch("bluesky", "alice")
    return alice


def counts(view):
    return {name: view[name] for name in COUNTS}


def test_posts_count_what_the_books_say_wherever_they_are_shown(app, alice, control, clock):
    post = alice.posted("hello")
    reply = {"root": {"uri": post["uri"], "cid": post["cid"]}, "parent": {"uri": post["uri"], "cid": post["cid"]}}
    app.login("bob").posted("re", reply=reply)
    clock.now += 2 * DAY
    figures = control.figures(platform="bluesky", id=post["uri"])["figures"]
    assert figures["likeCount"] > figures["replyCount"] > 0
    (view,) = app.get(FEED + "getPosts", uris=[post["uri"]]).json()["posts"]
    assert counts(view) == figures
    (item,) = app.get(FEED + "getAuthorFeed", actor=alice.did).json()["feed"]
    assert counts(item["post"]) == figures
    assert counts(app.get(FEED + "getPostThread", uri=post["uri"]).json()["thread"]["post"]) == figures


def test_views_are_as_late_as_they_are_set(app, alice, control, clock):
    post = alice.posted("hello")
    clock.now += 7200
    before = control.figures(platform="bluesky", id=post["uri"])["figures"]
    control.settle("bluesky", indexing_seconds=3600)
    clock.now += 3600
    assert counts(app.get(FEED + "getPosts", uris=[post["uri"]]).json()["posts"][0]) == before
    assert control.figures(platform="bluesky", id=post["uri"])["figures"]["likeCount"] > before["likeCount"]


def test_profiles_gain_followers(app, alice, control, clock):
    alice.posted("follow me")
    clock.now += 3 * DAY
    figures = control.figures(platform="bluesky", account="alice")["figures"]
    assert figures["followersCount"] > 20_000
    (shown,) = app.get(ACTOR + "getProfiles", actors=[alice.did, "nobody.bsky.test"]).json()["profiles"]
    assert {name: shown[name] for name in figures} == figures
    too_many = app.get(ACTOR + "getProfiles", actors=[alice.did] * 26)
    assert (too_many.status_code, too_many.json()["error"]) == (400, "InvalidRequest")
    too_many = app.get(FEED + "getPosts", uris=[f"at://{alice.did}/app.bsky.feed.post/3m66vnk2b2s2a"] * 26)
    assert (too_many.status_code, too_many.json()["error"]) == (400, "InvalidRequest")


def test_clients_are_let_in_by_real_time_and_by_the_worlds(app, control, clock):
    refresh_token = app.connect("alice").tokens["refresh_token"]
    control.call("POST", "clock", json={"advanceSeconds": 5 * DAY})
    assert app.refresh(refresh_token).status_code == 200
    alice = app.connect("alice")
    assert alice.post("after five days").status_code == 200
    assert control.books()[0]["at"].startswith("2026-09-26")
    for iat, status in ((clock.now, 200), (clock.now + 5 * DAY, 200), (clock.now + DAY, 401), (clock.now - 300, 401)):
        session = alice.call("GET", "com.atproto.server.getSession", proof={"iat": int(iat)})
        assert session.status_code == status, session.text
    assert app.login("alice").service_auth("did:web:video.bsky.app", "com.atproto.repo.uploadBlob", exp=int(clock.now) + 60)
