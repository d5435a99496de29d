"""/api/queue: schedule, and see what becomes of it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from sse_starlette import EventSourceResponse, ServerSentEvent

from ocma.bootstrap import Resources
from ocma.entrypoints.api.dependencies import ResourcesDep, is_still, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.features.paging import cut, decode_cursor
from ocma.features.publishing import dead_letters, jobs, resolution, statistics, stream
from ocma.features.publishing.dead_letters import Filter
from ocma.features.publishing.jobs import JobStatus
from ocma.features.publishing.resolution import Answer
from ocma.features.publishing.schemas import (
    Changed,
    JobChange,
    JobView,
    PublicationView,
    Requeue,
    Requeued,
    Resolve,
    Schedule,
    Scheduled,
    Timeline,
    changed,
    job_view,
    publication_view,
    scheduled,
    timeline,
)
from ocma.features.publishing.statistics import Statistics
from ocma.features.scheduling.changes import change
from ocma.features.scheduling.schedule import Calendar, names, schedule
from ocma.features.schema import Instant, Page
from ocma.features.workspaces.caller import Caller
from ocma.platforms.registry import get_connector

LIFETIME = 600.0  # seconds of a stream of events
router = APIRouter(prefix="/api/queue", tags=["queue"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("posts:read")]
Writer = Annotated[Caller, needs("posts:write")]
Cursor = Annotated[str | None, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=100)]
DryRun = Annotated[bool, Query(alias="dryRun")]


def _calendar(resources: Resources) -> Calendar:
    horizon = timedelta(days=resources.settings.schedule_horizon_days)
    return Calendar(resources.database, resources.library, resources.clock, horizon)


@router.post("/schedule", status_code=202)
async def schedule_post(
    resources: ResourcesDep,
    caller: Writer,
    body: Schedule,
    dry_run: DryRun = False,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> Scheduled:
    """Plans a post on one or many accounts. Everything is checked first; either all of it is planned or nothing."""
    request_key = f"{caller.name}:{idempotency_key}" if idempotency_key else None
    planned = await schedule(_calendar(resources), caller, body, request_key, dry_run=dry_run)
    if resources.tracing is not None and not dry_run:
        resources.tracing.planned(planned.post.id, [each.id for each in planned.publications])
    return scheduled(planned, names(body), dry_run=dry_run)


@router.get("/jobs")
async def list_jobs(
    resources: ResourcesDep,
    caller: Reader,
    status: JobStatus | None = None,
    since: Annotated[Instant | None, Query(alias="from")] = None,
    until: Annotated[Instant | None, Query(alias="to")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[JobView]:
    """Latest scheduled first."""
    before = decode_cursor(cursor, Instant, UUID) if cursor else None
    async with resources.database.transaction(caller.workspace_id) as session:
        found = await jobs.list_jobs(session, status=status, since=since, until=until, before=before, limit=limit + 1)
    rows, following = cut(found, limit, lambda row: (row.post.scheduled_at, row.post.id))
    return Page(data=[job_view(row) for row in rows], next_cursor=following)


@router.get("/jobs/{job_id}")
async def show_job(resources: ResourcesDep, caller: Reader, job_id: UUID) -> JobView:
    async with resources.database.transaction(caller.workspace_id) as session:
        return job_view(await jobs.get_job(session, job_id))


@router.patch("/jobs/{job_id}")
async def change_job(resources: ResourcesDep, caller: Writer, job_id: UUID, body: JobChange, dry_run: DryRun = False) -> Changed:
    """Moves a post, or edits it, while nothing of it has begun. Everything is checked first; 409 when it is too late."""
    job, warnings = await change(_calendar(resources), caller, job_id, body, dry_run=dry_run)
    return changed(job, warnings, dry_run=dry_run)


@router.get("/jobs/{job_id}/timeline")
async def show_timeline(resources: ResourcesDep, caller: Reader, job_id: UUID) -> Timeline:
    """Every change of state and every publishing call: when, and what the platform said."""
    async with resources.database.transaction(caller.workspace_id) as session:
        job = await jobs.get_job(session, job_id)
        return timeline(job, list(await jobs.list_events(session, job_id)))


@router.post("/jobs/{job_id}/cancel")
async def cancel_job(resources: ResourcesDep, caller: Writer, job_id: UUID) -> JobView:
    """What has not begun does not happen."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return job_view(await jobs.cancel(session, caller, job_id))


@router.post("/jobs/{job_id}/resume")
async def resume_job(resources: ResourcesDep, caller: Writer, job_id: UUID) -> JobView:
    """Sends now what is held for being late."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return job_view(await jobs.resume(session, caller, resources.clock, job_id))


@router.post("/jobs/{job_id}/retry")
async def retry_job(resources: ResourcesDep, caller: Writer, job_id: UUID) -> JobView:
    """Tries failed publications again, from where they stopped."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return job_view(await jobs.retry(session, caller, resources.clock, job_id))


@router.post("/jobs/{job_id}/publications/{publication_id}/resolve")
async def resolve_publication(
    resources: ResourcesDep, caller: Writer, job_id: UUID, publication_id: UUID, body: Resolve
) -> JobView:
    """A person says what became of a publication whose outcome no platform tells."""
    now = resources.clock()
    async with resources.database.transaction(caller.workspace_id) as session:
        answer = Answer(body.outcome, body.post_id, body.url)
        await resolution.resolve(session, caller, job_id, publication_id, answer, now)
        return job_view(await jobs.get_job(session, job_id))


@router.get("/dead")
async def list_dead(
    resources: ResourcesDep,
    caller: Reader,
    platform: Annotated[str | None, Query(max_length=40)] = None,
    account_id: Annotated[UUID | None, Query(alias="accountId")] = None,
    code: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[PublicationView]:
    """Publications that failed for good, with the reason and what to do; newest first. `code`: of the error, or its kind."""
    before = decode_cursor(cursor, Instant, UUID) if cursor else None
    wanted = Filter(get_connector(platform).manifest.key if platform else None, account_id, code)
    async with resources.database.transaction(caller.workspace_id) as session:
        found = await dead_letters.list_dead(session, wanted, before=before, limit=limit + 1)
    rows, following = cut(found, limit, lambda row: (row[0].updated_at, row[0].id))
    return Page(data=[publication_view(row, attempts) for row, attempts in rows], next_cursor=following)


@router.post("/dead/requeue")
async def requeue_dead_many(resources: ResourcesDep, caller: Writer, body: Requeue, dry_run: DryRun = False) -> Requeued:
    """Tries failed publications again, the oldest first, at most `limit` in one call; `remaining` says how many are left."""
    key = get_connector(body.platform, "platform").manifest.key if body.platform is not None else None
    wanted = Filter(key, body.account_id, body.code, body.ids)
    async with resources.database.transaction(caller.workspace_id) as session:
        done = await dead_letters.requeue_all(session, caller, resources.clock, wanted, body.limit, dry_run=dry_run)
    return Requeued(requeued=done.requeued, remaining=done.remaining, skipped=done.skipped, dry_run=dry_run)


@router.post("/dead/{publication_id}/requeue")
async def requeue_dead(resources: ResourcesDep, caller: Writer, publication_id: UUID) -> JobView:
    """Tries one failed publication again."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return job_view(await dead_letters.requeue(session, caller, resources.clock, publication_id))


@router.get("/stats")
async def show_stats(resources: ResourcesDep, caller: Reader) -> Statistics:
    """What is due, waits, is held, in flight, unknown or dead, and how late posts were; of each platform, too."""

    async def count(session: AsyncSession) -> Statistics:
        return await statistics.get_statistics(session, resources.clock())

    return await resources.reader.read(caller.workspace_id, count)


@router.get("/events", response_class=EventSourceResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def follow_events(
    resources: ResourcesDep,
    request: Request,
    caller: Reader,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=50)] = None,
) -> EventSourceResponse:
    """Server-sent events of every change of state, live. Goes on after `Last-Event-ID`, else begins now.

    A stream ends after ten minutes, and clients come back by themselves. It ends within ten seconds of its key, session or JWT,
    and of its listener's leaving the workspace.
    """
    database, workspace_id = resources.database, caller.workspace_id
    start = stream.parse(last_event_id) if last_event_id else await stream.now(database, workspace_id)

    async def may_go_on() -> bool:
        return await is_still(request, caller, "posts:read")

    async def tell() -> AsyncIterator[ServerSentEvent]:
        async for position, event in stream.follow(database, workspace_id, start, LIFETIME, may_go_on):
            if await request.is_disconnected():
                return
            yield ServerSentEvent(json.dumps(event), event=event["type"], id=str(position))

    return EventSourceResponse(tell(), ping=15)
