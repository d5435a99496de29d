"""Row-level security, read from the database itself: every table, as a stranger and as nobody."""

import re

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ocma.ids import new_id
from ocma.infra.database import Database
from rows import add_rows

BOOKKEEPING = {"alembic_version", "event_cursors", "sessions"}  # the only tables that belong to no workspace
TABLES = """
    SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
        ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid AND NOT 'ocma_system'::regrole = ANY (p.polroles))
            AS policies
    FROM pg_class c WHERE c.relnamespace = 'ocma'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1"""


@pytest.fixture(scope="module")
async def seeded(database):
    """Two workspaces with a row in every table; the second is the stranger."""
    return await add_rows(database), await add_rows(database)


@pytest.fixture(scope="module")
async def tables(database):
    rows = [row for row in await database.system(TABLES) if row.name not in BOOKKEEPING]
    assert len(rows) > 10
    return rows


async def count(database, table, where, workspace_id, values=None):
    async with database.transaction(workspace_id) as session:
        return await session.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}"), values or {})


def belongs(table):
    """A condition for the rows of workspace :owner."""
    return {
        "workspaces": "id = :owner",
        "users": "id IN (SELECT user_id FROM members WHERE workspace_id = :owner) OR id = :person",
    }.get(table, "workspace_id = :owner")


async def test_every_table_has_forced_policies(tables):
    for table in tables:
        assert table.enabled, f"{table.name}: ALTER TABLE … ENABLE ROW LEVEL SECURITY is missing"
        assert table.forced, f"{table.name}: ALTER TABLE … FORCE ROW LEVEL SECURITY is missing"
        assert table.policies, f"{table.name} has no policy for ocma_app"


async def test_every_table_is_seeded(database, seeded, tables):
    """Else the tests below would prove nothing about a new table: give it a row in tests/rows.py."""
    mine, _ = seeded
    for table in tables:
        assert await count(database, table.name, "true", mine["workspace"]) > 0, table.name


async def test_nobody_sees_nothing(database, seeded, tables):
    for table in tables:
        assert await count(database, table.name, "true", None) == 0, table.name


async def test_how_far_events_were_spread_is_for_the_system_alone(database, seeded):
    mine, _ = seeded
    for statement in ("SELECT * FROM event_cursors", "DELETE FROM event_cursors", "UPDATE event_cursors SET event_id = 0"):
        assert await refused(database, mine["workspace"], statement, {}) == "refused"


async def test_sessions_are_for_their_functions_alone(database, seeded):
    mine, _ = seeded
    for statement in ("SELECT * FROM sessions", "DELETE FROM sessions", "UPDATE sessions SET ends_at = now()"):
        assert await refused(database, mine["workspace"], statement, {}) == "refused"


async def test_a_stranger_sees_nothing_of_others(database, seeded, tables):
    mine, stranger = seeded
    for table in tables:
        values = {"owner": mine["workspace"]} | ({"person": mine["person"]} if table.name == "users" else {})
        assert await count(database, table.name, belongs(table.name), stranger["workspace"], values) == 0, table.name
        assert await count(database, table.name, "true", stranger["workspace"]) > 0, table.name


async def refused(database, workspace_id, statement, values):
    """Rows a write reached, or "refused" when PostgreSQL would not have it."""
    try:
        async with database.transaction(workspace_id) as session:
            return (await session.execute(text(statement), values)).rowcount
    except DBAPIError as error:
        if error.orig.sqlstate == "42501":  # insufficient_privilege, which row-level security answers too
            return "refused"
        raise


@pytest.mark.parametrize("who", ["stranger", "nobody"])
async def test_others_rows_cannot_be_changed(database, seeded, tables, who):
    mine, stranger = seeded
    workspace_id = stranger["workspace"] if who == "stranger" else None
    for table in tables:
        column = "id" if table.name in {"workspaces", "users"} else "workspace_id"
        owner = {"owner": mine["person"] if table.name == "users" else mine["workspace"]}
        update = f"UPDATE {table.name} SET {column} = {column} WHERE {column} = :owner"
        assert await refused(database, workspace_id, update, owner) in {0, "refused"}, table.name
        delete = f"DELETE FROM {table.name} WHERE {column} = :owner"
        assert await refused(database, workspace_id, delete, owner) in {0, "refused"}, table.name


@pytest.mark.parametrize("who", ["stranger", "nobody"])
async def test_nothing_can_be_planted(database, seeded, tables, who):
    """A copy of my own row, offered by somebody else."""
    mine, stranger = seeded
    for table in tables:
        async with database.transaction(mine["workspace"]) as session:
            row = await session.scalar(text(f"SELECT to_jsonb(t)::text FROM {table.name} t LIMIT 1"))
        plant = (
            f"INSERT INTO {table.name} OVERRIDING SYSTEM VALUE "
            f"SELECT * FROM jsonb_populate_record(NULL::{table.name}, CAST(:row AS jsonb))"
        )
        workspace_id = stranger["workspace"] if who == "stranger" else None
        assert await refused(database, workspace_id, plant, {"row": row}) == "refused", table.name


async def test_a_row_cannot_be_given_away(database, seeded, tables):
    mine, stranger = seeded
    for table in tables:
        if table.name in {"workspaces", "users"}:
            continue
        give = f"UPDATE {table.name} SET workspace_id = :other"
        assert await refused(database, mine["workspace"], give, {"other": stranger["workspace"]}) == "refused", table.name


async def test_whatever_the_login_the_role_is_the_apps(services, seeded):
    """An operator may give us a superuser's URL: row-level security holds all the same."""
    database = Database(services.postgres.owner_url, pool=1)
    try:
        rows = await database.system("SELECT current_user AS who, session_user AS login")
        assert (rows[0].who, rows[0].login) == ("ocma_app", "postgres")
        assert await count(database, "workspaces", "true", None) == 0
    finally:
        await database.close()


async def test_a_connection_forgets_whose_batch_it_was(services, seeded):
    """Those for batches are not reset between two of them: what is set has to end with the transaction."""
    mine, _ = seeded
    database = Database(services.postgres.app_url, pool=1)
    who = "SELECT current_user, coalesce(current_setting('app.workspaces', true), ''), pg_backend_pid()"
    try:
        async with database.batch([mine["workspace"]]) as connection:
            inside = await connection.fetchrow(who)
        with pytest.raises(asyncpg.UndefinedTableError):
            async with database.batch([mine["workspace"]]) as connection:
                await connection.execute("SELECT 1 FROM nothing")
        outside = (await database.system(who))[0]
        assert tuple(inside)[:2] == ("ocma_worker", f"{{{mine['workspace']}}}")
        assert tuple(outside)[:2] == ("ocma_app", "")
    finally:
        await database.close()


async def test_the_roles_have_no_way_around(database):
    rows = await database.system(
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication AS mighty "
        "FROM pg_roles WHERE rolname IN ('ocma_app', 'ocma_system')"
    )
    assert {row.rolname: row.mighty for row in rows} == {"ocma_app": False, "ocma_system": False}
    for privilege in ("USAGE", "SET"):
        assert not (await database.system(f"SELECT pg_has_role('ocma_app', 'ocma_system', '{privilege}')"))[0][0]


async def test_functions_across_workspaces_are_for_the_app_alone_and_pinned(database):
    """SECURITY DEFINER with a search path of the caller's would be a door into every workspace."""
    rows = await database.system(
        "SELECT p.proname AS name, p.proconfig AS config, p.proacl::text AS access, pg_get_userbyid(p.proowner) AS owner "
        "FROM pg_proc p WHERE p.pronamespace = 'ocma'::regnamespace AND p.prosecdef"
    )
    assert rows
    for row in rows:
        assert row.config == ["search_path=ocma, pg_temp"], row.name
        assert row.owner == "ocma_system", row.name
        assert not re.search(r"[{,]=X", row.access), f"{row.name} may be called by everybody"


async def test_functions_across_workspaces_tell_nothing_a_tenant_wrote(database):
    """They return ids, states and times; who adds text to one adds it here, with a reason."""
    rows = await database.system(
        "SELECT p.proname AS name, pg_get_function_result(p.oid) AS result FROM pg_proc p "
        "WHERE p.pronamespace = 'ocma'::regnamespace AND p.prosecdef AND p.prorettype <> 'trigger'::regtype"
    )
    telling = {row.name for row in rows if re.search(r"\b(name|email|content|data|token|secret)\w* text|jsonb", row.result)}
    # a user's own workspaces have names
    assert telling <= {"list_memberships"}, telling


async def test_an_unset_or_odd_workspace_is_none(database):
    for value in ("", str(new_id())):
        async with database.transaction(None) as session:
            await session.execute(text("SELECT set_config('app.workspace_id', :value, true)"), {"value": value})
            assert await session.scalar(text("SELECT count(*) FROM workspaces")) == 0


async def test_a_connection_forgets_whose_it_was(services, seeded):
    """The pool hands the same connection to the next caller."""
    mine, _ = seeded
    database = Database(services.postgres.app_url, pool=1)
    try:
        assert await count(database, "workspaces", "true", mine["workspace"]) == 1
        assert await count(database, "workspaces", "true", None) == 0
        assert (await database.system("SELECT current_setting('app.workspace_id', true) AS id"))[0].id in {"", None}
    finally:
        await database.close()
