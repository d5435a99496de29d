"""When posts are looked at."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ocma.features.analytics.cadence import GRID, MARGIN, first_look, next_age, next_look, on_grid
from ocma.ids import new_id
from ocma.platforms.metrics import Measuring

BORN = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANY = Measuring()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ages(until: timedelta) -> list[timedelta]:
    found, age = [], timedelta(0)
    while (age := next_age(age)) <= until:
        found.append(age)
    return found


def test_how_often_by_age():
    found = ages(timedelta(days=160))
    hours = [HOUR * each for each in range(1, 25)]
    quarters = [HOUR * each for each in range(30, 169, 6)]
    days = [DAY * each for each in range(8, 31)]
    weeks = [DAY * each for each in (*range(37, 90, 7), 90)]
    months = [DAY * 120, DAY * 150]
    assert found == hours + quarters + days + weeks + months


def test_an_hour_a_day_and_a_week_are_looks():
    assert {HOUR, DAY, DAY * 7} <= set(ages(timedelta(days=8)))


@given(st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_it_is_always_later_and_never_a_month_off(age):
    assert age < next_age(age) <= age + timedelta(days=30)


def test_a_platform_that_lags_is_not_asked_before():
    slow = Measuring(late=timedelta(hours=48))
    assert next_look(BORN, BORN, slow) == BORN + timedelta(hours=48)
    assert first_look(BORN, BORN + timedelta(hours=5), slow) == BORN + timedelta(hours=48)
    assert next_look(BORN, BORN + timedelta(hours=48), slow) == BORN + timedelta(hours=54)


def test_what_a_platform_forgets_is_read_a_last_time_before():
    story = Measuring(keeps=DAY)
    assert next_look(BORN, BORN + timedelta(hours=22, minutes=5), story) == BORN + timedelta(hours=23)
    assert next_look(BORN, BORN + timedelta(hours=23), story) == BORN + DAY - MARGIN
    assert next_look(BORN, BORN + DAY - MARGIN, story) is None
    assert first_look(BORN, BORN + DAY * 2, story) is None


def test_an_old_post_that_is_new_to_us_is_looked_at_now():
    now = BORN + DAY * 40
    assert first_look(BORN, now, ANY) == now
    assert first_look(BORN, BORN + timedelta(minutes=20), ANY) == BORN + HOUR


@given(st.datetimes(datetime(2021, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_the_grid_is_the_accounts_own_and_never_early(at):
    account = new_id()
    found = on_grid(at, account)
    assert at <= found < at + GRID
    assert on_grid(found, account) == found
    assert on_grid(found + timedelta(microseconds=1), account) == found + GRID


def test_accounts_do_not_meet():
    moments = {on_grid(BORN, new_id(), HOUR) for _ in range(200)}
    assert len(moments) > 150
