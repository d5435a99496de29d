"""Figures of a profile and its posts as Threads tells them, held to the books of figures."""

from datetime import UTC, datetime

import pytest

from integration.sandbox.graph_walks import refusal, threads_login

DAY, HOUR = 86400, 3600
NAMES = "views,likes,replies,reposts,quotes,shares"
TOTALS = ("likes", "replies", "reposts", "quotes")
FIRST = int(datetime(2026, 9, 21, 7, tzinfo=UTC).timestamp())
"""The beginning of the first day in California."""


@pytest.fixture
def login(url, control):
    control.settle("threads", rate_factor=0)
    return threads_login(url)


@pytest.fixture
def alice(login, control):
    alice = login.connect("alice")
    control.watch("threads", "alice")
    return alice


def posted(user, text="hello", **form):
    made = user.made("/me/threads", media_type="TEXT", text=text, **form)
    return user.made("/me/threads_publish", creation_id=made)


def told(user, path, metric, **asked):
    """Each metric as it is told."""
    response = user.get(path, metric=metric, **asked)
    assert response.status_code == 200, response.text
    return {each["name"]: each for each in response.json()["data"]}


def profile(user, metric, **asked):
    return told(user, "/me/threads_insights", metric, **asked)


def totals(found):
    return {name: each["total_value"]["value"] for name, each in found.items()}


def days(control, first, last):
    return control.figures(platform="threads", account="alice", **{"from": first, "to": last})["days"]


def test_a_post_has_what_the_books_say(login, alice, control, clock):
    post_id = posted(alice)
    posted(login.connect("bob"), "answer", reply_to_id=post_id)
    clock.now += 2 * DAY
    figures = control.figures(platform="threads", id=post_id)["figures"]
    assert figures["views"] > figures["likes"] > figures["replies"] > 1
    found = told(alice, f"/{post_id}/insights", NAMES)
    assert {name: each["values"] for name, each in found.items()} == {
        name: [{"value": figures[name]}] for name in NAMES.split(",")
    }


def test_answers_to_answers_are_not_counted(login, alice, control):
    control.settle("threads", audience=False)
    post_id, bob = posted(alice), login.connect("bob")
    answer = posted(bob, "answer", reply_to_id=post_id)
    posted(alice, "to you", reply_to_id=answer)
    assert told(alice, f"/{post_id}/insights", "replies")["replies"]["values"] == [{"value": 1}]


def test_views_are_told_by_day_and_the_rest_as_totals_that_add_up(alice, control, clock):
    ids = [posted(alice, text) for text in ("one", "two")]
    clock.now += 5 * DAY
    span = {"since": FIRST, "until": FIRST + 4 * DAY}
    booked = days(control, "2026-09-21", "2026-09-24")
    found = profile(alice, ",".join(("views", *TOTALS)), **span)
    values = {each["end_time"]: each["value"] for each in found["views"]["values"]}
    assert values == {day["end"].replace(".000Z", "+0000"): day["figures"]["views"] for day in booked}
    assert next(iter(values)) == "2026-09-22T07:00:00+0000"
    del found["views"]
    assert totals(found) == {name: sum(day["figures"][name] for day in booked) for name in TOTALS}
    end = datetime.fromtimestamp(FIRST + 4 * DAY, UTC).isoformat()
    posts = [control.figures(platform="threads", id=each, at=end)["figures"] for each in ids]
    assert sum(values.values()) == sum(each["views"] for each in posts) > 0
    assert totals(found)["likes"] == sum(each["likes"] for each in posts) > 0


def test_a_total_is_that_of_the_days_that_are_touched_so_far(alice, control, clock):
    posted(alice)
    clock.now += 2 * DAY + HOUR
    figures = control.figures(platform="threads", account="alice")["figures"]
    whole = totals(profile(alice, "likes", since=1_712_991_600, until=int(clock.now)))
    assert whole == totals(profile(alice, "likes", since=FIRST)) == {"likes": figures["likes"]}
    (first,) = days(control, "2026-09-21", "2026-09-21")
    for since, until in ((FIRST, FIRST + DAY), (FIRST + HOUR, FIRST + DAY - 1)):
        assert totals(profile(alice, "likes", since=since, until=until)) == {"likes": first["figures"]["likes"]}


def test_followers_are_those_of_now(alice, control, clock):
    posted(alice)
    clock.now += 3 * DAY
    figures = control.figures(platform="threads", account="alice")["figures"]
    assert figures["followers_count"] > 20_000
    for asked in ({}, {"since": FIRST, "until": FIRST + DAY}):
        assert totals(profile(alice, "followers_count", **asked)) == {"followers_count": figures["followers_count"]}
    assert alice.get("/profile_lookup", username="alice").json()["follower_count"] == figures["followers_count"]


def test_clicks_are_those_on_links(alice, control, clock):
    plain, own = posted(alice, "no link"), posted(alice, "read", link_attachment="https://example.com/a")
    posted(alice, "see https://example.com/b now")
    posted(alice, "again https://example.com/b now")
    clock.now += DAY
    clicks = profile(alice, "clicks", since=FIRST)["clicks"]
    assert "total_value" not in clicks
    found = {each["link_url"]: each["value"] for each in clicks["link_total_values"]}
    assert found.keys() == {"https://example.com/a", "https://example.com/b"}
    assert found["https://example.com/a"] == control.figures(platform="threads", id=own)["figures"]["clicks"] > 0
    assert sum(found.values()) == control.figures(platform="threads", account="alice")["figures"]["clicks"]
    assert "clicks" not in control.figures(platform="threads", id=plain)["figures"]


def test_followers_by_kind_need_a_hundred_of_them(alice, control, clock):
    posted(alice)
    clock.now += DAY
    count = control.figures(platform="threads", account="alice")["figures"]["followers_count"]
    for key in ("country", "city", "age", "gender"):
        shown = profile(alice, "follower_demographics", breakdown=key)["follower_demographics"]["total_value"]
        (split,) = shown["breakdowns"]
        assert split["dimension_keys"] == [key]
        assert sum(each["value"] for each in split["results"]) == count
        assert len({each["value"] for each in split["results"]}) > 1
    assert refusal(alice.get("/me/threads_insights", metric="follower_demographics")) == (100, None)
    assert refusal(alice.get("/me/threads_insights", metric="follower_demographics", breakdown="shoe")) == (100, None)
    control.settle("threads", least_followers=count + 1)
    assert profile(alice, "follower_demographics,followers_count", breakdown="age").keys() == {"followers_count"}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("me/threads_insights", {"metric": "views,impressions"}),
        ("me/threads_insights", {"metric": "reach"}),
        ("me/threads_insights", {"metric": "shares"}),
        ("me/threads_insights", {}),
        ("me/threads_insights", {"metric": "views", "since": 1_712_991_599}),
        ("me/threads_insights", {"metric": "views", "since": FIRST, "until": FIRST - 1}),
        ("me/threads_insights", {"metric": "views", "since": "soon"}),
        ("{post}/insights", {"metric": "views,clicks"}),
        ("{post}/insights", {"metric": "views,followers_count"}),
    ],
)
def test_what_is_not_known_fails_the_whole_call(alice, path, asked):
    assert refusal(alice.get("/" + path.format(post=posted(alice)), **asked)) == (100, None)


def test_late_figures_are_not_there_yet(alice, control, clock):
    control.settle("threads", insights_lag_hours=30)
    post_id = posted(alice)
    clock.now += DAY
    assert told(alice, f"/{post_id}/insights", "views") == {}
    assert profile(alice, "views", since=FIRST, until=FIRST + DAY) == {}
    assert totals(profile(alice, "likes", since=FIRST - DAY)) == {"likes": 0}
    clock.now += DAY
    then = datetime.fromtimestamp(clock.now - 30 * HOUR, UTC).isoformat()
    figures = control.figures(platform="threads", id=post_id, at=then)["figures"]
    assert told(alice, f"/{post_id}/insights", "views")["views"]["values"] == [{"value": figures["views"]}]
    assert totals(profile(alice, "likes", since=FIRST)) == {"likes": figures["likes"]}


def test_what_was_told_wins_and_what_is_gone_is_gone(login, alice, control, clock):
    post_id = posted(alice)
    control.call("POST", "metrics", json={"platform": "threads", "id": post_id, "metrics": {"views": 9}})
    clock.now += DAY
    assert told(alice, f"/{post_id}/insights", "views")["views"]["values"] == [{"value": 9}]
    days_before = profile(alice, "views", since=FIRST, until=FIRST + DAY)["views"]["values"]
    assert [each["value"] for each in days_before] == [9]
    assert refusal(login.connect("bob").get(f"/{post_id}/insights", metric="views")) == (100, 33)
    alice.call("DELETE", f"/{post_id}")
    assert refusal(alice.get(f"/{post_id}/insights", metric="views")) == (100, 33)
    assert profile(alice, "views", since=FIRST, until=FIRST + DAY)["views"]["values"] == days_before


def test_a_repost_has_no_insights_and_no_views_of_its_own(login, alice, control, clock):
    post_id, bob = posted(alice), login.connect("bob")
    repost = bob.made(f"/{post_id}/repost")
    clock.now += DAY
    assert refusal(bob.get(f"/{repost}/insights", metric="views")) == (100, 33)
    assert control.figures(platform="threads", account="bob")["figures"]["views"] == 0


def test_insights_need_their_scope(login, alice):
    post_id = posted(alice)
    less = login.connect(scope="threads_basic,threads_content_publish")
    assert refusal(less.get(f"/{post_id}/insights", metric="views")) == (10, None)
    assert refusal(less.get("/me/threads_insights", metric="views")) == (10, None)


def test_the_list_of_posts_goes_on_page_by_page(alice, clock):
    ids = []
    for number in range(5):
        ids.append(posted(alice, f"post {number}"))
        clock.now += HOUR
    found, asked = [], {"fields": "id,timestamp", "limit": 2}
    while True:
        answer = alice.get("/me/threads", **asked).json()
        found += [each["id"] for each in answer["data"]]
        if "next" not in answer["paging"]:
            break
        asked["after"] = answer["paging"]["cursors"]["after"]
    assert found == ids[::-1]
