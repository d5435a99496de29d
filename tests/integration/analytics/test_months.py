"""Samples: never changed, by month, nobody else's."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from integration.analytics.readings import total
from integration.analytics.test_rollups import Book, new_account
from ocma.infra import migrations
from ocma.infra.database import Database
from ocma.infra.embedded.database import ensure_database
from rows import add_rows

PARTS = """
    SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
        EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polroles = ARRAY['ocma_app'::regrole::oid]) AS policed
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'metric_samples'::regclass ORDER BY 1"""
pytestmark = pytest.mark.usefixtures("same_day")
LONG_AGO = datetime(2019, 5, 7, tzinfo=UTC)


@pytest.fixture
async def book(database, workspace):
    return Book(database, workspace, await new_account(database, workspace))


@pytest.fixture(scope="module")
async def alone(services):
    """A database of its own: months come and go there."""
    ensure_database(services.postgres, "months")
    await migrations.migrate(services.postgres.owner_url_to("months"))
    found = Database(services.postgres.app_url_to("months"), pool=2)
    yield found
    await found.close()


@pytest.fixture
async def owner(services):
    """The login that owns the tables: even that one."""
    connection = await asyncpg.connect(services.postgres.owner_url, server_settings={"search_path": "ocma"})
    yield connection
    await connection.close()


async def names(database):
    return [row.name.removeprefix("metric_samples_") for row in await database.system(PARTS)]


@pytest.mark.parametrize("change", ["UPDATE {} SET value = 2", "DELETE FROM {}"])
async def test_samples_do_not_change(book, owner, database, workspace, change):
    await book.write(datetime.now(UTC), total(1))
    await book.write(LONG_AGO, total(1))
    parts = [f"ocma_samples.{row.name}" for row in await database.system(PARTS)]
    filled = [each for each in parts if await owner.fetchval(f"SELECT count(*) FROM {each}")]
    assert len(filled) >= 2
    for table in ("metric_samples", *filled):
        with pytest.raises(asyncpg.CheckViolationError, match="cannot change"):
            await owner.execute(change.format(table))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.transaction(workspace) as session:
            await session.execute(text(change.format("metric_samples")))
    assert [each.value for each in await book.samples("followers_count")] == [1, 1]


async def test_every_month_is_guarded_and_nobody_may_name_it(database, workspace):
    rows = await database.system(PARTS)
    assert len(rows) >= 5, "the default, this month and three to come"
    for row in rows:
        assert (row.enabled, row.forced, row.policed) == (True, True, True), row.name
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.transaction(workspace) as session:
                await session.execute(text(f"SELECT 1 FROM ocma_samples.{row.name}"))


async def test_were_a_month_opened_it_would_still_show_nobody_elses(book, owner, database, make):
    """The policy on the month itself, should anybody ever grant it."""
    await book.write(datetime.now(UTC), total(1))
    month = f"ocma_samples.metric_samples_{datetime.now(UTC):%Y_%m}"
    stranger = await make.workspace()
    for workspace, seen in ((book._workspace, True), (stranger, False)):
        transaction = owner.transaction()
        await transaction.start()
        await owner.execute(
            f"GRANT USAGE ON SCHEMA ocma_samples TO ocma_app; GRANT SELECT ON {month} TO ocma_app; SET LOCAL ROLE ocma_app"
        )
        await owner.execute("SELECT set_config('app.workspace_id', $1, true)", str(workspace))
        assert bool(await owner.fetchval(f"SELECT count(*) FROM {month}")) is seen
        await transaction.rollback()


async def test_months_are_made_ahead_once(alone):
    at = datetime(2031, 11, 30, 23, 59, tzinfo=UTC)
    assert (await alone.system("SELECT make_sample_months($1, 2)", at))[0][0] == 3
    assert (await alone.system("SELECT make_sample_months($1, 2)", at))[0][0] == 0
    assert {"2031_11", "2031_12", "2032_01"} <= set(await names(alone))


async def test_what_comes_before_its_month_is_kept_all_the_same(alone):
    """And the month that was forgotten is left out: its samples are as good where they are."""
    at, workspace = datetime(2033, 1, 15, tzinfo=UTC), (await add_rows(alone))["workspace"]
    book = Book(alone, workspace, await new_account(alone, workspace))
    await book.write(at, total(5))
    assert (await alone.system("SELECT make_sample_months($1, 1)", at))[0][0] == 1
    assert "2033_02" in await names(alone)
    assert "2033_01" not in await names(alone)
    await book.write(at + timedelta(days=30), total(6))
    assert [each.value for each in await book.samples("followers_count")] == [5, 6]


async def test_old_months_are_dropped_and_no_younger_ones(alone):
    await alone.system("SELECT make_sample_months($1, 1)", LONG_AGO)
    now = f"{datetime.now(UTC):%Y_%m}"
    assert {"2019_05", "2019_06", now} <= set(await names(alone))
    assert (await alone.system("SELECT forget_old_samples($1)", timedelta(days=40000)))[0][0] == 0
    assert (await alone.system("SELECT forget_old_samples($1)", timedelta(0)))[0][0] == 2
    left = await names(alone)
    assert "2019_05" not in left
    assert {now, "default"} <= set(left)


async def test_a_month_is_made_while_others_read_and_write(alone, services):
    """It waits for no more than two seconds, and says so."""
    reader = await asyncpg.connect(services.postgres.owner_url_to("months"), server_settings={"search_path": "ocma"})
    async with reader.transaction():
        await reader.fetch("SELECT count(*) FROM metric_samples")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await alone.system("SELECT make_sample_months($1, 0)", datetime(2035, 1, 1, tzinfo=UTC))
    await reader.close()
    assert (await alone.system("SELECT make_sample_months($1, 0)", datetime(2035, 1, 1, tzinfo=UTC)))[0][0] == 1
