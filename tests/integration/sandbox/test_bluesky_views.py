import pytest

from integration.sandbox.bluesky_walks import PNG, BlueskyApp

FEED = "app.bsky.feed."


@pytest.fixture
def app(url, clock):
    return BlueskyApp(url, clock)


@pytest.fixture
def alice(app):
    return app.login("alice")


def reply_to(root, parent=None):
    return {name: {"uri": post["uri"], "cid": post["cid"]} for name, post in (("root", root), ("parent", parent or root))}


def texts(feed):
    return [item["post"]["record"]["text"] for item in feed["feed"]]


def test_posts_are_shown_with_their_counts(app, alice, control):
    post = alice.posted("hello")
    app.login("bob").posted("re", reply=reply_to(post))
    control.call("POST", "metrics", json={"platform": "bluesky", "id": post["uri"], "metrics": {"likeCount": 7, "quoteCount": 2}})
    missing = f"at://{alice.did}/app.bsky.feed.post/3m66vnk2b2s2a"
    for name in (alice.did, "alice.bsky.test"):
        (view,) = app.get(FEED + "getPosts", uris=[post["uri"].replace(alice.did, name), missing]).json()["posts"]
        assert (view["uri"], view["cid"], view["author"]["handle"]) == (post["uri"], post["cid"], "alice.bsky.test")
        counts = {name: view[name] for name in ("likeCount", "replyCount", "quoteCount", "repostCount", "bookmarkCount")}
        assert counts == {"likeCount": 7, "replyCount": 1, "quoteCount": 2, "repostCount": 0, "bookmarkCount": 0}
    alice.delete(post["uri"])
    assert app.get(FEED + "getPosts", uris=post["uri"]).json() == {"posts": []}


def test_a_view_takes_25_posts(app, alice):
    uris = [f"at://{alice.did}/app.bsky.feed.post/3m66vnk2b2s{end}" for end in ("2a", "2b")]
    assert app.get(FEED + "getPosts", uris=uris * 12).status_code == 200
    assert app.get(FEED + "getPosts", uris=uris * 13).json()["error"] == "InvalidRequest"
    assert app.get(FEED + "getPosts").json()["error"] == "InvalidRequest"


def test_a_feed_comes_in_pages_and_filtered(app, alice):
    root = alice.posted("root")
    mine = alice.posted("mine", reply=reply_to(root))
    bobs = app.login("bob").posted("bob's", reply=reply_to(root, mine))
    alice.posted("answer", reply=reply_to(root, bobs))
    alice.posted("image", embed={"$type": "app.bsky.embed.images", "images": [{"image": alice.blob(PNG), "alt": ""}]})
    whole = app.get(FEED + "getAuthorFeed", actor="alice.bsky.test").json()
    assert texts(whole) == ["image", "answer", "mine", "root"]
    assert whole["feed"][1]["reply"]["parent"]["author"]["handle"] == "bob.bsky.test"
    assert whole["feed"][1]["reply"]["root"]["uri"] == root["uri"]
    filtered = {
        "posts_no_replies": ["image", "root"],
        "posts_and_author_threads": ["image", "mine", "root"],
        "posts_with_media": ["image"],
        "posts_with_video": [],
    }
    for name, expected in filtered.items():
        assert texts(app.get(FEED + "getAuthorFeed", actor=alice.did, filter=name).json()) == expected
    first = app.get(FEED + "getAuthorFeed", actor=alice.did, limit=3).json()
    rest = app.get(FEED + "getAuthorFeed", actor=alice.did, limit=3, cursor=first["cursor"]).json()
    assert (texts(first), texts(rest)) == (["image", "answer", "mine"], ["root"])
    assert app.get(FEED + "getAuthorFeed", actor="nobody.bsky.test").status_code == 400


def test_a_thread_shows_what_is_above_and_below(app, alice):
    root = alice.posted("root")
    middle = alice.posted("middle", reply=reply_to(root))
    alice.posted("end", reply=reply_to(root, middle))
    thread = app.get(FEED + "getPostThread", uri=middle["uri"]).json()["thread"]
    assert thread["parent"]["post"]["record"]["text"] == "root"
    assert [reply["post"]["record"]["text"] for reply in thread["replies"]] == ["end"]
    alice.delete(root["uri"])
    assert app.get(FEED + "getPostThread", uri=middle["uri"]).json()["thread"]["parent"]["notFound"] is True
    assert app.get(FEED + "getPostThread", uri=root["uri"]).json()["error"] == "NotFound"


def test_profiles_count(app, alice, control):
    alice.posted()
    control.call(
        "POST", "accounts", json={"platform": "bluesky", "account": "alice", "name": "Alice", "followers": 5, "following": 3}
    )
    profile = alice.get("app.bsky.actor.getProfile", actor=alice.did).json()
    assert (profile["did"], profile["handle"], profile["displayName"]) == (alice.did, "alice.bsky.test", "Alice")
    assert (profile["followersCount"], profile["followsCount"], profile["postsCount"]) == (5, 3, 1)
    found = app.get("app.bsky.actor.getProfiles", actors=[alice.did, "nobody.bsky.test"]).json()["profiles"]
    assert [each["did"] for each in found] == [alice.did]
    assert app.get("app.bsky.actor.getProfile", actor="nobody.bsky.test").status_code == 400


def test_the_views_may_lag_behind_the_repositories(app, alice, control, clock):
    control.settle("bluesky", indexing_seconds=2)
    uri = alice.posted()["uri"]
    assert app.get(FEED + "getPosts", uris=uri).json() == {"posts": []}
    assert app.get(FEED + "getAuthorFeed", actor=alice.did).json()["feed"] == []
    assert app.get("com.atproto.repo.listRecords", repo=alice.did, collection="app.bsky.feed.post").json()["records"]
    clock.now += 2
    assert len(app.get(FEED + "getPosts", uris=uri).json()["posts"]) == 1
