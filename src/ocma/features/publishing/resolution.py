"""A person's answer where no platform gives one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Conflict, Invalid, Issue, NotFound
from ocma.features.posts.models import Post
from ocma.features.posts.variants import laid_over
from ocma.features.publishing.models import Attempt, Publication
from ocma.features.publishing.plan import CHANNEL
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller

Outcome = Literal["published", "notPublished"]


@dataclass(frozen=True, slots=True)
class Answer:
    """`post_id` is the platform's; without it the URL stands for the post."""

    outcome: Outcome
    post_id: str | None = None
    url: str | None = None


async def resolve(
    session: AsyncSession, caller: Caller, post_id: UUID, publication_id: UUID, answer: Answer, now: datetime
) -> None:
    """Settles an `unknown` publication that nobody works on. Raises Conflict in any other state, Invalid without an id."""
    publication = await session.scalar(
        select(Publication).where(Publication.id == publication_id, Publication.post_id == post_id).with_for_update()
    )
    if publication is None:
        raise NotFound("There is no such publication in this job.")
    if publication.state != "unknown" or publication.lease_until is not None:
        state = "being looked for right now" if publication.lease_until else publication.state
        raise Conflict(f"This publication is {state}; only an unknown one can be resolved.", code="notUnknown")
    part = len(publication.progress.get("parts", []))
    values = await _values(session, publication, part, answer, now)
    for name, value in values.items():
        setattr(publication, name, value)
    await audit.record(session, caller, "publication.resolved", str(publication_id), {"outcome": answer.outcome})
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


async def _values(session: AsyncSession, publication: Publication, part: int, answer: Answer, now: datetime) -> dict[str, Any]:
    sent = select(Attempt).where(Attempt.publication_id == publication.id, Attempt.part == part)
    attempts = (await session.scalars(sent.order_by(Attempt.started_at))).all()
    if any(each.state == "published" for each in attempts):  # the platform answered after all: that is adopted
        return {"due_at": now}
    if answer.outcome == "published":
        return await _live(session, publication, list(attempts), answer, now)
    for each in attempts:
        if each.state in {"sending", "processing", "unknown"}:
            each.state, each.finished_at = "absent", now
    return {"state": "scheduled", "due_at": now, "progress": _settled(publication), "error": None}


def _settled(publication: Publication) -> dict[str, Any]:
    """What a person decided on is not asked for any more."""
    return {name: each for name, each in publication.progress.items() if name != "processing"}


async def _live(
    session: AsyncSession, publication: Publication, attempts: list[Attempt], answer: Answer, now: datetime
) -> dict[str, Any]:
    """With parts still to come the next one replies to this, so its id is needed; else the publication is published."""
    post = await session.get_one(Post, publication.post_id)
    parts = [*publication.progress.get("parts", []), {"id": answer.post_id or answer.url, "url": answer.url}]
    more = len(parts) < len(laid_over(post.content, post.variants, publication.platform))
    if answer.post_id is None and (more or answer.url is None):
        message = "The platform's id of the post is needed" + (", for the next part replies to it." if more else ", or its URL.")
        raise Invalid(message, code="postIdMissing", issues=[Issue("postId", "missingField", message)])
    if attempts:
        last = attempts[-1]
        last.state, last.platform_post_id, last.url, last.finished_at = "published", parts[-1]["id"], answer.url, now
    progress = {**_settled(publication), "parts": parts}
    if more:
        return {"state": "scheduled", "due_at": now, "progress": progress, "error": None}
    live = {"platform_post_id": parts[0]["id"], "url": parts[0]["url"], "published_at": now}
    return {"state": "published", "due_at": None, "progress": progress, "error": None, **live}
