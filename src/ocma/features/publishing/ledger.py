"""What is written down, and when: before a send, after an answer. Every write is fenced by the claim.

The answer to a send is recorded at its attempt even when the claim was lost meanwhile: it is the truth, and whoever settles the
publication reads it there.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Conflict, OcmaError
from ocma.features.accounts.models import Account
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.load import Work
from ocma.features.publishing.models import Attempt, Publication
from ocma.features.publishing.outcomes import describe
from ocma.features.publishing.press import Press
from ocma.ids import new_id
from ocma.platforms.connector import Published
from ocma.platforms.errors import OutcomeUnknown


class ClaimLost(Conflict):
    """Somebody else works on this publication now."""

    code = "claimLost"


async def move(session: AsyncSession, claim: Claim, *conditions: ColumnElement[bool], **values: Any) -> None:
    """Changes the publication under its claim. Raises ClaimLost when it is no longer ours."""
    ours = (Publication.id == claim.id, Publication.attempt == claim.fence, Publication.lease_until.is_not(None))
    query = update(Publication).where(*ours, *conditions)
    if (await session.execute(query.values(**values).returning(Publication.id))).scalar() is None:
        raise ClaimLost


async def free(press: Press, work: Work, state: str, due_at: datetime | None, **values: Any) -> None:
    """Ends the claim: the publication rests in `state`, to be looked at again at `due_at` (None: by a person only)."""
    async with press.database.transaction(work.claim.workspace_id) as session:
        await move(session, work.claim, state=state, due_at=due_at, lease_until=None, taken_at=None, **values)


async def keep_progress(press: Press, work: Work) -> None:
    async with press.database.transaction(work.claim.workspace_id) as session:
        await move(session, work.claim, progress=dict(work.publication.progress))


async def begin_send(press: Press, work: Work, part: int, fingerprint: str) -> UUID:
    """Write-ahead: committed before the call that publishes. Its time is the database's, the one clock all share."""
    values = {
        "id": new_id(),
        "workspace_id": work.claim.workspace_id,
        "publication_id": work.claim.id,
        "account_id": work.claim.account_id,
        "attempt": work.claim.fence,
        "part": part,
        "fingerprint": fingerprint,
        "started_at": func.clock_timestamp(),
    }
    async with press.database.transaction(work.claim.workspace_id) as session:
        await move(session, work.claim, Publication.lease_until > func.clock_timestamp(), taken_at=Publication.taken_at)
        row = await session.scalar(insert(Attempt).values(values).returning(Attempt))
    if row is None:
        raise ClaimLost
    work.attempts.append(row)
    return row.id


async def never_sent(press: Press, work: Work, attempt_id: UUID) -> None:
    """The claim was lost between the write-ahead and the call: for certain nothing was sent."""
    query = update(Attempt).where(Attempt.id == attempt_id).values(state="absent", finished_at=press.clock())
    async with press.database.transaction(work.claim.workspace_id) as session:
        await session.execute(query)


async def end_send(press: Press, work: Work, attempt_id: UUID, error: OcmaError) -> None:
    """The answer was no, or there was none."""
    state = "unknown" if isinstance(error, OutcomeUnknown) else "refused"
    now = press.clock()
    query = update(Attempt).where(Attempt.id == attempt_id, Attempt.state == "sending")
    async with press.database.transaction(work.claim.workspace_id) as session:
        await session.execute(query.values(state=state, error=describe(error, now), finished_at=now))
    next(each for each in work.attempts if each.id == attempt_id).state = state


async def record_part(press: Press, work: Work, attempt_id: UUID, published: Published, *, last: bool) -> None:
    """A part is live: its attempt and the publication say so together; with the last part it is published."""
    now, progress = press.clock(), work.publication.progress
    progress.pop("processing", None)
    progress["parts"] = [*progress.get("parts", []), {"id": published.id, "url": published.url}]
    values = _published(progress, published.at or now) if last else {"progress": dict(progress)}
    try:
        async with press.database.transaction(work.claim.workspace_id) as session:
            await _answer(session, attempt_id, published, now)
            await move(session, work.claim, **values)
            if last:
                good = update(Account).where(Account.id == work.claim.account_id)
                await session.execute(good.values(last_success_at=now))
    except ClaimLost:
        async with press.database.transaction(work.claim.workspace_id) as session:
            await _answer(session, attempt_id, published, now)
        raise


def _published(progress: dict[str, Any], at: datetime) -> dict[str, Any]:
    first = progress["parts"][0]
    live = {"platform_post_id": first["id"], "url": first["url"], "published_at": at}
    over = {"error": None, "due_at": None, "lease_until": None, "taken_at": None}
    return {"state": "published", "progress": dict(progress), **live, **over}


async def _answer(session: AsyncSession, attempt_id: UUID, published: Published, now: datetime) -> None:
    live = {"state": "published", "platform_post_id": published.id, "url": published.url}
    await session.execute(update(Attempt).where(Attempt.id == attempt_id).values(error=None, finished_at=now, **live))


async def record_processing(press: Press, work: Work, attempt_id: UUID, processing: str, due_at: datetime) -> None:
    """Accepted, not live yet: looked at again at `due_at`."""
    progress = work.publication.progress
    progress["processing"] = processing
    async with press.database.transaction(work.claim.workspace_id) as session:
        await session.execute(update(Attempt).where(Attempt.id == attempt_id).values(state="processing"))
        resting = {"state": "publishing", "due_at": due_at, "lease_until": None, "taken_at": None}
        await move(session, work.claim, progress=dict(progress), **resting)


async def record_absent(press: Press, work: Work, part: int) -> None:
    """The platform was asked often enough: none of the sends of this part arrived."""
    query = update(Attempt).where(
        Attempt.publication_id == work.claim.id, Attempt.part == part, Attempt.state.in_(("sending", "unknown"))
    )
    async with press.database.transaction(work.claim.workspace_id) as session:
        await session.execute(query.values(state="absent", finished_at=press.clock()))


async def find_other_posts(press: Press, work: Work, since: datetime) -> frozenset[str]:
    """Live posts of the account that belong to other publications."""
    query = select(Attempt.platform_post_id).where(
        Attempt.account_id == work.claim.account_id,
        Attempt.publication_id != work.claim.id,
        Attempt.platform_post_id.is_not(None),
        Attempt.finished_at > since - timedelta(hours=1),
    )
    async with press.database.transaction(work.claim.workspace_id) as session:
        return frozenset(each for each in await session.scalars(query) if each)
