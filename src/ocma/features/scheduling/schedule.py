"""From a request to a plan: times become instants, files become media, the parts become content."""

import hashlib
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ocma.clock import Clock
from ocma.errors import Invalid, Issue
from ocma.features.media.library import Library
from ocma.features.publishing.plan import Draft, Planned, examine, plan
from ocma.features.publishing.schemas import Schedule, ThreadPart
from ocma.features.scheduling.times import Moment, moment
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.models import Workspace
from ocma.infra.database import Database
from ocma.platforms.registry import get_connector


@dataclass(frozen=True, slots=True)
class Calendar:
    """What scheduling works with, in one hand."""

    database: Database
    library: Library
    clock: Clock


async def schedule(
    calendar: Calendar, caller: Caller, wanted: Schedule, request_key: str | None = None, *, dry_run: bool = False
) -> Planned:
    """Raises Invalid with all that is wrong. A dry run checks everything (but does not fetch `mediaUrls`) and writes nothing."""
    workspace = await _workspace(calendar, caller)
    when = _moment(calendar, wanted, workspace.timezone)
    fetched = [] if dry_run else await _fetch(calendar, caller, wanted)
    draft = _draft(wanted, when, fetched, wanted.on_unknown or workspace.on_unknown, request_key)
    async with calendar.database.transaction(caller.workspace_id) as session:
        write = examine if dry_run else plan
        planned = await write(session, caller, calendar.library, draft, calendar.clock())
    planned.warnings.extend([when.note] if when.note else [])
    return planned


async def _workspace(calendar: Calendar, caller: Caller) -> Workspace:
    async with calendar.database.transaction(caller.workspace_id) as session:
        return (await session.scalars(select(Workspace))).one()


def _moment(calendar: Calendar, wanted: Schedule, zone: str) -> Moment:
    value = calendar.clock().astimezone(UTC) if wanted.scheduled_at == "now" else wanted.scheduled_at
    return moment(value, wanted.timezone or zone)


async def _fetch(calendar: Calendar, caller: Caller, wanted: Schedule) -> list[UUID]:
    found = [await calendar.library.fetch(caller, url, f"mediaUrls.{index}") for index, url in enumerate(wanted.media_urls)]
    return [each.id for each in found]


def _draft(wanted: Schedule, when: Moment, fetched: list[UUID], on_unknown: str, request_key: str | None) -> Draft:
    return Draft(
        content={"parts": _parts(wanted, fetched), "options": {}},
        variants=_variants(wanted),
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


def _parts(wanted: Schedule, fetched: list[UUID]) -> list[dict[str, Any]]:
    """The first comment is a reply of one's own: the last part."""
    first = ThreadPart(content=wanted.content, media_ids=[*wanted.media_ids, *fetched])
    comment = [wanted.first_comment] if wanted.first_comment else []
    parts = [each if isinstance(each, ThreadPart) else ThreadPart(content=each) for each in [first, *wanted.thread, *comment]]
    return [{"text": each.content, "mediaIds": [str(one) for one in each.media_ids]} for each in parts]


def _variants(wanted: Schedule) -> dict[str, Any]:
    """By platform key; two names of one platform are one too many."""
    variants: dict[str, Any] = {}
    for name, each in wanted.variants.items():
        key = get_connector(name, f"variants.{name}").manifest.key
        if key in variants:
            message = f"There are two variants for {key}."
            raise Invalid(message, code="variantTwice", issues=[Issue(f"variants.{name}", "variantTwice", message)])
        media = None if each.media_ids is None else [str(one) for one in each.media_ids]
        variants[key] = {"text": each.content, "mediaIds": media, "options": each.options}
    return variants


def names(wanted: Schedule) -> dict[str, str]:
    """What the caller calls each platform, by its key."""
    return {get_connector(name).manifest.key: name for name in wanted.platforms}
