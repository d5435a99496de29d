"""Writes that carry an Idempotency-Key: reserved before, answered again after. Kept for 24 hours."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ocma.clock import Clock
from ocma.errors import Conflict, Invalid, Issue
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.models import IdempotentRequest as Row
from ocma.infra.database import Database
from ocma.infra.vault import Place, Vault

KEPT = timedelta(hours=24)
ABANDONED = timedelta(seconds=60)  # without a sign of life


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    media_type: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Reservation:
    """Ours to work on. `started_at` is the fence: who took over after us has a later one."""

    workspace_id: UUID
    caller: str
    key: str
    started_at: datetime

    def is_row(self) -> ColumnElement[bool]:
        same = and_(Row.workspace_id == self.workspace_id, Row.caller == self.caller, Row.key == self.key)
        return and_(same, Row.started_at == self.started_at, Row.finished_at.is_(None))


async def reserve(
    database: Database, vault: Vault, caller: Caller, key: str, fingerprint: bytes, clock: Clock
) -> Reservation | Answer:
    """The first answer if there is one. Raises Invalid for another body, Conflict while the first is still running."""
    now = clock()
    over = Row.started_at < now - KEPT
    abandoned = and_(Row.finished_at.is_(None), Row.started_at < now - ABANDONED, Row.fingerprint == fingerprint)
    fresh = {"fingerprint": fingerprint, "started_at": now, "finished_at": None, "status": None, "media_type": None, "body": None}
    place = {"workspace_id": caller.workspace_id, "caller": caller.name, "key": key}
    query = (
        insert(Row)
        .values(**place, **fresh)
        .on_conflict_do_update(index_elements=["workspace_id", "caller", "key"], set_=fresh, where=or_(over, abandoned))
        .returning(Row.started_at)
    )
    async with database.transaction(caller.workspace_id) as session:
        if await session.scalar(query) is not None:
            return Reservation(caller.workspace_id, caller.name, key, now)
        row = await session.scalar(select(Row).filter_by(**place))
    return _first_answer(row, vault, fingerprint)


def _first_answer(row: Row | None, vault: Vault, fingerprint: bytes) -> Answer:
    if row is not None and row.fingerprint != fingerprint:
        raise Invalid(
            "This Idempotency-Key was used for another request.",
            code="idempotencyKeyReused",
            issues=[Issue("Idempotency-Key", "idempotencyKeyReused", "Used for another request.")],
            remediation="Make a new key for every new request; repeat one only with the very same request.",
        )
    if row is None or row.finished_at is None or row.status is None:
        raise Conflict(
            "The first request with this Idempotency-Key is still running.",
            code="idempotencyInProgress",
            remediation="Ask again in a moment.",
            retry_after=1,
        )
    body = vault.decrypt(row.body, _place(row.workspace_id, row.caller, row.key)) if row.body else ""
    return Answer(row.status, row.media_type, body.encode())


async def keep_alive(database: Database, held: Reservation, clock: Clock) -> Reservation:
    """Says that the work goes on; without it for 60 s, a repetition takes over."""
    now = clock()
    async with database.transaction(held.workspace_id) as session:
        await session.execute(update(Row).where(held.is_row()).values(started_at=now))
    return Reservation(held.workspace_id, held.caller, held.key, now)


async def finish(database: Database, vault: Vault, held: Reservation, answer: Answer, clock: Clock) -> None:
    """Encrypted: an answer may hold a new API key, which is nowhere else."""
    place = _place(held.workspace_id, held.caller, held.key)
    body = vault.encrypt(answer.body.decode(), place) if answer.body else None
    values = {"finished_at": clock(), "status": answer.status, "media_type": answer.media_type, "body": body}
    async with database.transaction(held.workspace_id) as session:
        await session.execute(update(Row).where(held.is_row()).values(values))


async def release(database: Database, held: Reservation) -> None:
    """It failed, and may be tried again under the same key."""
    async with database.transaction(held.workspace_id) as session:
        await session.execute(delete(Row).where(held.is_row()))


def _place(workspace_id: UUID, caller: str, key: str) -> Place:
    row_id = UUID(bytes=hashlib.sha256(f"{caller}\n{key}".encode()).digest()[:16])
    return Place(workspace_id, row_id, "idempotent_requests.body")
