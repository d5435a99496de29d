"""PostgreSQL, and beside it what doctor_replica.py and doctor_redis.py look at."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from ocma.entrypoints.cli import doctor_redis, doctor_replica
from ocma.entrypoints.cli.doctor_finding import Finding, fine, note, wrong
from ocma.infra import migrations
from ocma.infra.database import ROLE, SCHEMA, plain_url
from ocma.settings import Settings

PATIENCE = 5.0  # seconds
OLDEST_POSTGRESQL = 15
# Tables of tenants that row-level security does not hold for everybody.
OPEN_TABLES = """
    SELECT c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    ORDER BY 1"""
ROLES = "SELECT rolname, rolsuper OR rolbypassrls AS above FROM pg_roles WHERE rolname IN ($1, session_user)"
FORGETFUL = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'off'"
OWNED = "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace($1) AND pg_get_userbyid(relowner) = $2"


async def examine(settings: Settings) -> list[Finding]:
    database = await _postgresql(settings.database_url.get_secret_value())
    replica = await doctor_replica.examine(settings)
    return [*database, *replica, *await doctor_redis.examine(settings.redis_url.get_secret_value())]


async def _postgresql(url: str) -> list[Finding]:
    try:
        async with asyncio.timeout(PATIENCE), _connected(url) as connection:
            return [_version(connection), await _durability(connection), await _schema(connection), await _isolation(connection)]
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        detail = f"does not answer within {PATIENCE:.0f} s" if isinstance(error, TimeoutError) else str(error).partition("\n")[0]
        return [wrong("PostgreSQL", detail, "Check DATABASE_URL; without it `ocma up` brings a server.")]


@asynccontextmanager
async def _connected(url: str) -> AsyncGenerator[asyncpg.Connection]:
    """As the login itself, for a database that is not migrated has no `ocma_app` yet."""
    plain = plain_url(url)
    connection = await asyncpg.connect(plain)
    try:
        yield connection
    finally:
        await connection.close(timeout=1)


def _version(connection: asyncpg.Connection) -> Finding:
    told = f"answers, version {connection.get_settings().server_version.split()[0]}"
    if connection.get_server_version().major < OLDEST_POSTGRESQL:
        return wrong("PostgreSQL", f"{told}; OCMA needs 15 or newer", "Use a newer server.")
    return fine("PostgreSQL", told)


async def _durability(connection: asyncpg.Connection) -> Finding:
    """As the login's sessions have it."""
    rows = await connection.fetch(FORGETFUL)
    off = sorted(row["name"] for row in rows)
    if off:
        told = f"{' and '.join(off)} off: a crash may forget that a post was sent, and it would be sent again"
        return note("durability", told, f"Set {' and '.join(off)} on.")
    return fine("durability", "what is committed outlasts a crash")


async def _schema(connection: asyncpg.Connection) -> Finding:
    wanted = migrations.newest()
    known = await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", f"{SCHEMA}.alembic_version")
    found = await connection.fetchval(f"SELECT version_num FROM {SCHEMA}.alembic_version") if known else None  # noqa: S608
    if found == wanted:
        return fine("schema", f"at revision {found}")
    here = f"at revision {found}" if found else "is not there"
    return wrong("schema", f"{here}; this program needs {wanted}", "Run `ocma migrate`.")


async def _isolation(connection: asyncpg.Connection) -> Finding:
    """Workspaces are kept apart by row-level security, which three kinds of role are above: superusers, BYPASSRLS, owners."""
    above = {row["rolname"]: row["above"] for row in await connection.fetch(ROLES, ROLE)}
    if ROLE not in above:
        return wrong("isolation", f"the role {ROLE} does not exist", "Run `ocma migrate`.")
    if above[ROLE] or await connection.fetchval(OWNED, SCHEMA, ROLE):
        remedy = f"ALTER ROLE {ROLE} NOSUPERUSER NOBYPASSRLS; and let another role own the tables."
        return wrong("isolation", f"{ROLE} is above row-level security: workspaces could see each other", remedy)
    unguarded = [row["relname"] for row in await connection.fetch(OPEN_TABLES, SCHEMA)]
    if unguarded:
        return wrong("isolation", f"without forced row-level security: {', '.join(unguarded)}", "Run `ocma migrate`.")
    if any(above.values()):
        return note(
            "isolation",
            f"{ROLE} cannot bypass row-level security, but the login that becomes it can",
            f"Give API and workers a login that is no more than a member of {ROLE}.",
        )
    return fine("isolation", "neither the login nor its role can bypass row-level security")
