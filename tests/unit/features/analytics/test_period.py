from datetime import UTC, datetime, timedelta

import pytest

from ocma.errors import Invalid
from ocma.features.analytics.buckets import MOST, buckets
from ocma.features.analytics.period import Period, period

NOW = datetime(2026, 3, 5, 14, 30, tzinfo=UTC)  # a Thursday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_range_ends_now():
    assert period(NOW, "30d", None, None) == Period("30d", NOW - 30 * DAY, NOW)
    assert period(NOW, None, None, None).name == "7d"


def test_there_are_no_figures_of_the_future():
    """What ends later ends now, and is the same question a minute later."""
    found = [period(at, None, NOW - DAY, NOW + 90 * DAY) for at in (NOW, NOW + HOUR)]
    assert [each.end for each in found] == [NOW, NOW + HOUR]
    assert found[0].parts == found[1].parts == period(NOW, None, NOW - DAY, None).parts
    assert period(NOW, None, NOW - DAY, NOW - HOUR).parts != found[0].parts


@pytest.mark.parametrize(
    ("grain", "first", "last", "count"),
    [
        ("hour", datetime(2026, 2, 28, 14, tzinfo=UTC), datetime(2026, 3, 5, 14, tzinfo=UTC), 121),
        ("day", datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC), 6),
        ("week", datetime(2026, 2, 23, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), 2),
    ],
)
def test_buckets_are_whole(grain, first, last, count):
    found = buckets(period(NOW, None, NOW - 5 * DAY, NOW + DAY), grain)
    assert (found[0], found[-1], len(found)) == (first, last, count)


def test_a_span_that_ends_on_the_hour_does_not_have_the_next():
    at = NOW.replace(minute=0)
    assert buckets(period(NOW, None, at - 2 * HOUR, at), "hour") == [at - 2 * HOUR, at - HOUR]


def test_too_many_buckets_are_refused():
    assert len(buckets(period(NOW, None, NOW.replace(minute=0) - MOST * HOUR, NOW.replace(minute=0)), "hour")) == MOST
    with pytest.raises(Invalid, match=f"at most {MOST}"):
        buckets(period(NOW, None, NOW - (MOST + 1) * HOUR, NOW), "hour")
