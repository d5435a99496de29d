"""What is written down, and when: before a send, after an answer. Every write is fenced by the claim.

The answer to a send is recorded at its attempt even when the claim was lost meanwhile: it is the truth, and whoever settles the
publication reads it there.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Conflict, OcmaError
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.gates import Wait
from ocma.features.publishing.journal import Beginning, Live
from ocma.features.publishing.load import Sending, Work
from ocma.features.publishing.models import Attempt, Publication
from ocma.features.publishing.outcomes import describe, describe_wait
from ocma.features.publishing.press import Press
from ocma.ids import new_id
from ocma.platforms.connector import Published
from ocma.platforms.errors import OutcomeUnknown


class ClaimLost(Conflict):
    """Somebody else works on this publication now."""

    code = "claimLost"


async def move(session: AsyncSession, claim: Claim, **values: Any) -> None:
    """Changes the publication under its claim. Raises ClaimLost when it is no longer ours."""
    ours = (Publication.id == claim.id, Publication.attempt == claim.fence, Publication.lease_until.is_not(None))
    query = update(Publication).where(*ours)
    if (await session.execute(query.values(**values).returning(Publication.id))).scalar() is None:
        raise ClaimLost


async def free(press: Press, work: Work, state: str, due: float | datetime | None, **values: Any) -> None:
    """Ends the claim: the publication rests in `state`, to be looked at again in `due` seconds (None: by a person only)."""
    async with press.database.transaction(work.claim.workspace_id) as session:
        await move(session, work.claim, state=state, due_at=_in(due), lease_until=None, taken_at=None, lapses=0, **values)


_SNOOZE = """
    WITH want AS (
        SELECT * FROM unnest($1::uuid[], $2::integer[], $3::double precision[],
            $4::text[]) AS w (id, fence, seconds, why)
    ), ours AS MATERIALIZED (
        SELECT p.id FROM (SELECT * FROM want ORDER BY id) w CROSS JOIN LATERAL (
            SELECT q.id FROM publications q
            WHERE q.id = w.id AND q.attempt = w.fence AND coalesce(q.lease_until > '-infinity', false)
            OFFSET 0 FOR NO KEY UPDATE) p
    )
    UPDATE publications p SET due_at = clock_timestamp() + make_interval(secs => w.seconds),
        lease_until = NULL, taken_at = NULL, lapses = 0,
        error = CASE WHEN p.error ->> 'code' = 'tokenDoubted' THEN p.error ELSE w.why::jsonb END,
        state = CASE WHEN p.state = 'publishing' AND NOT p.progress ? 'processing' THEN 'scheduled' ELSE p.state END
    FROM want w JOIN ours o ON o.id = w.id WHERE p.id = o.id"""


async def snooze(press: Press, waiting: Sequence[tuple[Work, Wait]]) -> None:
    """They come back at their time, in one statement; no try is spent. Those whose claim was lost are passed over."""
    now = press.clock()
    rows = [(work.claim.id, work.claim.fence, wait.seconds, json.dumps(describe_wait(wait, now))) for work, wait in waiting]
    async with press.database.batch(work.claim.workspace_id for work, _ in waiting) as connection:
        await connection.execute(_SNOOZE, *zip(*rows, strict=True))


def _in(due: float | datetime | None) -> Any:
    """By the database's clock, the one that all share."""
    return func.clock_timestamp() + timedelta(seconds=due) if isinstance(due, float | int) else due


async def is_past(press: Press, at: datetime) -> bool:
    """By the same clock."""
    return bool((await press.database.system("SELECT clock_timestamp() > $1", at))[0][0])


async def keep_progress(press: Press, work: Work) -> None:
    async with press.database.transaction(work.claim.workspace_id) as session:
        await move(session, work.claim, progress=dict(work.publication.progress))


async def begin_send(press: Press, work: Work, part: int, fingerprint: str) -> UUID:
    """Write-ahead: committed before the call that publishes. Its time is the database's, the one clock all share."""
    claim = work.claim
    sending = Beginning(new_id(), claim, part, fingerprint)
    started_at = await press.journal.begin(sending)
    if started_at is None:
        raise ClaimLost
    work.attempts.append(Sending(sending.id, part, started_at))
    return sending.id


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
    first: dict[str, Any] = progress["parts"][0]
    whole = (str(first["id"]), first["url"], published.at or now) if last else None
    live = Live(attempt_id, work.claim, published.id, published.url, now, json.dumps(progress), whole)
    if not await press.journal.live(live):
        raise ClaimLost


async def record_processing(press: Press, work: Work, attempt_id: UUID, processing: str, wait: float) -> None:
    """Accepted, not live yet: looked at again in `wait` seconds."""
    progress = work.publication.progress
    progress["processing"] = processing
    async with press.database.transaction(work.claim.workspace_id) as session:
        await session.execute(update(Attempt).where(Attempt.id == attempt_id).values(state="processing"))
        resting = {"state": "publishing", "due_at": _in(wait), "lease_until": None, "taken_at": None}
        await move(session, work.claim, progress=dict(progress), **resting)


async def take_back(press: Press, work: Work, attempt_id: UUID, error: OcmaError) -> None:
    """What was accepted was refused in the end, for certain."""
    now, progress = press.clock(), work.publication.progress
    progress.pop("processing", None)
    query = update(Attempt).where(Attempt.id == attempt_id, Attempt.state == "processing")
    async with press.database.transaction(work.claim.workspace_id) as session:
        await session.execute(query.values(state="refused", error=describe(error, now), finished_at=now))
        await move(session, work.claim, progress=dict(progress))
    next(each for each in work.attempts if each.id == attempt_id).state = "refused"


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
