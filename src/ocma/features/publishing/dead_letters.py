"""What failed for good: kept with its reason, and tried again when a person says so."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.errors import NotFound
from ocma.features.publishing.jobs import Job, retry
from ocma.features.publishing.models import Attempt, Publication
from ocma.features.workspaces.caller import Caller


async def list_dead(
    session: AsyncSession, *, before: tuple[datetime, UUID] | None = None, limit: int = 50
) -> list[tuple[Publication, list[Attempt]]]:
    """Newest first; `before` is (updated_at, id) of the last one seen."""
    query = select(Publication).where(Publication.state == "failed")
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
