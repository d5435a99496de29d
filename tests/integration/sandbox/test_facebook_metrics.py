"""Figures of a page and its posts as Facebook tells them, held to the books of figures."""

from datetime import UTC, date, datetime, timedelta

import pytest

from integration.sandbox.graph_walks import FacebookLogin, refusal
from integration.sandbox.movies import movie
from integration.sandbox.walks import picture

DAY, HOUR = 86400, 3600
TODAY = date(2026, 9, 21)
FLOWS = "page_media_view,page_total_media_view_unique,page_post_engagements,page_daily_follows,page_daily_unfollows_unique"
COUNTERS = "shares,comments.summary(true).limit(0),reactions.summary(true).limit(0)"


@pytest.fixture
def login(url, control):
    control.settle("facebook", rate_factor=0, processing_seconds=0)
    return FacebookLogin(url)


@pytest.fixture
def page(login, control):
    page = login.page()
    control.watch("facebook", "alice")
    return page


def posted(page, text="look"):
    return page.made(f"/{page.id}/feed", message=text)


def told(page, node_id, metric, **asked):
    """Each metric's values."""
    response = page.get(f"/{node_id}/insights", metric=metric, **asked)
    assert response.status_code == 200, response.text
    return {each["name"]: each["values"] for each in response.json()["data"]}


def days(control, first, last):
    said = control.figures(platform="facebook", account="alice", **{"from": first.isoformat(), "to": last.isoformat()})
    return {datetime.fromisoformat(day["end"]): day["figures"] for day in said["days"]}


def by_end(values):
    return {datetime.fromisoformat(each["end_time"]): each["value"] for each in values}


def midnight(day, hour=7):
    """The beginning of a day in California, in summer."""
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp())


def test_a_post_has_what_the_books_say(page, control, clock):
    post_id = posted(page)
    page.made(f"/{post_id}/comments", message="first")
    clock.now += 2 * DAY
    figures = control.figures(platform="facebook", id=post_id)["figures"]
    assert figures["post_media_view"] > figures["post_total_media_view_unique"] > figures["likes"] > figures["comments"] > 1
    plain = "post_media_view,post_total_media_view_unique,post_reactions_like_total,post_clicks,post_video_views"
    found = told(page, post_id, plain)
    assert {name: values[0]["value"] for name, values in found.items()} == {name: figures[name] for name in plain.split(",")}
    kinds = told(page, post_id, "post_activity_by_action_type,post_clicks_by_type")
    activity = {"like": figures["reactions"], "comment": figures["comments"], "share": figures["shares"]}
    assert kinds["post_activity_by_action_type"] == [{"value": activity}]
    assert kinds["post_clicks_by_type"] == [{"value": {"link clicks": figures["post_clicks"]}}]
    shown = page.fields(post_id, COUNTERS)
    assert shown["shares"]["count"] == figures["shares"]
    assert [shown[name]["summary"]["total_count"] for name in ("comments", "reactions")] == [
        figures["comments"],
        figures["reactions"],
    ]


def test_only_a_film_is_watched(page, control, clock):
    film = page.call(
        "POST", f"/{page.id}/videos", data={"description": "moving"}, files={"source": ("a.mp4", movie(seconds=9))}
    ).json()["id"]
    still = page.call("POST", f"/{page.id}/photos", files={"source": ("a.jpg", picture("JPEG"))}).json()["post_id"]
    clock.now += DAY
    (views,) = told(page, f"{page.id}_{film}", "post_video_views")["post_video_views"]
    assert 0 < views["value"] < control.figures(platform="facebook", id=f"{page.id}_{film}")["figures"]["post_media_view"]
    assert told(page, still, "post_video_views") == {"post_video_views": [{"value": 0}]}
    assert refusal(page.get(f"/{film}/insights", metric="post_media_view")) == (100, None)


def test_the_page_s_days_are_those_of_california_and_add_up(page, control, clock):
    ids = [posted(page, text) for text in ("one", "two")]
    clock.now += 5 * DAY
    first, last = TODAY, TODAY + timedelta(days=3)
    found = told(page, page.id, FLOWS, period="day", since=midnight(first), until=midnight(last + timedelta(days=1)))
    booked = days(control, first, last)
    assert found.keys() == set(FLOWS.split(","))
    for name, values in found.items():
        assert by_end(values) == {end: figures[name] for end, figures in booked.items()}
    assert found["page_media_view"][0]["end_time"] == "2026-09-22T07:00:00+0000"
    at = datetime.fromtimestamp(midnight(last + timedelta(days=1)), UTC).isoformat()
    posts = [control.figures(platform="facebook", id=each, at=at)["figures"] for each in ids]
    assert sum(by_end(found["page_media_view"]).values()) == sum(each["post_media_view"] for each in posts) > 0
    engaged = sum(each[name] for each in posts for name in ("post_clicks", "reactions", "comments", "shares"))
    assert sum(by_end(found["page_post_engagements"]).values()) == engaged


def test_a_day_is_told_when_it_has_ended_in_the_span(page, clock):
    posted(page)
    clock.now += 3 * DAY  # 2026-09-24T14:13:20Z
    for asked, ends in (
        ({"since": "2026-09-21", "until": "2026-09-23"}, ["22", "23"]),
        ({"since": "2026-09-21", "until": midnight(TODAY + timedelta(days=2)) - 1}, ["22"]),
        ({"since": "2026-09-21T12:00:00+00:00", "until": "2026-09-23T12:00:00+00:00"}, ["22", "23"]),
        ({"since": "2026-09-23", "until": "2026-10-09"}, ["24"]),
        ({"since": "2026-09-24"}, []),
        ({}, ["23", "24"]),
    ):
        values = told(page, page.id, "page_media_view", **asked).get("page_media_view", [])
        assert [each["end_time"] for each in values] == [f"2026-09-{end}T07:00:00+0000" for end in ends], asked


def test_a_day_of_25_hours_ends_at_eight(page, control, clock):
    posted(page)
    clock.now += 45 * DAY  # 5 November
    values = told(page, page.id, "page_daily_follows", since="2026-10-31", until="2026-11-03")["page_daily_follows"]
    assert [each["end_time"][5:16] for each in values] == ["11-01T07:00", "11-02T08:00", "11-03T08:00"]
    booked = days(control, date(2026, 10, 31), date(2026, 11, 2))
    assert by_end(values) == {end: figures["page_daily_follows"] for end, figures in booked.items()}


def test_followers_are_told_at_each_day_s_end_and_now(page, control, clock):
    posted(page)
    clock.now += 4 * DAY
    values = told(page, page.id, "page_follows", since="2026-09-21", until="2026-09-25")["page_follows"]
    booked = days(control, TODAY, TODAY + timedelta(days=3))
    assert by_end(values) == {end: figures["page_follows"] for end, figures in booked.items()}
    figures = control.figures(platform="facebook", account="alice")["figures"]
    shown = page.fields(page.id, "followers_count,fan_count")
    assert (shown["followers_count"], shown["fan_count"]) == (figures["followers_count"], figures["fan_count"])
    assert figures["followers_count"] > values[-1]["value"] > values[0]["value"] > 20_000


def test_longer_periods_end_each_day_too(page, clock):
    posted(page)
    clock.now += 12 * DAY
    asked = {"since": "2026-09-30", "until": "2026-10-02"}
    single = told(page, page.id, "page_media_view", since="2026-09-01", until="2026-10-02")["page_media_view"]
    weeks = told(page, page.id, "page_media_view,page_total_media_view_unique", period="week", **asked)
    assert weeks.keys() == {"page_media_view"}
    assert [each["value"] for each in weeks["page_media_view"]] == [
        sum(each["value"] for each in single[-8:-1]),
        sum(each["value"] for each in single[-7:]),
    ]
    (whole,) = told(page, page.id, "page_media_view", period="total_over_range", since="2026-09-01", until="2026-10-02")[
        "page_media_view"
    ]
    assert whole == {"value": sum(each["value"] for each in single), "end_time": "2026-10-02T07:00:00+0000"}
    (reach,) = told(page, page.id, "page_total_media_view_unique", period="days_28", since="2026-10-01", until="2026-10-02")[
        "page_total_media_view_unique"
    ]
    assert 0 < reach["value"] < whole["value"]
    (engaged,) = told(page, page.id, "page_lifetime_engaged_followers_unique", period="lifetime").values()
    assert engaged[0]["value"] > 0


@pytest.mark.parametrize(
    "asked",
    [
        {"metric": "page_media_view,page_impressions"},
        {"metric": "page_follows,page_fans"},
        {"metric": "page_impressions_unique"},
        {"metric": "page_posts_impressions"},
        {"metric": "page_video_views_unique"},
        {"metric": "post_media_view"},
        {"metric": ""},
        {"period": "year"},
        {"since": "2026-06-01", "until": "2026-09-01"},
        {"since": "2026-09-03", "until": "2026-09-01"},
        {"since": "2027-01-01", "until": "2027-01-02"},
        {"since": "999999999998", "until": "999999999999"},
        {"since": "soon"},
    ],
)
def test_what_cannot_be_asked_fails_the_whole_call(page, asked):
    assert refusal(page.get(f"/{page.id}/insights", **{"metric": "page_media_view", **asked})) == (100, None)


def test_ninety_days_can_be_asked_even_when_one_has_25_hours(page, clock):
    clock.now += 95 * DAY
    assert len(told(page, page.id, "page_follows", since="2026-09-22", until="2026-12-21")["page_follows"]) == 90
    assert refusal(page.get(f"/{page.id}/insights", metric="page_follows", since="2026-09-22", until="2026-12-22")) == (100, None)


@pytest.mark.parametrize("dead", ["post_impressions", "post_impressions_unique", "post_engaged_users"])
def test_dead_names_of_posts_fail_the_whole_call(page, dead):
    post_id = posted(page)
    assert refusal(page.get(f"/{post_id}/insights", metric=f"post_media_view,{dead}")) == (100, None)


def test_the_newer_names_need_a_newer_version(page):
    post_id = posted(page)
    page.version = "/v22.0"
    assert refusal(page.get(f"/{post_id}/insights", metric="post_clicks,post_media_view")) == (100, None)
    assert page.get(f"/{post_id}/insights", metric="post_clicks").status_code == 200
    page.version = "/v23.0"
    assert page.get(f"/{post_id}/insights", metric="post_media_view").status_code == 200


def test_late_figures_are_not_there_yet(page, control, clock):
    control.settle("facebook", insights_lag_hours=24)
    post_id = posted(page)
    clock.now += 23 * HOUR
    assert told(page, post_id, "post_media_view") == {}
    assert page.fields(post_id, "reactions.summary(true)")["reactions"]["summary"]["total_count"] > 0
    clock.now += 2 * HOUR  # 2026-09-22T15:13:20Z, a day after an hour after the post
    then = datetime.fromtimestamp(clock.now - DAY, UTC).isoformat()
    figures = control.figures(platform="facebook", id=post_id, at=then)["figures"]
    assert told(page, post_id, "post_media_view") == {"post_media_view": [{"value": figures["post_media_view"]}]}
    assert told(page, page.id, "page_media_view", since="2026-09-21", until="2026-09-22") == {}
    clock.now += 16 * HOUR
    assert len(told(page, page.id, "page_media_view", since="2026-09-21", until="2026-09-22")["page_media_view"]) == 1


def test_a_small_page_has_empty_sets_and_its_counters(page, login, control, clock):
    control.call("POST", "accounts", json={"platform": "facebook", "account": "alice", "followers": 20})
    post_id = posted(page)
    clock.now += DAY
    assert page.get(f"/{page.id}/insights", metric="page_media_view", period="day").json() == {"data": []}
    assert page.get(f"/{post_id}/insights", metric="post_media_view").json() == {"data": []}
    assert 20 <= page.fields(page.id, "followers_count")["followers_count"] < 100
    control.settle("facebook", least_followers=0)
    assert told(page, post_id, "post_media_view")["post_media_view"][0]["value"] > 0


def test_what_was_told_wins(page, control, clock):
    post_id = posted(page)
    control.call("POST", "metrics", json={"platform": "facebook", "id": post_id, "metrics": {"post_media_view": 5, "likes": 2}})
    clock.now += 2 * DAY
    assert told(page, post_id, "post_media_view,post_reactions_by_type_total") == {
        "post_media_view": [{"value": 5}],
        "post_reactions_by_type_total": [{"value": {"like": 2}}],
    }
    values = told(page, page.id, "page_media_view", since="2026-09-20", until="2026-09-23")["page_media_view"]
    assert [each["value"] for each in values] == [0, 5, 0]


def test_a_deleted_post_is_gone_and_stays_in_its_days(page, control, clock):
    post_id = posted(page)
    clock.now += DAY
    before = told(page, page.id, "page_media_view", since="2026-09-21", until="2026-09-22")
    page.call("DELETE", f"/{post_id}")
    assert refusal(page.get(f"/{post_id}/insights", metric="post_media_view")) == (100, 33)
    assert refusal(page.get(f"/{post_id}", fields=COUNTERS)) == (100, 33)
    assert told(page, page.id, "page_media_view", since="2026-09-21", until="2026-09-22") == before
    assert before["page_media_view"][0]["value"] > 0


def test_insights_are_the_page_s_who_may_analyse(page, login, control):
    post_id = posted(page)
    other = login.page("bob")
    assert refusal(other.get(f"/{post_id}/insights", metric="post_clicks")) == (100, 33)
    assert refusal(login.connect().get(f"/{post_id}/insights", metric="post_clicks")) == (210, None)
    comment = page.made(f"/{post_id}/comments", message="no post")
    assert refusal(page.get(f"/{comment}/insights", metric="post_clicks")) == (100, 33)
    less = login.page(scope="pages_show_list,pages_manage_posts,pages_read_engagement")
    assert refusal(less.get(f"/{less.id}/insights", metric="page_follows")) == (10, None)
    control.settle("facebook", page_tasks="CREATE_CONTENT,MODERATE")
    assert refusal(page.get(f"/{page.id}/insights", metric="page_follows")) == (200, None)


@pytest.mark.parametrize("edge", ["published_posts", "feed"])
def test_the_list_of_posts_brings_its_counters_page_by_page(page, control, clock, edge):
    ids = []
    for number in range(5):
        ids.append(posted(page, f"post {number}"))
        clock.now += HOUR
    found, asked = [], {"fields": f"id,{COUNTERS}", "limit": 2}
    while True:
        answer = page.get(f"/{page.id}/{edge}", **asked).json()
        found += answer["data"]
        if "next" not in answer["paging"]:
            break
        asked["after"] = answer["paging"]["cursors"]["after"]
    assert [each["id"] for each in found] == ids[::-1]
    for each in found:
        figures = control.figures(platform="facebook", id=each["id"])["figures"]
        assert each["reactions"]["summary"]["total_count"] == figures["reactions"] > 0


def test_a_post_that_waits_has_no_figures(page, clock):
    due = int(clock.now) + 2 * HOUR
    post_id = page.made(f"/{page.id}/feed", message="later", published="false", scheduled_publish_time=due)
    clock.now += HOUR
    assert page.fields(post_id, "reactions.summary(true)")["reactions"]["summary"]["total_count"] == 0
    assert refusal(page.get(f"/{post_id}/insights", metric="post_media_view")) == (100, 33)
