"""Changing a post that waits: another time, other content. Only while nothing of it has begun."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Conflict, NotFound
from ocma.features.media.library import Library, find_media
from ocma.features.posts.models import Post
from ocma.features.posts.variants import media_ids
from ocma.features.publishing.jobs import is_open, lock
from ocma.features.publishing.models import Publication
from ocma.features.publishing.plan import CHANNEL, check_content
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller

_OVER = frozenset({"published", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post and its publications, locked: until the transaction ends nobody claims, cancels or edits them."""

    post: Post
    publications: list[Publication]


@dataclass(frozen=True, slots=True)
class Edit:
    """The post as it shall be. `moved`: a time was named; then it is due at `at`, or now when that is past."""

    content: Mapping[str, Any]
    variants: Mapping[str, Any]
    details: Mapping[str, Any]
    moved: bool
    at: datetime
    wall_time: datetime
    timezone: str
    on_unknown: str | None = None
    max_attempts: int | None = None


async def check_waiting(session: AsyncSession, post_id: UUID) -> Post:
    """Without a lock, for what is slow and would be in vain. Raises NotFound; Conflict when something of it has begun."""
    rows = (await session.scalars(select(Publication).where(Publication.post_id == post_id))).all()
    return await _waiting(session, post_id, rows)


async def lock_waiting(session: AsyncSession, post_id: UUID) -> Waiting:
    """Raises NotFound; Conflict when something of it has begun, a claim of this very moment included."""
    rows = await lock(session, post_id)
    return Waiting(await _waiting(session, post_id, rows), rows)


async def _waiting(session: AsyncSession, post_id: UUID, rows: Sequence[Publication]) -> Post:
    post = await session.get(Post, post_id, populate_existing=True)
    if post is None:
        raise NotFound("There is no such job in this workspace.")
    states = {each.state for each in rows}
    if states <= _OVER:
        message = f"This job is over ({', '.join(sorted(states))}); it cannot be changed any more."
        raise Conflict(message, code="notEditable", remediation="Schedule a new post.")
    sent = exists().where(Publication.post_id == post_id, is_open())
    if states != {"scheduled"} or any(_begun(each) for each in rows) or await session.scalar(select(sent)):
        message = "Something of this job has begun; it cannot be changed any more."
        remediation = "See GET /api/queue/jobs/{jobId}. POST …/cancel ends what has not begun; then schedule a new post."
        raise Conflict(message, code="notEditable", remediation=remediation)
    return post


def _begun(publication: Publication) -> bool:
    """A part is live, or accepted and about to be."""
    return bool(publication.progress.get("parts") or publication.progress.get("processing"))


async def edit(
    session: AsyncSession, caller: Caller, library: Library, waiting: Waiting, wanted: Edit, now: datetime
) -> list[str]:
    """What the platforms advise. Raises Invalid with all issues of all platforms at once."""
    post, advice = waiting.post, list[str]()
    other_content = (post.content, post.variants) != (wanted.content, wanted.variants)
    if other_content:
        media = await find_media(session, media_ids(wanted.content, wanted.variants))
        platforms = {each.platform for each in waiting.publications}
        advice = check_content(wanted.content, wanted.variants, platforms, media, library)
    _change_post(post, wanted, now)
    for publication in waiting.publications:
        _change(publication, wanted, now, other_content=other_content)
    await session.flush()
    data = {"content": other_content, "moved": wanted.moved, "scheduledAt": wanted.at.isoformat()}
    await audit.record(session, caller, "post.updated", str(post.id), data)
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return advice


def _change_post(post: Post, wanted: Edit, now: datetime) -> None:
    post.content, post.variants, post.details = dict(wanted.content), dict(wanted.variants), dict(wanted.details)
    post.scheduled_at, post.wall_time, post.timezone = wanted.at, wanted.wall_time, wanted.timezone
    post.updated_at = now


def _change(publication: Publication, wanted: Edit, now: datetime, *, other_content: bool) -> None:
    """What was prepared for other content is of no use; tries begin anew with another time or content."""
    if wanted.moved or other_content:
        publication.tries, publication.error = 0, None
    if other_content:
        publication.progress = {}
    if wanted.moved:
        publication.scheduled_at = publication.due_at = max(wanted.at, now)
        publication.hold = None if publication.hold == "late" else publication.hold
    publication.on_unknown = wanted.on_unknown or publication.on_unknown
    publication.max_attempts = wanted.max_attempts or publication.max_attempts
