from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.days import whole_days
from ocma.platforms.meta.days import ZONE, day_until, days, windows
from ocma.platforms.metrics import Measuring

MEASURING = Measuring(days=timedelta(days=500), zone=ZONE)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("end", "start", "hours"),
    [
        (datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 22, 8, tzinfo=UTC), 24),
        (datetime(2026, 7, 2, 7, tzinfo=UTC), datetime(2026, 7, 1, 7, tzinfo=UTC), 24),
        (datetime(2026, 7, 2, 8, tzinfo=UTC), datetime(2026, 7, 1, 7, tzinfo=UTC), 24),  # an hour off
        (datetime(2026, 11, 2, 8, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC), 25),
        (datetime(2026, 3, 9, 7, tzinfo=UTC), datetime(2026, 3, 8, 8, tzinfo=UTC), 23),
    ],
)
def test_a_day_is_the_pacific_one_that_ends_then(end, start, hours):
    found = day_until(end)

    assert found.start == start
    assert found.end - found.start == timedelta(hours=hours)


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=400)), st.integers(1, 90))
def test_windows_are_all_whole_days_without_a_gap(since, later, most):
    now = since + later
    every = days(*whole_days(MEASURING, since, now))
    pieces = windows(every, most)

    assert all(one.end == two.start for one, two in pairwise(every))
    assert all(one.end == two.start for one, two in pairwise(pieces))
    assert all(piece.end - piece.start <= timedelta(days=most, hours=1) for piece in pieces)
    if every:
        assert every[0].start <= since < every[0].end
        assert every[-1].end <= now < every[-1].end + timedelta(hours=25)
        assert (pieces[0].start, pieces[-1].end) == (every[0].start, every[-1].end)


def test_today_is_not_over():
    morning, evening = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (9, 23))

    assert days(*whole_days(MEASURING, morning, evening)) == []
