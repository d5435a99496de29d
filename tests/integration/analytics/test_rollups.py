"""Roll-ups, kept as samples come, are what a recomputation from the raw samples gives."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from integration.analytics.readings import DELTA, RATE, STEP, Rolled, bucket, of_points, of_spans, span, total
from ocma.features.accounts.models import Account
from ocma.features.analytics.models import MetricRollup, MetricSeries
from ocma.features.analytics.record import Figure, is_sound, record
from ocma.ids import new_id

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SLOWLY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def new_account(database, workspace):
    async with database.transaction(workspace) as session:
        account = Account(
            id=new_id(), workspace_id=workspace, platform="mastodon", platform_account_id=str(new_id()), name="A", handle="@a",
            connected_at=MONDAY, updated_at=MONDAY,
        )  # fmt: skip
        session.add(account)
    return account.id


class Book:
    """One account's readings, written as the collector writes them."""

    def __init__(self, database, workspace, account):
        self._database, self._workspace, self.account = database, workspace, account

    async def write(self, at, *readings):
        async with self._database.transaction(self._workspace) as session:
            return await record(session, self._workspace, self.account, [Figure(None, each) for each in readings], at)

    async def rolled(self, grain, name="followers_count"):
        query = (
            select(MetricRollup)
            .join(MetricSeries, MetricSeries.id == MetricRollup.series_id)
            .where(MetricSeries.account_id == self.account, MetricSeries.name == name, MetricRollup.grain == grain)
        )
        async with self._database.transaction(self._workspace) as session:
            rows = (await session.scalars(query)).all()
        return {
            each.bucket_at.astimezone(UTC): Rolled(
                each.first, each.last, each.min, each.max, each.count, each.growth, each.gap, each.fell
            )
            for each in rows
        }

    async def samples(self, name):
        query = text(
            "SELECT m.value, m.start_at, m.end_at, m.fetched_at FROM metric_samples m JOIN metric_series s ON s.id = m.series_id "
            "WHERE s.account_id = :account AND s.name = :name ORDER BY m.fetched_at, m.start_at"
        )
        async with self._database.transaction(self._workspace) as session:
            return (await session.execute(query, {"account": self.account, "name": name})).all()


@pytest.fixture
async def book(database, workspace):
    return Book(database, workspace, await new_account(database, workspace))


async def test_growth_begins_at_the_last_of_the_day_before(book):
    for at, value in ((MONDAY + HOUR * 5, 10), (MONDAY + HOUR * 23, 14), (MONDAY + HOUR * 25, 15), (MONDAY + HOUR * 40, 21)):
        await book.write(at, total(value))
    days = await book.rolled("day")
    assert days[MONDAY].growth == 4, "from its first sample on: before that nobody looked"
    assert days[MONDAY + DAY].growth == 7


async def test_a_single_sample_grows_by_nothing_that_is_known(book):
    await book.write(MONDAY, total(10))
    assert [each.growth for each in (await book.rolled("day")).values()] == [None]


async def test_over_a_gap_growth_is_of_no_day(book):
    await book.write(MONDAY, total(100))
    await book.write(MONDAY + DAY * 4, total(180))
    await book.write(MONDAY + DAY * 4 + HOUR, total(181))
    days = await book.rolled("day")
    assert set(days) == {MONDAY, MONDAY + DAY * 4}
    assert (days[MONDAY + DAY * 4].growth, days[MONDAY + DAY * 4].gap) == (1, 80)
    weeks = await book.rolled("week")
    assert (weeks[MONDAY].growth, weeks[MONDAY].gap) == (81, None), "in that week nothing is missing"


async def test_a_fall_is_kept_and_told(book):
    for hour, value in enumerate((50, 60, 20, 25)):
        await book.write(MONDAY + HOUR * hour, total(value))
    assert (await book.rolled("day"))[MONDAY] == Rolled(50, 25, 20, 60, 4, -25, None, 1)


async def test_a_rate_does_not_add_up(book):
    await book.write(MONDAY, total(40, RATE))
    await book.write(MONDAY + HOUR, total(30, RATE))
    assert (await book.rolled("day", RATE.name))[MONDAY] == Rolled(40, 30, 30, 40, 2, None, None, 0)


async def test_a_revision_counts_instead_and_the_first_figure_stays_on_record(book):
    assert await book.write(MONDAY + DAY, span(100, MONDAY, DAY), span(7, MONDAY + DAY, DAY)) == 2
    assert await book.write(MONDAY + DAY * 2, span(130, MONDAY, DAY), span(7, MONDAY + DAY, DAY)) == 1, (
        "what did not change is not new"
    )
    assert (await book.rolled("day", DELTA.name))[MONDAY].growth == 130
    assert (await book.rolled("week", DELTA.name))[MONDAY].growth == 137
    assert [each.value for each in await book.samples(DELTA.name)] == [100, 7, 130]


async def test_days_of_a_zone_are_days(book):
    """A day in Los Angeles, at the end of summer time too, begins within one UTC day and is counted there."""
    long = datetime(2026, 11, 1, 7, tzinfo=UTC)
    await book.write(long + DAY * 3, span(5, long, HOUR * 25), span(6, long + HOUR * 25, DAY))
    days = await book.rolled("day", DELTA.name)
    assert {at: each.growth for at, each in days.items()} == {
        datetime(2026, 11, 1, tzinfo=UTC): 5,
        datetime(2026, 11, 2, tzinfo=UTC): 6,
    }
    assert await book.rolled("hour", DELTA.name) == {}, "nobody knows the hours of a day"


async def test_groups_and_names_are_series_of_their_own(book, database, workspace):
    parts = [total(1, group="country=DE"), total(2, group="country=FR"), total(3)]
    assert await book.write(MONDAY, *parts) == 3
    async with database.transaction(workspace) as session:
        query = select(MetricSeries.grp, MetricSeries.latest).where(MetricSeries.account_id == book.account)
        assert dict((await session.execute(query)).all()) == {"country=DE": 1, "country=FR": 2, "": 3}


async def test_the_same_figure_twice_in_one_reading_is_one_sample(book):
    assert await book.write(MONDAY, total(1), total(2)) == 1


@pytest.mark.parametrize(
    "reading",
    [
        total(float("nan")),
        total(float("inf")),
        total(1, DELTA),
        span(1, MONDAY, DAY, measure=total(1).measure),
        span(1, MONDAY, -DAY),
        total(1, RATE, start=MONDAY),
    ],
)
def test_what_cannot_be_meant_is_told_apart(reading):
    assert not is_sound(reading)


def test_what_can_be_meant():
    assert all(map(is_sound, (total(1), span(1, MONDAY, DAY), total(1, RATE), span(1, MONDAY, DAY, RATE))))


STEPS = st.lists(
    st.tuples(
        st.sampled_from([timedelta(seconds=1), timedelta(minutes=7), HOUR, HOUR * 5, DAY, DAY * 3, DAY * 20]), st.integers(0, 50)
    ),
    min_size=1,
    max_size=12,
)


@SLOWLY
@given(steps=STEPS)
async def test_any_totals_and_rates(database, workspace, steps):
    book = Book(database, workspace, await new_account(database, workspace))
    at, samples = MONDAY + HOUR * 20, []
    for after, value in steps:
        at += after
        samples.append((at, float(value)))
        await book.write(at, total(value), total(value, RATE))
    for grain in STEP:
        found = await book.rolled(grain)
        assert found == of_points(samples, grain, adds_up=True)
        assert sum(each.growth or 0 for each in found.values()) + sum(each.gap or 0 for each in found.values()) == (
            samples[-1][1] - samples[0][1]
        )
        assert await book.rolled(grain, RATE.name) == of_points(samples, grain, adds_up=False)
    assert [(each.fetched_at.astimezone(UTC), each.value) for each in await book.samples(RATE.name)] == samples


SPANS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from([HOUR, HOUR * 3, HOUR * 25, DAY, DAY * 7, DAY * 28]), st.integers(0, 9)),
        min_size=1,
        max_size=8,
    ),
    min_size=1,
    max_size=5,
)


@SLOWLY
@given(looks=SPANS)
async def test_any_spans_in_any_order_and_revised(database, workspace, looks):
    book = Book(database, workspace, await new_account(database, workspace))
    revisions: list[tuple[datetime, datetime, float]] = []
    for number, look in enumerate(looks):
        readings = [
            span(value, MONDAY + HOUR * 7 * start, length, measure) for start, length, value in look for measure in (DELTA, RATE)
        ]
        await book.write(MONDAY + DAY * 60 + HOUR * number, *readings)
        revisions += [
            (MONDAY + HOUR * 7 * start, MONDAY + HOUR * 7 * start + length, float(value)) for start, length, value in look
        ]
    for grain in STEP:
        assert await book.rolled(grain, DELTA.name) == of_spans(revisions, grain, adds_up=True)
        assert await book.rolled(grain, RATE.name) == of_spans(revisions, grain, adds_up=False)


def test_weeks_are_iso_weeks():
    assert bucket("week", datetime(2026, 3, 8, 23, 59, tzinfo=UTC)) == MONDAY
