"""Figures out of an answer: what is not given stays unknown, and nothing that a platform writes there is a crash."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.figures import measured, number, together
from ocma.platforms.metrics import LIKES, METRICS, SHARES, VIEWS, WATCH_TIME, Measure, Measured, Reading

LIKED = Measure(LIKES, "like_count")
SHARED = Measure(SHARES, "repost_count", also=("retweet_count",))
SEEN = Measure(VIEWS, "public_metrics.impression_count")
WATCHED = Measure(WATCH_TIME, "minutes", factor=60)
TABLE = (LIKED, SHARED, SEEN, WATCHED)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def values(found):
    return {each.measure.name: each.value for each in found.readings}


def test_a_figure_is_read_by_the_name_that_the_table_has():
    found = measured(TABLE, {"like_count": 3, "public_metrics": {"impression_count": 40}, "minutes": 2, "else": 9}, post="7")

    assert values(found) == {"like_count": 3, "public_metrics.impression_count": 40, "minutes": 120}
    assert {each.post for each in found.readings} == {"7"}


def test_a_reading_tells_its_span_and_group():
    start = datetime(2026, 8, 1, tzinfo=UTC)
    end = start + timedelta(days=1)

    (only,) = measured([LIKED], {"like_count": 0}, start=start, end=end, group="country=DE").readings

    assert only == Reading(LIKED, 0.0, "", start, end, "country=DE")


@pytest.mark.parametrize("body", [{}, {"like_count": None}, {"public_metrics": None}, {"public_metrics": {}}, None])
def test_what_is_not_given_is_not_0(body):
    assert measured(TABLE, body) == Measured()


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"repost_count": 2, "retweet_count": 1}, 2),
        ({"retweet_count": 1}, 1),
        ({"repost_count": None, "retweet_count": 1}, 1),
        ({"repost_count": 0, "retweet_count": 1}, 0),
    ],
)
def test_a_renamed_figure_is_the_same_series(body, value):
    assert values(measured(TABLE, body)) == {"repost_count": value}


@pytest.mark.parametrize("wrong", ["many", "", "-1", "1e3", "٣", -1, True, [], {}, 1e999, float("nan"), 10**400])
def test_what_is_no_figure_is_named_and_the_others_stay(wrong):
    found = measured(TABLE, {"like_count": wrong, "retweet_count": 1})

    assert (values(found), found.refused) == ({"repost_count": 1}, ("like_count",))


@pytest.mark.parametrize("wrong", [[], "none", 5])
def test_what_is_no_object_holds_no_figures(wrong):
    assert measured(TABLE, {"public_metrics": wrong}) == Measured(refused=(SEEN.name,))


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("00", 0), ("1234567890123", 1234567890123), ("12.5", 12.5)])
def test_digits_are_a_number(text, value):
    assert number(text) == value


@given(st.sampled_from(["like_count", "repost_count", "retweet_count", "public_metrics", "minutes"]), JSON)
def test_each_figure_is_read_or_named_or_not_given(name, value):
    found = measured(TABLE, {name: value})

    assert len(found.readings) + len(found.refused) <= 1
    assert all(0 <= each.value < float("inf") for each in found.readings)
    assert value is None or name == "public_metrics" or found != Measured()


def test_parts_make_a_whole():
    one = measured([LIKED, SEEN], {"like_count": 1, "public_metrics": []}, post="1")
    two = measured([LIKED, SEEN], {"like_count": 2, "public_metrics": []}, post="2")

    whole = together([one, two, Measured(gone=("3",))])

    assert whole == Measured((*one.readings, *two.readings), (SEEN.name,), ("3",))


def test_each_metric_stands_in_the_catalogue_under_its_key():
    assert METRICS["likes"] is LIKES
    assert len(METRICS) > 20
