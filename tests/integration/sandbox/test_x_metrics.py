import pytest

DAY = 86400
PUBLIC = ["reply_count", "like_count", "quote_count", "bookmark_count", "impression_count"]
PRIVATE = ("impression_count", "url_link_clicks", "user_profile_clicks", "engagements")


@pytest.fixture
def ada(x, control):
    control.settle("x", access_token_seconds=90 * DAY, rate_factor=0)
    ada = x.connect("ada")
    control.watch("x", "ada")
    return ada


@pytest.mark.parametrize(("word", "reposts"), [("post", "repost_count"), ("tweet", "retweet_count")])
def test_posts_count_what_the_books_say_under_either_name(ada, control, clock, word, reposts):
    ids = [ada.posted(text) for text in ("one", "two")]
    clock.now += 2 * DAY
    body = ada.get("/2/tweets", ids=",".join(ids), **{f"{word}.fields": "public_metrics,non_public_metrics"}).json()
    for shown in body["data"]:
        figures = control.figures(platform="x", id=shown["id"])["figures"]
        assert shown["public_metrics"] == {name: figures[name] for name in (reposts, *PUBLIC)}
        assert shown["non_public_metrics"] == {name: figures[name] for name in PRIVATE}
        assert figures["impression_count"] > figures["engagements"] > figures["like_count"] > 0


def test_the_timeline_brings_the_figures_along(ada, control, clock):
    for number in range(7):
        ada.posted(f"post {number}")
        clock.now += 3600
    path, asked = f"/2/users/{ada.me()['id']}/tweets", {"max_results": 5, "tweet.fields": "public_metrics"}
    first = ada.get(path, **asked).json()
    rest = ada.get(path, **asked, pagination_token=first["meta"]["next_token"]).json()
    shown = [*first["data"], *rest["data"]]
    assert len({each["id"] for each in shown}) == 7
    for each in shown:
        figures = control.figures(platform="x", id=each["id"])["figures"]
        assert each["public_metrics"]["impression_count"] == figures["impression_count"]


def test_the_user_gains_followers(ada, control, clock):
    ada.posted("follow me")
    clock.now += 3 * DAY
    figures = control.figures(platform="x", account="ada")["figures"]
    for word in ("post", "tweet"):
        control.settle("x", naming=word)
        shown = ada.get("/2/users/me", **{"user.fields": "public_metrics"}).json()["data"]["public_metrics"]
        assert shown == {name: figures[name] for name in shown}
        assert shown[f"{word}_count"] == 1
    assert figures["followers_count"] > 20_000


def test_private_figures_are_the_authors_and_end_after_thirty_days(ada, x, control, clock):
    old = ada.posted("old")
    clock.now += 31 * DAY
    new = ada.posted("new")
    clock.now += DAY
    wish = {"ids": f"{old},{new}", "post.fields": "public_metrics,non_public_metrics,organic_metrics"}
    answer = ada.get("/2/tweets", **wish)
    assert answer.status_code == 200
    by_id = {shown["id"]: shown for shown in answer.json()["data"]}
    assert "non_public_metrics" not in by_id[old]
    assert by_id[old]["public_metrics"]["impression_count"] > 0
    assert by_id[new]["organic_metrics"]["impression_count"] > 0
    reposts = by_id[new]["public_metrics"]["repost_count"]
    assert by_id[new]["organic_metrics"]["repost_count"] == reposts, "2.166 requires it, there as retweet_count"
    older = ada.get("/2/tweets", ids=new, **{"tweet.fields": "organic_metrics"}).json()["data"][0]
    assert older["organic_metrics"]["retweet_count"] == reposts
    denied = [(error["resource_id"], error["field"]) for error in answer.json()["errors"]]
    assert denied == [(old, "non_public_metrics"), (old, "organic_metrics")]
    stranger = x.connect("bob").get("/2/tweets", **wish).json()
    assert {error["resource_id"] for error in stranger["errors"]} == {old, new}
    assert all(shown.keys() & {"non_public_metrics", "organic_metrics"} == set() for shown in stranger["data"])


def test_a_deleted_post_is_missed_by_name(ada):
    post_id = ada.posted("gone")
    ada.call("DELETE", f"/2/tweets/{post_id}")
    body = ada.get("/2/tweets", ids=post_id, **{"post.fields": "public_metrics"}).json()
    assert "data" not in body
    assert [(error["resource_id"], error["title"]) for error in body["errors"]] == [(post_id, "Not Found Error")]


def analytics(user, *ids, **asked):
    query = {"ids": ",".join(ids), "start_time": "2026-09-21T12:00:00Z", "end_time": "2026-12-01T00:00:00Z", **asked}
    return user.get("/2/tweets/analytics", **{name: value for name, value in query.items() if value})


def test_analytics_are_what_came_in_bucket_by_bucket(ada, control, clock):
    post_id = ada.posted("count me")  # 2026-09-21T14:13:20Z, a Monday
    control.call("POST", "metrics", json={"platform": "x", "id": post_id, "metrics": {"retweet_count": 5}})
    clock.now += 9 * DAY
    figures = control.figures(platform="x", id=post_id)["figures"]
    ((whole,),) = (each["timestamped_metrics"] for each in analytics(ada, post_id).json()["data"])
    assert whole["metrics"] == {name: figures[name] for name in whole["metrics"]}
    assert (whole["metrics"]["retweets"], whole["timestamp"]) == (5, "2026-09-21T12:00:00.000Z")
    for granularity, count in (("hourly", 219), ("daily", 10), ("weekly", 2)):
        (shown,) = analytics(ada, post_id, granularity=granularity, **{"analytics.fields": "impressions,likes,unlikes"}).json()[
            "data"
        ]
        buckets = shown["timestamped_metrics"]
        assert len(buckets) == count
        assert {name: sum(each["metrics"][name] for each in buckets) for name in ("impressions", "likes")} == {
            name: figures[name] for name in ("impressions", "likes")
        }
        assert all(each["metrics"].keys() == {"impressions", "likes"} for each in buckets)
    assert buckets[1]["timestamp"] == "2026-09-28T00:00:00.000Z"


def test_analytics_are_the_authors(ada, x, clock):
    post_id = ada.posted("mine")
    clock.now += DAY
    body = analytics(x.connect("bob"), post_id, "77").json()
    assert "data" not in body
    kinds = [(error["resource_id"], error["type"].rpartition("/")[2]) for error in body["errors"]]
    assert kinds == [(post_id, "not-authorized-for-resource"), ("77", "resource-not-found")]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"start_time": ""}, "start_time"),
        ({"end_time": ""}, "end_time"),
        ({"ids": "abc"}, "ids"),
        ({"ids": ",".join(str(number) for number in range(101))}, "ids"),
        ({"granularity": "yearly"}, "granularity"),
        ({"analytics.fields": "likes,reach"}, "analytics.fields"),
        ({"end_time": "2026-09-20T00:00:00Z"}, "start_time"),
        ({"end_time": "tomorrow"}, "end_time"),
        ({"start_time": "2000-01-01T00:00:00Z", "granularity": "hourly"}, "end_time"),
        ({"tweet.fields": "text"}, "tweet.fields"),
    ],
)
def test_analytics_refuse_what_x_does_not_know(ada, asked, named):
    response = analytics(ada, "1", **asked)
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameters"].keys() == {named}
