"""A person's answer where no platform gives one."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Conflict, NotFound
from ocma.features.posts.models import Post
from ocma.features.publishing.models import Attempt, Publication
from ocma.features.publishing.plan import CHANNEL
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller

Outcome = Literal["published", "notPublished"]


async def resolve(
    session: AsyncSession, caller: Caller, post_id: UUID, publication_id: UUID, outcome: Outcome, url: str | None, now: datetime
) -> None:
    """Settles an `unknown` publication that nobody works on. Raises Conflict in any other state."""
    publication = await session.scalar(
        select(Publication).where(Publication.id == publication_id, Publication.post_id == post_id).with_for_update()
    )
    if publication is None:
        raise NotFound("There is no such publication in this job.")
    if publication.state != "unknown" or publication.lease_until is not None:
        state = "being looked for right now" if publication.lease_until else publication.state
        raise Conflict(f"This publication is {state}; only an unknown one can be resolved.", code="notUnknown")
    values = await (_live if outcome == "published" else _not_live)(session, publication, url, now)
    for name, value in values.items():
        setattr(publication, name, value)
    await audit.record(session, caller, "publication.resolved", str(publication_id), {"outcome": outcome})
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


async def _live(session: AsyncSession, publication: Publication, url: str | None, now: datetime) -> dict[str, Any]:
    """With parts still to come the next one is sent; else it is published."""
    post = await session.get_one(Post, publication.post_id)
    parts = [*publication.progress.get("parts", []), {"id": url or f"resolved:{publication.id}", "url": url}]
    progress = {**publication.progress, "parts": parts}
    if len(parts) < len(post.content["parts"]):
        return {"state": "scheduled", "due_at": now, "progress": progress, "error": None}
    first = parts[0]
    live = {"platform_post_id": first["id"], "url": first["url"], "published_at": now}
    return {"state": "published", "due_at": None, "progress": progress, "error": None, **live}


async def _not_live(session: AsyncSession, publication: Publication, url: str | None, now: datetime) -> dict[str, Any]:
    del url
    await session.execute(
        update(Attempt)
        .where(Attempt.publication_id == publication.id, Attempt.state.in_(("sending", "unknown")))
        .values(state="absent", finished_at=now)
    )
    return {"state": "scheduled", "due_at": now, "error": None}
