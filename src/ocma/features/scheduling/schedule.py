"""From a request to a plan: times become instants, files become media, the parts become content."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from ocma.clock import Clock
from ocma.errors import OcmaError
from ocma.features.media.library import Library, find_media
from ocma.features.posts import content
from ocma.features.posts.models import Post
from ocma.features.posts.variants import media_ids
from ocma.features.publishing.fitting import order_ahead
from ocma.features.publishing.plan import Draft, Planned, examine, plan
from ocma.features.publishing.schemas import Schedule
from ocma.features.scheduling.times import Moment, check_horizon, moment
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.models import Workspace
from ocma.infra.database import FAILURES, Database
from ocma.platforms.registry import get_connector

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What scheduling works with, in one hand. `horizon`: how far ahead a post may be scheduled."""

    database: Database
    library: Library
    clock: Clock
    horizon: timedelta = timedelta(days=1830)


async def schedule(
    calendar: Calendar, caller: Caller, wanted: Schedule, request_key: str | None = None, *, dry_run: bool = False
) -> Planned:
    """Raises Invalid with all that is wrong. A dry run checks everything (but does not fetch `mediaUrls`) and writes nothing."""
    workspace = await _workspace(calendar, caller)
    when = _moment(calendar, wanted, workspace.timezone)
    fetched = [] if dry_run else await fetch(calendar, caller, wanted.media_urls)
    draft = _draft(wanted, when, fetched, wanted.on_unknown or workspace.on_unknown, request_key)
    async with calendar.database.transaction(caller.workspace_id) as session:
        write = examine if dry_run else plan
        planned = await write(session, caller, calendar.library, draft, calendar.clock())
    if not dry_run:
        await prepare_files(calendar, planned.post, {each.platform for each in planned.publications})
    planned.warnings.extend([*([when.note] if when.note else []), *([_PAUSED] if workspace.paused_at else [])])
    return planned


_PAUSED = "The workspace is paused: nothing goes out until it is resumed."


async def prepare_files(calendar: Calendar, post: Post, platforms: Collection[str]) -> None:
    """Renditions are ordered long before they are needed. The post is written by now: what fails here is made when it is due."""
    ids = media_ids(post.content, post.variants)
    try:
        async with calendar.database.transaction(post.workspace_id) as session:
            media = await find_media(session, ids)
        await order_ahead(calendar.library, post.content, post.variants, platforms, media)
    except (OcmaError, *FAILURES) as error:
        log.warning("renditions.notOrdered", post=str(post.id), error=type(error).__name__)


async def _workspace(calendar: Calendar, caller: Caller) -> Workspace:
    async with calendar.database.transaction(caller.workspace_id) as session:
        return (await session.scalars(select(Workspace))).one()


def _moment(calendar: Calendar, wanted: Schedule, zone: str) -> Moment:
    now = calendar.clock()
    when = moment(now.astimezone(UTC) if wanted.scheduled_at == "now" else wanted.scheduled_at, wanted.timezone or zone)
    check_horizon(when.at, now, calendar.horizon)
    return when


async def fetch(calendar: Calendar, caller: Caller, urls: Sequence[str]) -> list[UUID]:
    """The files that `mediaUrls` name, kept as media."""
    found = [await calendar.library.fetch(caller, url, f"mediaUrls.{index}") for index, url in enumerate(urls)]
    return [each.id for each in found]


def _draft(wanted: Schedule, when: Moment, fetched: list[UUID], on_unknown: str, request_key: str | None) -> Draft:
    return Draft(
        content=content.content(wanted, fetched),
        variants=content.variants(wanted.variants),
        details=wanted.metadata.model_dump(by_alias=True, exclude_none=True),
        platforms=wanted.platforms,
        account_ids=wanted.account_ids,
        scheduled_at=when.at,
        wall_time=when.wall_time,
        timezone=when.timezone,
        on_unknown=on_unknown,
        max_attempts=wanted.max_attempts,
        request_key=request_key,
        request_hash=hashlib.sha256(wanted.model_dump_json().encode()).hexdigest(),
    )


def names(wanted: Schedule) -> dict[str, str]:
    """What the caller calls each platform, by its key."""
    return {get_connector(name).manifest.key: name for name in wanted.platforms}
