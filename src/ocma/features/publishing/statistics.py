"""How the queue of a workspace stands, and how late it was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.schema import Schema

# By the indexes publications_open, publications_in_flight and publications_dead. A hold counts where it is in force, due or not:
# an account that is gone holds all that waits for it.
_OPEN = text("""
    SELECT platform, what, sum(number)::bigint AS number FROM (
        SELECT p.platform, CASE
            WHEN p.state = 'unknown' THEN 'unknown'
            WHEN p.state = 'publishing' THEN 'in_flight'
            WHEN p.hold IS NOT NULL OR a.status <> 'active' OR w.paused_at IS NOT NULL THEN 'held'
            WHEN p.due_at <= CAST(:now AS timestamptz) THEN 'due' ELSE 'waiting' END AS what, count(*) AS number
        FROM publications p JOIN accounts a ON a.id = p.account_id JOIN workspaces w ON w.id = p.workspace_id
        WHERE p.lease_until IS NULL AND p.state IN ('scheduled', 'publishing', 'unknown') GROUP BY 1, 2
        UNION ALL
        SELECT p.platform, CASE p.state WHEN 'unknown' THEN 'unknown' ELSE 'in_flight' END, count(*)
        FROM publications p WHERE p.lease_until IS NOT NULL GROUP BY 1, 2
        UNION ALL
        SELECT p.platform, 'dead', count(*) FROM publications p WHERE p.state = 'failed' GROUP BY 1
    ) AS parts GROUP BY 1, 2""")

# Lateness begins when a post was due: a time that was past already when it was scheduled meant "now".
_DONE = text("""
    SELECT platform, count(*) AS last_day,
        count(*) FILTER (WHERE published_at > CAST(:now AS timestamptz) - interval '1 hour') AS last_hour,
        percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (
            ORDER BY greatest(extract(epoch FROM published_at - greatest(scheduled_at, created_at)), 0)::float8) AS lateness
    FROM publications WHERE state = 'published' AND published_at > CAST(:now AS timestamptz) - interval '1 day'
    GROUP BY GROUPING SETS ((platform), ())""")


class Lateness(Schema):
    """Seconds between the time a post was scheduled for and its being live; null: nothing was published."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class Standing(Schema):
    """Publications: `due` should be out by now and nothing keeps them; `waiting` for their time; `held` until a person acts;
    `unknown`: sent, and being looked for; `dead`: failed for good. The lateness is that of the last 24 hours."""

    due: int = 0
    waiting: int = 0
    held: int = 0
    in_flight: int = 0
    unknown: int = 0
    dead: int = 0
    published_last_hour: int = 0
    published_last_day: int = 0
    lateness: Lateness = Lateness()


class PlatformStanding(Standing):
    platform: str


class Statistics(Standing):
    at: datetime
    platforms: list[PlatformStanding]


async def get_statistics(session: AsyncSession, now: datetime) -> Statistics:
    """Of the session's workspace."""
    rows = (await session.execute(_OPEN, {"now": now})).all()
    done = {row.platform: row for row in await session.execute(_DONE, {"now": now})}
    keys = sorted({row.platform for row in rows} | {key for key in done if key})
    of_each = [PlatformStanding(platform=key, **_standing(rows, key), **_published(done.get(key))) for key in keys]
    return Statistics(at=now, platforms=of_each, **_standing(rows), **_published(done.get(None)))


def _standing(rows: Sequence[Row[Any]], platform: str | None = None) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for row in rows:
        if platform in {None, row.platform}:
            counts[row.what] = counts.get(row.what, 0) + row.number
    return counts


def _published(row: Row[Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    late = dict(zip(("p50", "p95", "p99"), row.lateness or (), strict=False))
    return {"published_last_hour": row.last_hour, "published_last_day": row.last_day, "lateness": Lateness(**late)}
