"""From a request to an edit of a post that waits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.posts.content import variants
from ocma.features.posts.models import Post
from ocma.features.publishing import edits, jobs
from ocma.features.publishing.edits import Edit
from ocma.features.publishing.jobs import Job
from ocma.features.publishing.schemas import JobChange
from ocma.features.scheduling import content
from ocma.features.scheduling.schedule import Calendar, fetch, prepare_files
from ocma.features.scheduling.times import Moment, check_horizon, moment
from ocma.features.workspaces.caller import Caller


async def change(
    calendar: Calendar, caller: Caller, post_id: UUID, wanted: JobChange, *, dry_run: bool = False
) -> tuple[Job, list[str]]:
    """The job as it is then, and warnings. Raises Conflict when something of it has begun, Invalid with all that is wrong.

    A dry run checks everything (but does not fetch `mediaUrls`) and writes nothing.
    """
    async with calendar.database.transaction(caller.workspace_id) as session:
        await edits.check_waiting(session, post_id)  # a file for a post that is over need not be fetched
    fetched = [] if dry_run else await fetch(calendar, caller, wanted.media_urls or ())
    async with calendar.database.transaction(caller.workspace_id) as session:
        job, notes = await _edit(session, calendar, caller, post_id, wanted, fetched)
        if dry_run:
            session.expunge_all()  # what is shown stays as it would be
            await session.rollback()
    if not dry_run:
        await prepare_files(calendar, job.post, {each.platform for each in job.publications})
    return job, notes


async def _edit(
    session: AsyncSession, calendar: Calendar, caller: Caller, post_id: UUID, wanted: JobChange, fetched: list[UUID]
) -> tuple[Job, list[str]]:
    waiting, now = await edits.lock_waiting(session, post_id), calendar.clock()
    when = _moment(waiting.post, wanted, calendar, now)
    notes = [when.note] if when and when.note else []
    if wanted.model_fields_set:
        change = _wanted(waiting.post, wanted, when, fetched)
        notes += await edits.edit(session, caller, calendar.library, waiting, change, now)
    return await jobs.get_job(session, post_id), notes


def _moment(post: Post, wanted: JobChange, calendar: Calendar, now: datetime) -> Moment | None:
    """None: it is not moved. Another time zone alone moves the same wall time there."""
    if wanted.scheduled_at is None and wanted.timezone is None:
        return None
    value = now if wanted.scheduled_at == "now" else wanted.scheduled_at or post.wall_time
    when = moment(value, wanted.timezone or post.timezone)
    check_horizon(when.at, now, calendar.horizon)
    return when


def _wanted(post: Post, wanted: JobChange, when: Moment | None, fetched: list[UUID]) -> Edit:
    details: dict[str, Any] | None = wanted.metadata and wanted.metadata.model_dump(by_alias=True, exclude_none=True)
    return Edit(
        content=content.changed(post.content, wanted, fetched),
        variants=post.variants if wanted.variants is None else variants(wanted.variants),
        details=post.details if details is None else details,
        moved=when is not None,
        at=when.at if when else post.scheduled_at,
        wall_time=when.wall_time if when else post.wall_time,
        timezone=when.timezone if when else post.timezone,
        on_unknown=wanted.on_unknown,
        max_attempts=wanted.max_attempts,
    )
