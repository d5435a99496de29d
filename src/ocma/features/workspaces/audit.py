"""The audit trail: one entry per write, each covering the one before by its hash."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.paging import cut, decode_cursor
from ocma.features.schema import Page
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.models import AuditEvent
from ocma.features.workspaces.schemas import AuditEntry, AuditVerdict
from ocma.ids import new_id

_FIRST_BREAK = text("""
    SELECT seq FROM (
        SELECT seq, hash, previous, audit_hash(previous, seq, at, actor, action, subject, data) AS computed,
            lag(hash, 1, '\\x'::bytea) OVER chain AS before, row_number() OVER chain AS place
        FROM audit_events WINDOW chain AS (ORDER BY seq)
    ) AS entries
    WHERE hash <> computed OR previous <> before OR seq <> place
    ORDER BY seq LIMIT 1""")


async def record(session: AsyncSession, caller: Caller, action: str, subject: str, data: Mapping[str, Any]) -> None:
    """Inside the transaction of the write it tells of, best as its last statement: entries of a workspace queue up here.

    `action` is `noun.past`, `subject` the id of what was changed. No secrets in `data`.
    """
    await record_all(session, caller, action, {subject: data})


async def record_all(session: AsyncSession, caller: Caller, action: str, told: Mapping[str, Mapping[str, Any]]) -> None:
    """The same of many subjects, in one go; `told`: their data."""
    common = {"workspace_id": caller.workspace_id, "actor": caller.name, "action": action}
    rows = [{"id": new_id(), **common, "subject": subject, "data": dict(data)} for subject, data in told.items()]
    if rows:
        await session.execute(insert(AuditEvent), rows)


async def list_entries(session: AsyncSession, *, cursor: str | None = None, limit: int = 50) -> Page[AuditEntry]:
    """Newest first."""
    query = select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(limit + 1)
    if cursor:
        query = query.where(AuditEvent.seq < decode_cursor(cursor, int)[0])
    rows, following = cut((await session.scalars(query)).all(), limit, lambda row: (row.seq,))
    return Page(data=[AuditEntry.model_validate(row) for row in rows], next_cursor=following)


async def verify(session: AsyncSession) -> AuditVerdict:
    """Whether every entry is as it was written. A cut-off end shows only to who kept an earlier `head`."""
    broken_at = await session.scalar(_FIRST_BREAK)
    last = (await session.execute(select(AuditEvent.seq, AuditEvent.hash).order_by(AuditEvent.seq.desc()).limit(1))).first()
    return AuditVerdict(
        valid=broken_at is None,
        broken_at=broken_at,
        entries=last.seq if last else 0,
        head=last.hash.hex() if last else None,
    )
