from datetime import UTC, datetime, timedelta

import pytest

from ocma.platforms.instagram import Instagram
from ocma.platforms.meta.days import day
from ocma.platforms.meta.insights import Insights, readings, within
from ocma.platforms.metrics import CLICKS, FOLLOWERS, LIKES, UNFOLLOWS, VIEWS, Measure, Measured
from ocma.platforms.threads import Threads
from unit.platforms.meta.host import broken_down, by_day, figures, lifetime, recorded, total

SEEN = Measure(VIEWS, "views")
DAILY = Measure(VIEWS, "views", "account", "delta")
KINDS = Measure(LIKES, "reactions", split=True)
LEFT = Measure(UNFOLLOWS, "follows.NON_FOLLOWER", "account", "delta")
TAPS = Measure(CLICKS, "clicks", "account", "delta")
PEOPLE = Measure(FOLLOWERS, "who", "account", split=True)
DAY = day(datetime(2026, 11, 21, tzinfo=UTC).date())


def told(measure, entry, **more):
    return readings([measure], Insights.model_validate({"data": [{"name": measure.name.partition(".")[0], **entry}]}), **more)


@pytest.mark.parametrize(
    ("measure", "entry", "found"),
    [
        (SEEN, lifetime(5), {"views": 5}),
        (SEEN, lifetime(0), {"views": 0}),
        (SEEN, lifetime({"a": 2, "b": 3}), {"views": 5}),
        (SEEN, total(7), {"views": 7}),
        (KINDS, lifetime({"like": 3, "love": 1}), {"reactions type=like": 3, "reactions type=love": 1}),
        (KINDS, lifetime({}), {}),
        (SEEN, lifetime({}), {}),
        (SEEN, {"values": []}, {}),
        (SEEN, {}, {}),
        (SEEN, total(None), {}),
        (PEOPLE, broken_down("country", DE=3), {"who type=DE": 3}),
    ],
)
def test_figures_in_every_form(measure, entry, found):
    assert figures(told(measure, entry)) == found


@pytest.mark.parametrize("clicks", [total(8), {"link_total_values": [{"value": 5, "link_url": "https://a"}, {"value": 3}]}])
def test_clicks_come_in_one_of_two_forms(clicks):
    assert figures(told(TAPS, clicks, span=DAY)) == {"clicks": 8}


def test_no_links_are_not_0_clicks():
    assert told(TAPS, {"link_total_values": []}, span=DAY) == Measured()


def test_a_part_of_a_total_has_a_name_of_its_own():
    (only,) = told(LEFT, broken_down("follow_type", FOLLOWER=9, NON_FOLLOWER=3), span=DAY).readings

    assert (only.value, only.start, only.end) == (3, DAY.start, DAY.end)


def test_a_day_of_the_answer_wins_over_the_one_that_was_asked():
    (only,) = told(DAILY, by_day(d2026_11_20=4), span=DAY).readings

    assert only.end == DAY.start - timedelta(days=1)


def test_what_came_on_no_known_day_is_left_out():
    assert told(DAILY, total(4)) == Measured()
    assert told(DAILY, lifetime(4)) == Measured()


@pytest.mark.parametrize("wrong", ["many", -1, [1], {"a": "x"}])
def test_what_is_no_figure_is_named(wrong):
    assert told(SEEN, lifetime(wrong)) == Measured(refused=("views",))


def test_groups_that_are_none_are_named():
    assert told(KINDS, lifetime(3)) == Measured(refused=("reactions",))


def test_what_is_not_answered_is_unknown():
    assert readings([SEEN], Insights(data=[])) == Measured()


def test_days_at_the_edges_count_once_and_those_beyond_not_at_all():
    twice = told(DAILY, by_day(d2026_11_21=1, d2026_11_22=2, d2026_11_23=3))
    both = Measured((*twice.readings, *twice.readings))

    assert [each.value for each in within(both, [DAY]).readings] == [2]


def read(name, platform, of, via, kind=""):
    """A recorded answer, by a platform's own table."""
    measures = platform.manifest.measuring.asked(of, via, kind)
    return readings(measures, Insights.model_validate(recorded(name)), span=DAY)


def test_what_threads_shows_as_an_example():
    post = read("threads_post", Threads, "post", "insights")
    now_is, series, totals = (read("threads_account", Threads, "account", via) for via in ("now", "series", "totals"))

    assert figures(post) == {"views": 0, "likes": 0, "replies": 0, "reposts": 0, "quotes": 0}
    assert figures(now_is) == {"followers_count": 0}
    assert [each.end for each in series.readings] == [datetime(2024, 9, day, 7, tzinfo=UTC) for day in (16, 17)]
    assert figures(totals) == {"likes": 0, "replies": 0, "reposts": 0, "quotes": 0}
    assert {(each.start, each.end) for each in totals.readings} == {(DAY.start, DAY.end)}


def test_what_instagram_has_answered():
    media = read("instagram_media", Instagram, "post", "insights", "FEED")
    whole = read("instagram_total", Instagram, "account", "series")
    days = read("instagram_days", Instagram, "account", "series")

    assert figures(media) == {"profile_activity": 11}
    assert figures(whole) == {"reach": 14_516_883}
    assert [(each.value, each.end) for each in days.readings] == [
        (28_629, datetime(2019, 12, 20, 8, tzinfo=UTC)),
        (27_612, datetime(2019, 12, 21, 8, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(("of", "enum"), [("post", "mediainsights_metric"), ("account", "userinsights_metric")])
def test_instagram_describes_every_name_that_it_is_asked_for(of, enum):
    known = set(recorded("instagram_enums")[f"{enum}_enum_param"])
    asked = {each.name.partition(".")[0] for each in Instagram.manifest.measuring.of(of) if each.via != "fields"}

    assert asked
    assert asked - known == set()


def test_instagram_describes_the_timeframe_that_is_asked_for():
    assert Instagram.manifest.settings["timeframe"] in recorded("instagram_enums")["userinsights_timeframe_enum_param"]
