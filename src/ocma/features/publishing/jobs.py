"""A post's publications seen as one job: state, timeline, and what a person may do to it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, literal, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from ocma.clock import Clock
from ocma.errors import Conflict, NotFound
from ocma.features.posts.models import Post
from ocma.features.publishing import holds
from ocma.features.publishing.holds import Hold
from ocma.features.publishing.models import Attempt, Event, Publication
from ocma.features.publishing.plan import CHANNEL
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller

Row = TypeVar("Row")
JobStatus = Literal["pending", "processing", "completed", "partial", "failed", "cancelled"]
WAITING, OVER = frozenset({"scheduled"}), frozenset({"published", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Job:
    post: Post
    publications: list[Publication]
    attempts: list[Attempt]
    holds: dict[UUID, Hold] = field(default_factory=dict[UUID, Hold])

    @property
    def status(self) -> JobStatus:
        return job_status([each.state for each in self.publications])


def job_status(states: Sequence[str]) -> JobStatus:
    """Derived, never stored. Partial: all is over and some of it is live."""
    kinds = set(states)
    if kinds <= {"cancelled"}:
        return "cancelled"
    if kinds <= WAITING | {"cancelled"}:
        return "pending"
    if not kinds <= OVER:
        return "processing"
    if "published" not in kinds:
        return "failed"
    return "completed" if kinds <= {"published", "cancelled"} else "partial"


async def get_job(session: AsyncSession, post_id: UUID) -> Job:
    post = await session.get(Post, post_id)
    if post is None:
        raise NotFound("There is no such job in this workspace.")
    return (await _gather(session, [post]))[0]


async def list_jobs(
    session: AsyncSession,
    *,
    status: JobStatus | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Job]:
    """Latest scheduled first; `before` is (scheduled_at, id) of the last one seen."""
    query: Select[Post] = select(Post).order_by(Post.scheduled_at.desc(), Post.id.desc()).limit(limit)
    if since:
        query = query.where(Post.scheduled_at >= since)
    if until:
        query = query.where(Post.scheduled_at < until)
    if before:
        query = query.where(tuple_(Post.scheduled_at, Post.id) < before)
    if status:
        query = query.where(text(_STATUS[status]))
    return await _gather(session, (await session.scalars(query)).all())


_OWN = "SELECT FROM publications p WHERE p.post_id = posts.id AND p.state"
_STATUS: dict[JobStatus, str] = {
    "cancelled": f"NOT EXISTS ({_OWN} <> 'cancelled')",
    "pending": f"EXISTS ({_OWN} = 'scheduled') AND NOT EXISTS ({_OWN} NOT IN ('scheduled', 'cancelled'))",
    "processing": f"EXISTS ({_OWN} IN ('scheduled', 'publishing', 'unknown'))"
    f" AND EXISTS ({_OWN} NOT IN ('scheduled', 'cancelled'))",
    "completed": f"EXISTS ({_OWN} = 'published') AND NOT EXISTS ({_OWN} NOT IN ('published', 'cancelled'))",
    "partial": f"EXISTS ({_OWN} = 'published') AND EXISTS ({_OWN} = 'failed')"
    f" AND NOT EXISTS ({_OWN} IN ('scheduled', 'publishing', 'unknown'))",
    "failed": f"EXISTS ({_OWN} = 'failed') AND NOT EXISTS ({_OWN} NOT IN ('failed', 'cancelled'))",
}


async def _gather(session: AsyncSession, posts: Sequence[Post]) -> list[Job]:
    ids = [post.id for post in posts]
    own_rows = _of(Publication, Publication.post_id, ids).order_by(Publication.id)
    publications = (await session.scalars(own_rows.execution_options(populate_existing=True))).all()  # triggers change rows, too
    sent = _of(Attempt, Attempt.publication_id, [each.id for each in publications])
    attempts = (await session.scalars(sent.order_by(Attempt.started_at, Attempt.id))).all()
    held = await holds.find_holds(session, publications)
    jobs: list[Job] = []
    for post in posts:
        own = [each for each in publications if each.post_id == post.id]
        own_ids = {each.id for each in own}
        own_holds: dict[UUID, Hold] = {each: held[each] for each in own_ids & held.keys()}
        jobs.append(Job(post, own, [each for each in attempts if each.publication_id in own_ids], own_holds))
    return jobs


def _of(model: type[Row], column: InstrumentedAttribute[UUID], ids: Sequence[UUID]) -> Select[Row]:
    return select(model).where(column.in_(ids))


async def list_events(session: AsyncSession, post_id: UUID) -> Sequence[Event]:
    """The timeline, oldest first."""
    return (await session.scalars(select(Event).where(Event.post_id == post_id).order_by(Event.id))).all()


_CUT_SHORT = literal(
    {
        "code": "cancelled",
        "detail": "Cancelled when the platform had taken a part of it already.",
        "remediation": "What is live stays: delete it on the platform, or send the rest with POST /api/queue/jobs/{jobId}/retry.",
    },
    JSONB,
)


def _unless_begun(then: Any, otherwise: Any) -> Any:
    """What is live or accepted in part was not cancelled: it failed to become whole."""
    untouched = and_(Publication.progress["parts"].is_(None), Publication.progress["processing"].is_(None))
    return case((untouched, then), else_=otherwise)


def is_open() -> ColumnElement[bool]:
    """A send of it may have been accepted: nobody may change or drop what it is looked for by."""
    return exists().where(Attempt.publication_id == Publication.id, Attempt.state.in_(("sending", "unknown", "processing")))


async def lock(session: AsyncSession, *post_ids: UUID) -> list[Publication]:
    """Jobs' publications as they are now; nobody claims, edits or cancels them until this transaction ends.

    Always in the order of their ids, so that two people never wait for each other.
    """
    query = select(Publication).where(Publication.post_id.in_(post_ids)).order_by(Publication.id).with_for_update()
    return list(await session.scalars(query.execution_options(populate_existing=True)))


async def cancel(session: AsyncSession, caller: Caller, post_id: UUID) -> Job:
    """What has not begun does not happen. Raises Conflict when everything has begun or is over."""
    cancelled = await _cancel(session, [post_id])
    job = await get_job(session, post_id)
    if not cancelled:
        raise Conflict(f"This job is {job.status}; nothing of it can be cancelled any more.", code="notCancellable")
    await _record_cancelled(session, caller, cancelled)
    return job


async def cancel_all(session: AsyncSession, caller: Caller, post_ids: Sequence[UUID]) -> int:
    """The same of many jobs, in as many statements as one takes. Returns of how many something was cancelled."""
    cancelled = await _cancel(session, post_ids)
    await _record_cancelled(session, caller, cancelled)
    return len(cancelled)


async def _cancel(session: AsyncSession, post_ids: Sequence[UUID]) -> Counter[UUID]:
    """How many publications of each job."""
    await lock(session, *post_ids)
    changed = await session.scalars(
        update(Publication)
        .where(Publication.post_id.in_(post_ids), Publication.state == "scheduled", ~is_open())
        .values(state=_unless_begun("cancelled", "failed"), due_at=None, error=_unless_begun(Publication.error, _CUT_SHORT))
        .returning(Publication.post_id)
    )
    return Counter(changed.all())


async def _record_cancelled(session: AsyncSession, caller: Caller, cancelled: Counter[UUID]) -> None:
    told = {str(post_id): {"publications": count} for post_id, count in cancelled.items()}
    await audit.record_all(session, caller, "post.cancelled", told)


async def retry(session: AsyncSession, caller: Caller, clock: Clock, post_id: UUID, only: UUID | None = None) -> Job:
    """Failed parts only, from where they stopped; what is live stays. Raises Conflict when nothing has failed."""
    await lock(session, post_id)
    query = update(Publication).where(Publication.post_id == post_id, Publication.state == "failed")
    if only:
        query = query.where(Publication.id == only)
    values = {"state": "scheduled", "due_at": clock(), "tries": 0, "lapses": 0, "error": None}
    again = (await session.scalars(query.values(**values).returning(Publication.id))).all()
    job = await get_job(session, post_id)
    if not again:
        raise Conflict(f"This job is {job.status}; nothing of it has failed.", code="nothingFailed")
    await audit.record(session, caller, "post.retried", str(post_id), {"publications": len(again)})
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return job


async def resume(session: AsyncSession, caller: Caller, clock: Clock, post_id: UUID) -> Job:
    """Sends what is held for being late: a person wants it all the same. Raises Conflict when nothing is."""
    late = [each for each in await lock(session, post_id) if each.hold == "late"]
    for each in late:
        each.hold, each.due_at = None, clock()
    await session.flush()
    job = await get_job(session, post_id)
    if not late:
        reasons = sorted(set(job.holds.values()))
        remediation = holds.REMEDIES[reasons[0]] if reasons else None
        message = f"This job is {job.status}; nothing of it is held for being late."
        raise Conflict(message, code="notLate", remediation=remediation)
    await audit.record(session, caller, "post.resumed", str(post_id), {"publications": len(late)})
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return job
