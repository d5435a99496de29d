from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.errors import Invalid
from ocma.features.scheduling.times import check_horizon, moment

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Gaza",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "America/Havana",
    "Antarctica/Troll",
]


def test_a_time_with_an_offset_is_that_instant():
    found = moment(datetime.fromisoformat("2026-07-01T12:00:00+02:00"), "America/New_York")
    assert found.at == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert found.wall_time == datetime(2026, 7, 1, 6)


def test_wall_time_is_read_in_the_zone():
    assert moment(datetime(2026, 7, 1, 9), "Europe/Berlin").at == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert moment(datetime(2026, 1, 1, 9), "Europe/Berlin").at == datetime(2026, 1, 1, 8, tzinfo=UTC)


def test_a_wall_time_that_does_not_happen_moves_on_and_says_so():
    found = moment(datetime(2026, 3, 29, 2, 30), "Europe/Berlin")
    assert found.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert found.wall_time == datetime(2026, 3, 29, 3, 30)
    assert "03:30" in found.note


def test_a_wall_time_that_happens_twice_is_the_first():
    assert moment(datetime(2026, 10, 25, 2, 30), "Europe/Berlin").at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "Europe/", "\0"])
def test_what_is_no_zone_is_said(zone):
    with pytest.raises(Invalid) as caught:
        moment(datetime(2026, 1, 1), zone)
    assert caught.value.issues[0].path == "timezone"


@pytest.mark.parametrize("value", [datetime.min, datetime.max])
def test_the_ends_of_the_calendar_are_an_answer_or_an_error(value):
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        try:
            moment(value, zone)
        except Invalid as error:
            assert error.rule == "timeInvalid"


@given(st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)), st.sampled_from(ZONES))
def test_wall_time_and_instant_agree_in_every_zone(value, zone):
    found = moment(value, zone)
    back = found.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert back == found.wall_time
    assert timedelta(0) <= found.wall_time - value <= timedelta(days=1, hours=1)
    assert (found.note is None) == (found.wall_time == value)


def test_a_time_beyond_the_horizon_is_a_slip():
    now, horizon = datetime(2030, 1, 1, tzinfo=UTC), timedelta(days=1830)
    check_horizon(now + horizon, now, horizon)
    check_horizon(now - timedelta(days=40_000), now, horizon)
    with pytest.raises(Invalid) as refused:
        check_horizon(now + horizon + timedelta(seconds=1), now, horizon)
    assert [(each.path, each.code) for each in refused.value.issues] == [("scheduledAt", "timeTooFar")]
