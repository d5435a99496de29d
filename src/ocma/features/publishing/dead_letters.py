"""What failed for good: kept with its reason, and tried again when a person says so."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.errors import NotFound
from ocma.features.publishing.jobs import Job, retry
from ocma.features.publishing.models import Attempt, Publication
from ocma.features.publishing.plan import CHANNEL
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller


@dataclass(frozen=True, slots=True)
class Filter:
    """Which dead letters: those that match everything given. `platform` is a key; `code` is that of the error, or its kind."""

    platform: str | None = None
    account_id: UUID | None = None
    code: str | None = None
    ids: Sequence[UUID] | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        error = Publication.error
        known = [
            (self.platform, Publication.platform == self.platform),
            (self.account_id, Publication.account_id == self.account_id),
            (self.code, or_(error["code"].astext == self.code, error["kind"].astext == self.code)),
            (self.ids, Publication.id.in_(self.ids or ())),
        ]
        return [Publication.state == "failed", *(condition for value, condition in known if value is not None)]


@dataclass(frozen=True, slots=True)
class Requeued:
    """`remaining`: dead letters that match and are still dead. `skipped`: ids that were named and are not dead letters."""

    requeued: int
    remaining: int
    skipped: list[UUID]


async def list_dead(
    session: AsyncSession, wanted: Filter, *, before: tuple[datetime, UUID] | None = None, limit: int = 50
) -> list[tuple[Publication, list[Attempt]]]:
    """Newest first; `before` is (updated_at, id) of the last one seen."""
    query = select(Publication).where(*wanted.conditions())
    if before:
        query = query.where(tuple_(Publication.updated_at, Publication.id) < before)
    query = query.order_by(Publication.updated_at.desc(), Publication.id.desc()).limit(limit)
    rows = (await session.scalars(query)).all()
    attempts = await _attempts(session, [row.id for row in rows])
    return [(row, [each for each in attempts if each.publication_id == row.id]) for row in rows]


async def _attempts(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Attempt]:
    query = select(Attempt).where(Attempt.publication_id.in_(ids)).order_by(Attempt.started_at, Attempt.id)
    return (await session.scalars(query)).all()


async def requeue(session: AsyncSession, caller: Caller, clock: Clock, publication_id: UUID) -> Job:
    """Raises Conflict unless it has failed."""
    publication = await session.get(Publication, publication_id)
    if publication is None:
        raise NotFound("There is no such publication in this workspace.")
    return await retry(session, caller, clock, publication.post_id, publication_id)


async def requeue_all(
    session: AsyncSession, caller: Caller, clock: Clock, wanted: Filter, limit: int, *, dry_run: bool = False
) -> Requeued:
    """Tries those that match again, the oldest first, at most `limit`; call it again while some remain."""
    matching = (await session.scalar(select(func.count()).select_from(Publication).where(*wanted.conditions()))) or 0
    skipped = await _skipped(session, wanted)
    if dry_run:
        again = min(matching, limit)
        return Requeued(again, matching - again, skipped)
    again = await _requeue(session, clock, wanted, limit)
    if again:
        data = {key: str(value) for key, value in asdict(wanted).items() if value is not None and key != "ids"}
        await audit.record(session, caller, "publications.requeued", "", {**data, "publications": again})
        await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return Requeued(again, max(matching - again, 0), skipped)


async def _requeue(session: AsyncSession, clock: Clock, wanted: Filter, limit: int) -> int:
    """What somebody else is requeueing this moment is left to them."""
    oldest = select(Publication.id).where(*wanted.conditions()).order_by(Publication.updated_at, Publication.id).limit(limit)
    chosen = oldest.with_for_update(skip_locked=True).cte("chosen")
    query = update(Publication).where(Publication.id == chosen.c.id).returning(Publication.id)
    values = {"state": "scheduled", "due_at": clock(), "tries": 0, "lapses": 0, "error": None}
    return len((await session.scalars(query.values(**values), execution_options={"synchronize_session": False})).all())


async def _skipped(session: AsyncSession, wanted: Filter) -> list[UUID]:
    if wanted.ids is None:
        return []
    found = set(await session.scalars(select(Publication.id).where(*wanted.conditions())))
    return [each for each in dict.fromkeys(wanted.ids) if each not in found]
