"""The schema on somebody else's PostgreSQL: its owner may create roles, and is no superuser (Supabase, most hosted ones)."""

import asyncpg
import pytest
from sqlalchemy import text

from ocma.infra import embedded, migrations
from ocma.infra.database import Database
from rows import add_rows


@pytest.fixture(scope="module")
async def owner_url():
    """A server of its own, on which the roles do not exist yet."""
    with embedded.temporary() as services:
        admin = await asyncpg.connect(services.postgres.owner_url)
        await admin.execute("ALTER ROLE ocma_app RENAME TO somebody_else")
        await admin.execute("CREATE ROLE renter LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD 'renter'")
        await admin.execute("CREATE DATABASE rented OWNER renter")
        await admin.close()
        yield f"postgresql://renter:renter@127.0.0.1:{services.postgres.port}/rented"


@pytest.fixture(scope="module")
async def rented(owner_url):
    assert await migrations.migrate(owner_url) == migrations.newest()
    database = Database(owner_url, pool=2)
    yield database
    await database.close()


async def call(database, query, *values):
    return await database.system(f"SELECT * FROM {query}", *values)


async def test_everything_works_there(rented):
    ids = await add_rows(rented)
    claimed = await call(rented, "claim_publications(10, interval '1 hour', interval '0')")
    assert [(row.id, row.state, row.attempt) for row in claimed] == [(ids["publication"], "publishing", 1)]
    assert await call(rented, "sweep_publications(10)") == []
    assert (await call(rented, "next_due()"))[0].next_due is None
    stale = await call(rented, "list_stale_secrets('new', 10)")
    assert {row.kind for row in stale} == {"account_tokens", "platform_apps", "oauth_states"}
    expiring = await call(rented, "list_expiring_tokens(interval '1 hour', 10)")
    assert [row.account_id for row in expiring] == [ids["account"]]
    found = await call(rented, "find_login($1)", f"{ids['person']}@example.com")
    assert [row.id for row in found] == [ids["person"]]
    assert [row.workspace_id for row in await call(rented, "list_memberships($1)", ids["person"])] == [ids["workspace"]]
    assert (await call(rented, "forget_old_requests(interval '-1 hour')"))[0].forget_old_requests == 1


async def test_what_logs_in_as_the_owner_acts_as_the_app(rented):
    """DATABASE_URL may name the owner: our transactions are held back all the same."""
    ids = await add_rows(rented)
    for table in ("workspaces", "accounts", "posts", "publications", "account_tokens"):
        for workspace_id, seen in ((None, 0), (ids["workspace"], 1)):
            async with rented.transaction(workspace_id) as session:
                assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == seen, table


async def test_down_and_up_again(rented, owner_url):
    await rented.engine.dispose()
    assert await migrations.migrate(owner_url, "base") is None
    async with rented.engine.connect() as connection:
        left = "SELECT relname FROM pg_class WHERE relnamespace = 'ocma'::regnamespace AND relkind = 'r'"
        assert [row[0] for row in await connection.execute(text(left))] == ["alembic_version"]
    await rented.engine.dispose()
    assert await migrations.migrate(owner_url) == migrations.newest()
    await add_rows(rented)


async def test_two_that_migrate_at_once_are_no_trouble(owner_url, rented):
    import asyncio

    assert await asyncio.gather(*(migrations.migrate(owner_url) for _ in range(3))) == [migrations.newest()] * 3
