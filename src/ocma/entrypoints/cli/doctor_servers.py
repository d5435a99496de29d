"""PostgreSQL, Redis, and the signs of life of workers and dispatchers."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ocma.entrypoints.cli.doctor_finding import Finding, fine, note, wrong
from ocma.infra import migrations
from ocma.infra.database import ROLE, SCHEMA, plain_url
from ocma.settings import Settings

PATIENCE = 5.0  # seconds
OLDEST_POSTGRESQL, OLDEST_REDIS = 15, (6, 2)
KINDS = ("worker", "dispatcher")
# Tables of tenants that row-level security does not hold for everybody.
OPEN_TABLES = """
    SELECT c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    ORDER BY 1"""
ROLES = "SELECT rolname, rolsuper OR rolbypassrls AS above FROM pg_roles WHERE rolname IN ($1, session_user)"
OWNED = "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace($1) AND pg_get_userbyid(relowner) = $2"


async def examine(settings: Settings) -> list[Finding]:
    database_url, redis_url = settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()
    return [*await _postgresql(database_url), *await _redis(redis_url)]


async def _postgresql(url: str) -> list[Finding]:
    try:
        async with asyncio.timeout(PATIENCE), _connected(url) as connection:
            return [_version(connection), await _schema(connection), await _isolation(connection)]
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


async def _redis(url: str) -> list[Finding]:
    if not url:
        return [wrong("Redis", "REDIS_URL is not set", "Set it; without DATABASE_URL and REDIS_URL `ocma up` brings both.")]
    try:
        async with asyncio.timeout(PATIENCE), Redis.from_url(url) as redis:
            info: Mapping[str, Any] = await redis.info()
            return [_server(info), _memory(info), *[await _signs_of_life(redis, kind) for kind in KINDS]]
    except (RedisError, OSError, TimeoutError, ValueError) as error:
        return [wrong("Redis", f"does not answer: {error or type(error).__name__}", "Check REDIS_URL.")]


def _server(info: Mapping[str, Any]) -> Finding:
    """Valkey tells its own version beside that of the Redis it is compatible with."""
    version = str(info["redis_version"])
    name = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {version}"
    if tuple(int(each) for each in version.split(".")[:2]) < OLDEST_REDIS:
        return wrong("Redis", f"answers, {name}; OCMA needs 6.2 or newer", "Use a newer server.")
    return fine("Redis", f"answers, {name}")


def _memory(info: Mapping[str, Any]) -> Finding:
    policy, limit = info.get("maxmemory_policy", "unknown"), int(info.get("maxmemory", 0))
    told = f"maxmemory-policy {policy}, " + (f"limit {limit / 1024**2:.0f} MiB" if limit else "no limit")
    if limit and policy != "noeviction":
        return note("Redis memory", f"{told}: sessions may be dropped (posts are not: they are in PostgreSQL)", "Set noeviction.")
    return fine("Redis memory", told)


async def _signs_of_life(redis: Redis, kind: str) -> Finding:
    keys = [key async for key in redis.scan_iter(match=f"ocma:heartbeat:{kind}:*", count=5000)]
    beats = [float(beat) for beat in await redis.mget(keys) if beat] if keys else []
    if not beats:
        return wrong(
            f"{kind}s", "none gave a sign of life in the last 15 seconds", f"Run `ocma {kind}`, or `ocma up` for everything."
        )
    return fine(f"{kind}s", f"{len(beats)} at work, the last sign of life {max(time.time() - max(beats), 0):.0f} s ago")
