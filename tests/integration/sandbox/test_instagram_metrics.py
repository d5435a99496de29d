"""Figures of an account and its media as Instagram tells them, by either login, held to the books of figures."""

from datetime import UTC, datetime

import pytest

from integration.sandbox.graph_walks import instagram_login, linked_login, media_server, refusal
from integration.sandbox.movies import movie
from integration.sandbox.walks import picture

DAY, HOUR = 86400, 3600
FIRST = int(datetime(2026, 9, 21, 7, tzinfo=UTC).timestamp())
"""The beginning of the first day in California."""
ALL = ("views", "reach", "total_interactions", "shares")
FEED = (*ALL, "likes", "comments", "saved", "reposts", "follows", "profile_visits", "profile_activity")
REEL = (*ALL, "likes", "comments", "saved", "reposts", "ig_reels_avg_watch_time", "ig_reels_video_view_total_time")
REEL = (*REEL, "reels_skip_rate", "crossposted_views", "facebook_views")
STORY = (*ALL, "navigation", "replies", "follows", "profile_visits", "profile_activity")
BY_FACEBOOK = ("total_views", "total_likes", "total_comments")
ACCOUNT = ("reach", "views", "accounts_engaged", "total_interactions", "likes", "comments", "saves", "shares", "replies")
ACCOUNT = (*ACCOUNT, "reposts", "profile_links_taps", "follows_and_unfollows")
TOTAL = {"period": "day", "metric_type": "total_value"}
FORMS = {
    "FEED": {"image_url": "/a.jpg"},
    "REELS": {"media_type": "REELS", "video_url": "/a.mp4"},
    "STORY": {"media_type": "STORIES", "image_url": "/a.jpg"},
}


@pytest.fixture(autouse=True)
def settled(control):
    control.settle("instagram", rate_factor=0, processing_seconds=0)
    control.watch("instagram", "alice")


@pytest.fixture
def own(url):
    user = instagram_login(url).connect("alice")
    user.id = user.fields("me", "user_id")["user_id"]
    return user


@pytest.fixture
def linked(url):
    page = linked_login(url).page()
    page.id = page.fields("me", "instagram_business_account")["instagram_business_account"]["id"]
    return page


@pytest.fixture(params=["own", "linked"])
def alice(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def files():
    with media_server() as server:
        server.put("/a.jpg", picture("JPEG", (40, 40)))
        server.put("/a.mp4", movie(seconds=9))
        yield server


@pytest.fixture
def publish(files):
    """Publishes a medium of a kind and gives its id."""

    def published(user, kind="FEED", **form):
        form = {**FORMS[kind], **form}
        form |= {name: files.url + form[name] for name in ("image_url", "video_url") if name in form}
        return user.made(f"/{user.id}/media_publish", creation_id=user.made(f"/{user.id}/media", **form))

    return published


def told(user, node_id, *names, **asked):
    """Each metric as it is told."""
    response = user.get(f"/{node_id}/insights", metric=",".join(names), **asked)
    assert response.status_code == 200, response.text
    return {each["name"]: each for each in response.json()["data"]}


def lifetime(found):
    return {name: each["values"][0]["value"] for name, each in found.items()}


def totals(found):
    return {name: each["total_value"]["value"] for name, each in found.items()}


def figures(control, **asked):
    return control.figures(platform="instagram", **asked)["figures"]


def days(control, first, last):
    return control.figures(platform="instagram", account="alice", **{"from": first, "to": last})["days"]


@pytest.mark.parametrize(("kind", "names"), [("FEED", FEED), ("REELS", REEL), ("STORY", STORY)])
def test_a_medium_has_the_metrics_of_its_kind_as_the_books_say(alice, control, clock, publish, kind, names):
    media_id = publish(alice, kind)
    clock.now += 20 * HOUR
    booked = figures(control, id=media_id)
    assert booked["views"] > booked["reach"] > booked["total_interactions"] > 0
    assert lifetime(told(alice, media_id, *names)) == {name: booked[name] for name in names}
    assert booked.keys() - set(BY_FACEBOOK) == set(names)
    for wrong in ({*FEED, *REEL, *STORY} - set(names)) | {"impressions", "plays", "video_views"}:
        assert refusal(alice.get(f"/{media_id}/insights", metric=f"views,{wrong}")) == (100, None)


def test_a_reel_is_watched_for_some_of_its_length(alice, control, clock, publish):
    media_id = publish(alice, "REELS")
    assert told(alice, media_id, "views", "ig_reels_avg_watch_time").keys() == {"views"}
    clock.now += DAY
    found = lifetime(told(alice, media_id, *REEL))
    assert 0 < found["ig_reels_avg_watch_time"] < 9000
    whole = found["views"] * found["ig_reels_avg_watch_time"]
    assert found["ig_reels_video_view_total_time"] == pytest.approx(whole, rel=0.02)
    assert 0 < found["reels_skip_rate"] < 100


def test_totals_over_both_networks_are_for_facebook_s_login(own, linked, control, clock, publish):
    media_id = publish(own)
    clock.now += DAY
    booked = figures(control, id=media_id)
    assert lifetime(told(linked, media_id, *BY_FACEBOOK)) == {name: booked[name] for name in BY_FACEBOOK}
    assert booked["total_views"] == booked["views"]
    assert refusal(own.get(f"/{media_id}/insights", metric="total_views")) == (100, None)


def test_a_story_is_readable_for_a_day(alice, clock, publish):
    media_id = publish(alice, "STORY")
    clock.now += DAY - 1
    assert lifetime(told(alice, media_id, "views"))["views"] > 0
    clock.now += 1
    assert refusal(alice.get(f"/{media_id}/insights", metric="views")) == (100, 33)


def test_children_of_a_carousel_have_no_insights(alice, files, clock, publish):
    items = [alice.made(f"/{alice.id}/media", image_url=f"{files.url}/a.jpg", is_carousel_item="true") for _ in range(2)]
    album = alice.made(f"/{alice.id}/media", media_type="CAROUSEL", children=",".join(items))
    media_id = alice.made(f"/{alice.id}/media_publish", creation_id=album)
    clock.now += DAY
    assert lifetime(told(alice, media_id, *FEED))["views"] > 0
    for child in alice.get(f"/{media_id}/children").json()["data"]:
        assert refusal(alice.get(f"/{child['id']}/insights", metric="views")) == (100, 33)


def test_counters_are_fields_and_likes_can_be_hidden(alice, control, clock, publish):
    media_id = publish(alice)
    alice.made(f"/{media_id}/comments", message="first")
    publish(alice, "STORY")
    clock.now += DAY
    booked = figures(control, id=media_id)
    shown = alice.fields(media_id, "like_count,comments_count")
    assert (shown["like_count"], shown["comments_count"]) == (booked["likes"], booked["comments"])
    assert booked["likes"] > booked["comments"] > 1
    account = alice.fields(alice.id, "followers_count,follows_count,media_count")
    booked = figures(control, account="alice")
    assert {name: booked[name] for name in ("followers_count", "follows_count", "media_count")} == {
        name: value for name, value in account.items() if name != "id"
    }
    assert account["followers_count"] > 20_000
    assert account["media_count"] == 1
    control.settle("instagram", hidden_like_accounts="alice")
    assert "like_count" not in alice.fields(media_id, "like_count,comments_count")


def test_the_account_s_totals_are_those_of_its_days(alice, control, clock, publish):
    ids = [publish(alice, kind) for kind in ("FEED", "REELS", "STORY")]
    clock.now += 5 * DAY
    found = totals(told(alice, alice.id, *ACCOUNT, **TOTAL, since=FIRST, until=FIRST + 4 * DAY))
    booked = days(control, "2026-09-21", "2026-09-24")
    assert found == {name: sum(day["figures"][name] for day in booked) for name in ACCOUNT}
    end = datetime.fromtimestamp(FIRST + 4 * DAY, UTC).isoformat()
    media = [figures(control, id=each, at=end) for each in ids]
    for name in ("views", "reach", "total_interactions", "shares"):
        assert found[name] == sum(each[name] for each in media) > 0
    assert found["saves"] == sum(each.get("saved", 0) for each in media) > 0
    assert found["replies"] == media[2]["replies"] > 0
    (single,) = days(control, "2026-09-22", "2026-09-22")
    day = {"since": FIRST + DAY, "until": FIRST + 2 * DAY}
    assert totals(told(alice, alice.id, "views", **TOTAL, **day)) == {"views": single["figures"]["views"]}


def test_reach_comes_as_a_series_too(alice, control, clock, publish):
    publish(alice)
    clock.now += 5 * DAY
    span = {"since": FIRST, "until": FIRST + 4 * DAY}
    booked = {day["end"].replace(".000Z", "+0000"): day["figures"] for day in days(control, "2026-09-21", "2026-09-24")}
    for kind in ({"metric_type": "time_series"}, {}):
        found = told(alice, alice.id, "reach", "follower_count", period="day", **span, **kind)
        for name, each in found.items():
            values = {value["end_time"]: value["value"] for value in each["values"]}
            assert values == {end: day[name] for end, day in booked.items()}
    assert next(iter(booked)) == "2026-09-22T07:00:00+0000"
    assert len(told(alice, alice.id, "reach", period="day")["reach"]["values"]) == 2


def test_who_came_and_who_left(alice, control, clock, publish):
    publish(alice)
    clock.now += 5 * DAY
    asked = {**TOTAL, "since": FIRST, "until": FIRST + 4 * DAY}
    whole = told(alice, alice.id, "follows_and_unfollows", **asked, breakdown="follow_type")["follows_and_unfollows"]
    (split,) = whole["total_value"]["breakdowns"]
    parts = {each["dimension_values"][0]: each["value"] for each in split["results"]}
    assert sum(parts.values()) == whole["total_value"]["value"]
    assert parts["FOLLOWER"] > parts["NON_FOLLOWER"] > 0
    start, end = (datetime.fromtimestamp(at, UTC).isoformat() for at in (FIRST, FIRST + 4 * DAY))
    before, after = (figures(control, account="alice", at=at)["followers_count"] for at in (start, end))
    assert after - before == parts["FOLLOWER"] - parts["NON_FOLLOWER"]


def test_who_the_followers_are_and_when(alice, control, clock, publish):
    publish(alice)
    clock.now += 3 * DAY
    count = figures(control, account="alice")["followers_count"]
    wish = {"period": "lifetime", "metric_type": "total_value"}
    for key in ("age", "city", "country", "gender"):
        found = told(alice, alice.id, "follower_demographics", **wish, breakdown=key, timeframe="this_month")
        (split,) = found["follower_demographics"]["total_value"]["breakdowns"]
        assert (split["dimension_keys"], sum(each["value"] for each in split["results"])) == ([key], count)
    control.settle("instagram", least_followers=1)
    engaged = told(alice, alice.id, "engaged_audience_demographics", **wish, breakdown="age", timeframe="last_14_days")
    (split,) = engaged["engaged_audience_demographics"]["total_value"]["breakdowns"]
    assert sum(each["value"] for each in split["results"]) == figures(control, account="alice")["accounts_engaged"]
    values = told(alice, alice.id, "online_followers", period="lifetime")["online_followers"]["values"]
    assert [each["end_time"][:10] for each in values] == ["2026-09-23", "2026-09-24"]
    hours = values[0]["value"]
    assert list(hours) == [str(hour) for hour in range(24)]
    assert 0 < min(hours.values()) < max(hours.values()) < count


def test_few_followers_are_told_little_about(alice, control, clock, publish):
    control.call("POST", "accounts", json={"platform": "instagram", "account": "alice", "followers": 20})
    media_id = publish(alice)
    clock.now += DAY
    series = told(alice, alice.id, "reach", "follower_count", period="day")
    assert series.keys() == {"reach"}
    assert told(alice, alice.id, "online_followers", period="lifetime") == {}
    demographics = {"period": "lifetime", "metric_type": "total_value", "breakdown": "age"}
    assert told(alice, alice.id, "follower_demographics", **demographics) == {}
    assert told(alice, alice.id, "views", "follows_and_unfollows", **TOTAL).keys() == {"views"}
    assert lifetime(told(alice, media_id, "views"))["views"] > 0


@pytest.mark.parametrize(
    "asked",
    [
        {"metric": "views,impressions", **TOTAL},
        {"metric": "saved", **TOTAL},
        {"metric": "website_clicks", **TOTAL},
        {"metric": "follows_and_unfollows.FOLLOWER", **TOTAL},
        {"metric": "views", "period": "day"},
        {"metric": "reach,views", "period": "day"},
        {"metric": "views", "period": "day", "metric_type": "time_series"},
        {"metric": "views", "period": "day", "metric_type": "sum"},
        {"metric": "views", "metric_type": "total_value"},
        {"metric": "views", "metric_type": "total_value", "period": "lifetime"},
        {"metric": "online_followers", "period": "day"},
        {"metric": "follower_demographics", "period": "lifetime", "breakdown": "age"},
        {"metric": "follower_demographics", "period": "lifetime", "metric_type": "total_value"},
        {"metric": "follower_demographics", "period": "lifetime", "metric_type": "total_value", "breakdown": "shoe"},
        {
            "metric": "engaged_audience_demographics",
            "period": "lifetime",
            "metric_type": "total_value",
            "breakdown": "age",
            "timeframe": "ever",
        },
        {"metric": "views", **TOTAL, "since": FIRST - 40 * DAY, "until": FIRST - 9 * DAY},
        {"metric": "views", **TOTAL, "since": FIRST, "until": FIRST - 1},
        {"metric": "follower_count", "period": "day", "since": FIRST - 40 * DAY, "until": FIRST - 30 * DAY},
        {"metric": "", **TOTAL},
    ],
)
def test_what_cannot_be_asked_fails_the_whole_call(own, asked):
    assert refusal(own.get(f"/{own.id}/insights", **asked)) == (100, None)


def test_late_figures_are_not_there_yet(alice, control, clock, publish):
    control.settle("instagram", insights_lag_hours=48)
    media_id = publish(alice)
    clock.now += 47 * HOUR
    assert told(alice, media_id, "views") == {}
    assert told(alice, alice.id, "views", **TOTAL, since=FIRST, until=FIRST + DAY).keys() == {"views"}
    assert told(alice, alice.id, "views", **TOTAL, since=FIRST + DAY, until=FIRST + 2 * DAY) == {}
    assert told(alice, alice.id, "reach", period="day", since=FIRST, until=FIRST + DAY) == {}
    assert alice.fields(media_id, "like_count")["like_count"] > 0
    clock.now += DAY
    then = datetime.fromtimestamp(clock.now - 2 * DAY, UTC).isoformat()
    booked = figures(control, id=media_id, at=then)["views"]
    assert lifetime(told(alice, media_id, "views")) == {"views": booked}
    assert totals(told(alice, alice.id, "views", **TOTAL, since=FIRST)) == {"views": booked}
    assert len(told(alice, alice.id, "reach", period="day", since=FIRST, until=FIRST + DAY)["reach"]["values"]) == 1


def test_what_was_told_wins(alice, control, clock, publish):
    media_id = publish(alice, "REELS")
    metrics = {"views": 9, "ig_reels_avg_watch_time": 1234}
    control.call("POST", "metrics", json={"platform": "instagram", "id": media_id, "metrics": metrics})
    clock.now += 2 * DAY
    assert lifetime(told(alice, media_id, *metrics)) == metrics
    assert {name: figures(control, id=media_id)[name] for name in metrics} == metrics
    assert totals(told(alice, alice.id, "views", **TOTAL, since=FIRST)) == {"views": 9}


def test_insights_are_the_account_s_own_and_need_their_scope(url, own, publish):
    media_id = publish(own)
    bob = instagram_login(url).connect("bob")
    assert refusal(bob.get(f"/{media_id}/insights", metric="views")) == (100, 33)
    less = instagram_login(url).connect(scope="instagram_business_basic")
    assert refusal(less.get(f"/{media_id}/insights", metric="views")) == (10, None)
    assert refusal(less.get(f"/{own.id}/insights", metric="views", **TOTAL)) == (10, None)


def test_deleted_media_are_gone_and_stay_in_their_days(linked, clock, publish):
    media_id = publish(linked)
    clock.now += DAY
    asked = {**TOTAL, "since": FIRST, "until": FIRST + DAY}
    before = totals(told(linked, linked.id, "views", **asked))
    assert linked.call("DELETE", f"/{media_id}").json() == {"success": True}
    assert refusal(linked.get(f"/{media_id}/insights", metric="views")) == (100, 33)
    assert totals(told(linked, linked.id, "views", **asked)) == before
    assert before["views"] > 0


def test_the_list_of_media_brings_its_counters_page_by_page(alice, control, clock, publish):
    ids = []
    for _ in range(5):
        ids.append(publish(alice))
        clock.now += HOUR
    found, asked = [], {"fields": "id,like_count,comments_count,media_product_type", "limit": 2}
    while True:
        answer = alice.get(f"/{alice.id}/media", **asked).json()
        found += answer["data"]
        if "next" not in answer["paging"]:
            break
        asked["after"] = answer["paging"]["cursors"]["after"]
    assert [each["id"] for each in found] == ids[::-1]
    for each in found:
        booked = figures(control, id=each["id"])
        assert (each["like_count"], each["comments_count"]) == (booked["likes"], booked["comments"])
