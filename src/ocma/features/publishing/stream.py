"""Live events of posts and accounts, in an order that never skips one: by transaction, once all earlier ones are over."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ocma.errors import Invalid, Issue
from ocma.infra.database import Database

TRUST = 5.0  # seconds
PAUSE = 0.3  # seconds between two looks
_WRITTEN = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")  # longer numbers never come up
_NEWEST = text("SELECT coalesce(pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0)")
_AFTER = text("""
    SELECT xid::text::bigint AS xid, id, kind, post_id, publication_id, account_id, data, at FROM events
    WHERE workspace_id = current_workspace() AND (xid, id) > (cast(cast(:xid AS text) AS xid8), :id)
        AND xid < pg_snapshot_xmin(pg_current_snapshot()) AND (post_id IS NOT NULL OR account_id IS NOT NULL)
    ORDER BY xid, id LIMIT 200""")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a listener is: send it back as `Last-Event-ID` to go on from there."""

    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"


def parse(value: str) -> Position:
    if not _WRITTEN.fullmatch(value):
        message = "`Last-Event-ID` is not one of ours."
        issue = Issue("Last-Event-ID", "eventIdInvalid", message)
        raise Invalid(message, code="eventIdInvalid", issues=[issue], remediation="Leave it out to start now.")
    xid, _, number = value.partition("-")
    return Position(int(xid), int(number))


async def now(database: Database, workspace_id: UUID) -> Position:
    async with database.transaction(workspace_id) as session:
        return Position(int((await session.scalar(_NEWEST)) or 0), 0)


async def read(database: Database, workspace_id: UUID, after: Position) -> list[tuple[Position, dict[str, Any]]]:
    """The next events, oldest first, at most 200."""
    async with database.transaction(workspace_id) as session:
        rows = (await session.execute(_AFTER, {"xid": str(after.xid), "id": after.id})).all()
    return [
        (
            Position(row.xid, row.id),
            {
                "type": row.kind,
                "jobId": str(row.post_id) if row.post_id else None,
                "publicationId": str(row.publication_id) if row.publication_id else None,
                "accountId": str(row.account_id) if row.account_id else None,
                "at": row.at.isoformat(),
                **row.data,
            },
        )
        for row in rows
    ]


async def follow(
    database: Database, workspace_id: UUID, after: Position, seconds: float, may_go_on: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[tuple[Position, dict[str, Any]]]:
    """Each event once, for so many seconds, or until it may not go on, which is asked every TRUST seconds."""
    asked_at, end = monotonic(), monotonic() + seconds
    while (at := monotonic()) < end:
        if at >= asked_at + TRUST:
            if not await may_go_on():
                return
            asked_at = at
        found = await read(database, workspace_id, after)
        for position, event in found:
            after = position
            yield position, event
        if not found:
            await asyncio.sleep(PAUSE)
