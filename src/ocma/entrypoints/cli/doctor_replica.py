"""The replica that reports are read from, if one is set."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import asyncpg
from sqlalchemy.exc import ArgumentError

from ocma.entrypoints.cli.doctor_finding import Finding, Grade, fine, note, wrong
from ocma.infra.database import ROLE, SCHEMA, is_url, plain_url
from ocma.infra.lag import ABOUT, PRIMARY, REPLICA, Fault, Lag, Mark
from ocma.settings import Settings

PATIENCE = 5.0  # seconds
LOOKS, BETWEEN = 4, 0.4  # and seconds
NAME = "replica"
INSTEAD = "Reports are read from DATABASE_URL meanwhile."
FAILURES = (OSError, TimeoutError, ArgumentError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)
_REVISION = f"SELECT max(version_num) FROM {SCHEMA}.alembic_version"  # noqa: S608 - a name of our own


async def examine(settings: Settings) -> list[Finding]:
    """After the primary, whose own troubles are told there."""
    url = settings.database_read_url.get_secret_value()
    if not url:
        return []
    if not is_url(url):
        return [wrong(NAME, "DATABASE_READ_URL is not a URL", "Write postgresql://USER:PASSWORD@HOST:5432/NAME.")]
    lag, finding = Lag(), note(NAME, "was not looked at")
    for _ in range(LOOKS):  # one may fall between two records of the log
        finding = await _look(settings, lag)
        if finding.grade is not Grade.NOTE:
            break
        await asyncio.sleep(BETWEEN)
    return [finding]


async def _look(settings: Settings, lag: Lag) -> Finding:
    try:
        at, (mark, wanted) = time.monotonic(), await _ask(settings.database_url.get_secret_value(), PRIMARY)
    except FAILURES:
        return note(NAME, "cannot be compared with DATABASE_URL, which does not answer", "See PostgreSQL above.")
    try:
        row, found = await _ask(settings.database_read_url.get_secret_value(), REPLICA)
    except FAILURES as error:
        told = f"does not answer within {PATIENCE:.0f} s" if isinstance(error, TimeoutError) else str(error).partition("\n")[0]
        return note(NAME, told, f"Check DATABASE_READ_URL. {INSTEAD}")
    fault = lag.judge(Mark(at, mark.now, mark.position, mark.server, mark.name), row)
    if fault in {"noReplica", "otherDatabase"}:
        remedy = "Set DATABASE_READ_URL to a streaming replica of DATABASE_URL, to the same database there, or to nothing."
        return wrong(NAME, ABOUT[fault], remedy)
    if found != wanted:
        told = f"its schema is at revision {found}, that of DATABASE_URL at {wanted}"
        return note(NAME, told, f"Does it still follow? {INSTEAD}")
    return _told(fault, None if lag.fresh_at is None else at - lag.fresh_at, settings.read_lag)


def _told(fault: Fault | None, behind: float | None, allowed: float) -> Finding:
    if fault or behind is None:
        return note(NAME, ABOUT[fault or "unknown"], INSTEAD)
    if behind > allowed:
        told = f"{behind:.0f} s behind, more than OCMA_READ_LAG ({allowed:.0f} s)"
        return note(NAME, told, f"Does it still follow? {INSTEAD}")
    return fine(NAME, f"follows DATABASE_URL, {behind:.1f} s behind")


async def _ask(url: str, query: str) -> tuple[Any, str]:
    """A row of what is asked, and the schema's revision; as the role that OCMA's transactions have."""
    async with asyncio.timeout(PATIENCE):
        connection: Any = await asyncpg.connect(plain_url(url), server_settings={"role": ROLE})
        try:
            row, known = await connection.fetchrow(query), await connection.fetchval("SELECT to_regnamespace($1)", SCHEMA)
            return SimpleNamespace(**row), await connection.fetchval(_REVISION) if known else "none"
        finally:
            await connection.close(timeout=1)
