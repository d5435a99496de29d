"""Write-ahead and results of publications that are worked side by side: one statement, one commit for all of a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ocma.features.publishing.claims import Claim
from ocma.infra.batching import Batcher
from ocma.infra.database import Database

WINDOW, PATIENCE = 0.003, 0.006  # seconds a write waits for company: when there is little to do, and when there is much

# The locks are taken in the order of ids everywhere, so that two batches never wait for each other in a ring. Each row is
# looked up by its own id (LATERAL … OFFSET 0): the planner would rather read all that the batch's workspaces have.
_BEGIN = """
    WITH want AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[],
            $4::integer[], $5::text[]) AS w (id, publication_id, fence, part, fingerprint)
    ), ours AS MATERIALIZED (
        SELECT p.* FROM (SELECT * FROM want ORDER BY publication_id) w CROSS JOIN LATERAL (
            SELECT q.id, q.workspace_id, q.account_id, q.attempt FROM publications q
            WHERE q.id = w.publication_id AND q.attempt = w.fence AND coalesce(q.lease_until > clock_timestamp(), false)
            OFFSET 0 FOR NO KEY UPDATE) p
    )
    INSERT INTO attempts (id, workspace_id, publication_id, account_id, attempt, part, fingerprint, started_at)
    SELECT w.id, o.workspace_id, o.id, o.account_id, w.fence, w.part, w.fingerprint, clock_timestamp()
    FROM want w JOIN ours o ON o.id = w.publication_id AND o.attempt = w.fence
    RETURNING id, started_at"""

_LIVE = """
    WITH want AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[],
            $4::text[], $5::text[], $6::timestamptz[], $7::text[],
            $8::text[], $9::text[], $10::timestamptz[])
            AS w (attempt_id, publication_id, fence, post_id, url, at, progress, first_id, first_url, published_at)
    ), answered AS (
        UPDATE attempts a SET state = 'published', platform_post_id = w.post_id, url = w.url, error = NULL, finished_at = w.at
        FROM want w WHERE a.id = w.attempt_id
    ), ours AS MATERIALIZED (
        SELECT p.* FROM (SELECT * FROM want ORDER BY publication_id) w CROSS JOIN LATERAL (
            SELECT q.id, q.attempt FROM publications q
            WHERE q.id = w.publication_id AND q.attempt = w.fence AND coalesce(q.lease_until > '-infinity', false)
            OFFSET 0 FOR NO KEY UPDATE) p
    ), moved AS (
        UPDATE publications p SET progress = CAST(w.progress AS jsonb),
            state = CASE WHEN w.first_id IS NULL THEN p.state ELSE 'published' END,
            platform_post_id = w.first_id, url = w.first_url, published_at = w.published_at,
            error = CASE WHEN w.first_id IS NULL THEN p.error END, due_at = CASE WHEN w.first_id IS NULL THEN p.due_at END,
            lease_until = CASE WHEN w.first_id IS NULL THEN p.lease_until END,
            taken_at = CASE WHEN w.first_id IS NULL THEN p.taken_at END
        FROM want w JOIN ours o ON o.id = w.publication_id AND o.attempt = w.fence WHERE p.id = o.id
        RETURNING p.id, p.attempt, p.account_id, p.state, w.at
    ), latest AS (
        SELECT account_id, max(at) AS at FROM moved WHERE state = 'published' GROUP BY 1
    ), free AS MATERIALIZED (
        SELECT x.id, l.at FROM latest l CROSS JOIN LATERAL (
            SELECT a.id FROM accounts a
            WHERE a.id = l.account_id AND coalesce(a.last_success_at < l.at - interval '10 seconds', true)
            OFFSET 0 FOR NO KEY UPDATE SKIP LOCKED) x
    ), good AS (
        UPDATE accounts a SET last_success_at = f.at FROM free f WHERE a.id = f.id
    )
    SELECT id, attempt FROM moved"""


# Held since the claim was lost; what became of it is known now.
_WAKE = """
    UPDATE publications p SET due_at = clock_timestamp()
    FROM unnest($1::uuid[], $2::integer[]) AS w (id, fence)
    WHERE p.id = w.id AND p.attempt = w.fence AND p.state = 'unknown' AND p.lease_until IS NULL AND p.due_at IS NULL"""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A send that is about to happen: the new attempt's id, and what is sent."""

    id: UUID
    claim: Claim
    part: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Live:
    """A part that is live. `first` is (id, URL, time) of the whole, with its last part."""

    attempt_id: UUID
    claim: Claim
    post_id: str
    url: str | None
    at: datetime
    progress: str
    first: tuple[str, str | None, datetime] | None


class Journal:
    """One per process. What comes back says whose claim held; an answer is kept at its attempt even when it did not."""

    def __init__(self, database: Database, window: float = WINDOW) -> None:
        # What the database does not take; a lost connection is lost for each of them.
        alone = (asyncpg.PostgresError, asyncpg.InterfaceError)
        self._database = database
        self.begin: Batcher[Beginning, datetime | None] = Batcher(self._begin, window, patience=PATIENCE, alone=alone)
        self.live: Batcher[Live, bool] = Batcher(self._live, window, patience=PATIENCE, alone=alone)

    async def _begin(self, sends: Sequence[Beginning]) -> list[datetime | None]:
        """When each began; None: its claim is lost, nothing was written."""
        rows = [(each.id, each.claim.id, each.claim.fence, each.part, each.fingerprint) for each in sends]
        begun: dict[UUID, datetime] = dict(await self._run(_BEGIN, [each.claim for each in sends], rows))
        return [begun.get(each.id) for each in sends]

    async def _live(self, parts: Sequence[Live]) -> list[bool]:
        """Was the claim still ours, and the publication told?"""
        rows = [
            (each.attempt_id, each.claim.id, each.claim.fence, each.post_id, each.url, each.at, each.progress)
            + (each.first or (None, None, None))
            for each in parts
        ]
        moved = {(row[0], row[1]) for row in await self._run(_LIVE, [each.claim for each in parts], rows)}
        lost = [each.claim for each in parts if (each.claim.id, each.claim.fence) not in moved]
        if lost:
            await self._run(_WAKE, lost, [(each.id, each.fence) for each in lost])
        return [(each.claim.id, each.claim.fence) in moved for each in parts]

    async def _run(self, query: str, claims: Sequence[Claim], rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """`rows` go as an array for each column."""
        async with self._database.batch(claim.workspace_id for claim in claims) as connection:
            return await connection.fetch(query, *zip(*rows, strict=True))
