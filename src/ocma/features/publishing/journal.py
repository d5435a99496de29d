"""Write-ahead and results of publications that are worked side by side: one statement, one commit for all of a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError

from ocma.features.publishing.claims import Claim
from ocma.infra.batching import Batcher
from ocma.infra.database import Database

WINDOW = 0.003  # seconds a write waits for company

# The locks are taken in the order of ids everywhere, so that two batches never wait for each other in a ring.
_BEGIN = text("""
    WITH want AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:publications AS uuid[]), CAST(:fences AS integer[]),
            CAST(:parts AS integer[]), CAST(:fingerprints AS text[])) AS w (id, publication_id, fence, part, fingerprint)
    ), ours AS MATERIALIZED (
        SELECT p.id, p.workspace_id, p.account_id, p.attempt FROM publications p JOIN want w ON p.id = w.publication_id
        WHERE p.attempt = w.fence AND coalesce(p.lease_until > clock_timestamp(), false) ORDER BY p.id FOR NO KEY UPDATE OF p
    )
    INSERT INTO attempts (id, workspace_id, publication_id, account_id, attempt, part, fingerprint, started_at)
    SELECT w.id, o.workspace_id, o.id, o.account_id, w.fence, w.part, w.fingerprint, clock_timestamp()
    FROM want w JOIN ours o ON o.id = w.publication_id AND o.attempt = w.fence
    RETURNING id, started_at""")

_LIVE = text("""
    WITH want AS (
        SELECT * FROM unnest(CAST(:attempts AS uuid[]), CAST(:publications AS uuid[]), CAST(:fences AS integer[]),
            CAST(:post_ids AS text[]), CAST(:urls AS text[]), CAST(:times AS timestamptz[]), CAST(:progress AS text[]),
            CAST(:first_ids AS text[]), CAST(:first_urls AS text[]), CAST(:published_at AS timestamptz[]))
            AS w (attempt_id, publication_id, fence, post_id, url, at, progress, first_id, first_url, published_at)
    ), answered AS (
        UPDATE attempts a SET state = 'published', platform_post_id = w.post_id, url = w.url, error = NULL, finished_at = w.at
        FROM want w WHERE a.id = w.attempt_id
    ), ours AS MATERIALIZED (
        SELECT p.id, p.attempt FROM publications p JOIN want w ON p.id = w.publication_id
        WHERE p.attempt = w.fence AND coalesce(p.lease_until > '-infinity', false) ORDER BY p.id FOR NO KEY UPDATE OF p
    ), moved AS (
        UPDATE publications p SET progress = CAST(w.progress AS jsonb),
            state = CASE WHEN w.first_id IS NULL THEN p.state ELSE 'published' END,
            platform_post_id = w.first_id, url = w.first_url, published_at = w.published_at,
            error = CASE WHEN w.first_id IS NULL THEN p.error END, due_at = CASE WHEN w.first_id IS NULL THEN p.due_at END,
            lease_until = CASE WHEN w.first_id IS NULL THEN p.lease_until END,
            taken_at = CASE WHEN w.first_id IS NULL THEN p.taken_at END
        FROM want w JOIN ours o ON o.id = w.publication_id AND o.attempt = w.fence WHERE p.id = o.id
        RETURNING p.id, p.attempt, p.account_id, p.state, w.at
    ), good AS (
        UPDATE accounts a SET last_success_at = m.at
        FROM (SELECT account_id, max(at) AS at FROM moved WHERE state = 'published' GROUP BY 1) m
        WHERE a.id = m.account_id AND a.id IN (
            SELECT x.id FROM accounts x WHERE x.id IN (SELECT account_id FROM moved) FOR NO KEY UPDATE SKIP LOCKED)
    )
    SELECT id, attempt FROM moved""")


# Held since the claim was lost; what became of it is known now.
_WAKE = text("""
    UPDATE publications p SET due_at = clock_timestamp()
    FROM unnest(CAST(:ids AS uuid[]), CAST(:fences AS integer[])) AS w (id, fence)
    WHERE p.id = w.id AND p.attempt = w.fence AND p.state = 'unknown' AND p.lease_until IS NULL AND p.due_at IS NULL""")


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
        alone = (DBAPIError,)  # whatever the database does not take; a lost connection is lost for each of them
        self._database = database
        self.begin: Batcher[Beginning, datetime | None] = Batcher(self._begin, window, alone=alone)
        self.live: Batcher[Live, bool] = Batcher(self._live, window, alone=alone)

    async def _begin(self, sends: Sequence[Beginning]) -> list[datetime | None]:
        """When each began; None: its claim is lost, nothing was written."""
        columns = {
            "ids": [each.id for each in sends],
            "publications": [each.claim.id for each in sends],
            "fences": [each.claim.fence for each in sends],
            "parts": [each.part for each in sends],
            "fingerprints": [each.fingerprint for each in sends],
        }
        begun: dict[UUID, datetime] = dict(await self._run(_BEGIN, [each.claim for each in sends], columns))
        return [begun.get(each.id) for each in sends]

    async def _live(self, parts: Sequence[Live]) -> list[bool]:
        """Was the claim still ours, and the publication told?"""
        first = [each.first or (None, None, None) for each in parts]
        columns = {
            "attempts": [each.attempt_id for each in parts],
            "publications": [each.claim.id for each in parts],
            "fences": [each.claim.fence for each in parts],
            "post_ids": [each.post_id for each in parts],
            "urls": [each.url for each in parts],
            "times": [each.at for each in parts],
            "progress": [each.progress for each in parts],
            "first_ids": [each[0] for each in first],
            "first_urls": [each[1] for each in first],
            "published_at": [each[2] for each in first],
        }
        moved = {(row[0], row[1]) for row in await self._run(_LIVE, [each.claim for each in parts], columns)}
        lost = [each.claim for each in parts if (each.claim.id, each.claim.fence) not in moved]
        if lost:
            async with self._database.batch(claim.workspace_id for claim in lost) as session:
                await session.execute(_WAKE, {"ids": [each.id for each in lost], "fences": [each.fence for each in lost]})
        return [(each.claim.id, each.claim.fence) in moved for each in parts]

    async def _run(self, query: TextClause, claims: Sequence[Claim], columns: dict[str, Any]) -> list[Any]:
        async with self._database.batch(claim.workspace_id for claim in claims) as session:
            return list((await session.execute(query, columns)).all())
