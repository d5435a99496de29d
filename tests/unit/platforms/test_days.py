"""Days of a zone, and of them only whole ones."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ocma.platforms.days import span, whole_days
from ocma.platforms.metrics import Measuring

HERE = Measuring(days=timedelta(days=365))
THERE = Measuring(days=timedelta(days=365), zone="America/Los_Angeles")
NOW = datetime(2026, 11, 23, 7, 59, tzinfo=UTC)  # in California it is still the 22nd


@pytest.mark.parametrize(
    ("measuring", "since", "first", "end"),
    [
        (HERE, datetime(2026, 11, 20, 23, 59, tzinfo=UTC), date(2026, 11, 20), date(2026, 11, 23)),
        (THERE, datetime(2026, 11, 20, 7, 59, tzinfo=UTC), date(2026, 11, 19), date(2026, 11, 22)),
        (HERE, datetime(2026, 11, 23, 1, tzinfo=UTC), date(2026, 11, 23), date(2026, 11, 23)),
        (HERE, datetime(2026, 12, 1, tzinfo=UTC), date(2026, 11, 23), date(2026, 11, 23)),
        (HERE, datetime(2020, 1, 1, tzinfo=UTC), date(2025, 11, 23), date(2026, 11, 23)),
        (Measuring(), datetime(2020, 1, 1, tzinfo=UTC), date(2026, 11, 23), date(2026, 11, 23)),
    ],
)
def test_which_days_are_asked_for(measuring, since, first, end):
    assert whole_days(measuring, since, NOW) == (first, end)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 11, 22), 24), (date(2026, 11, 1), 25), (date(2026, 3, 8), 23)], ids=str)
def test_a_day_has_its_own_length(day, hours):
    days = span(THERE, day)
    assert days["end"] - days["start"] == timedelta(hours=hours)
    assert days["start"].tzinfo is UTC
