"""Readings written down: samples, and in the same transaction what follows from them.

Each statement takes all there is at once. Whoever calls holds the lock on the account's measurement (collect.py), so nobody else
writes the same series; `at` is later than that of any sample there.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.analytics.models import MetricSeries
from ocma.platforms.metrics import Reading

_POINTS = text("""
    WITH given AS MATERIALIZED (
        SELECT s.id, s.kind, s.latest, s.latest_at, g.value
        FROM unnest(CAST(:ids AS bigint[]), CAST(:values AS double precision[])) AS g(id, value)
        JOIN metric_series s ON s.id = g.id
    ), added AS (
        INSERT INTO metric_samples (workspace_id, series_id, value, fetched_at)
        SELECT :workspace, g.id, g.value, CAST(:at AS timestamptz) FROM given g
    ), rolled AS (
        INSERT INTO metric_rollups AS r
            (workspace_id, series_id, grain, bucket_at, first, last, min, max, count, growth, gap, fell, first_at, last_at)
        SELECT :workspace, g.id, u.grain, b.at, g.value, g.value, g.value, g.value, 1,
            CASE WHEN g.kind = 'total' AND date_trunc(u.grain, g.latest_at, 'UTC') >= b.at - u.length THEN g.value - g.latest END,
            CASE WHEN g.kind = 'total' AND date_trunc(u.grain, g.latest_at, 'UTC') < b.at - u.length THEN g.value - g.latest END,
            CAST(coalesce(g.kind = 'total' AND g.value < g.latest, false) AS int), CAST(:at AS timestamptz),
            CAST(:at AS timestamptz)
        FROM given g CROSS JOIN sample_grains() u
        CROSS JOIN LATERAL (SELECT date_trunc(u.grain, CAST(:at AS timestamptz), 'UTC') AS at) b
        ORDER BY 2, 3
        ON CONFLICT (series_id, grain, bucket_at) DO UPDATE
        SET last = excluded.last, last_at = excluded.last_at, min = least(r.min, excluded.min),
            max = greatest(r.max, excluded.max), count = r.count + 1, growth = coalesce(r.growth, 0) + excluded.growth,
            fell = r.fell + excluded.fell
    )
    UPDATE metric_series s SET latest = g.value, latest_at = CAST(:at AS timestamptz) FROM given g WHERE s.id = g.id""")
_SPANS = text("""
    WITH fresh AS MATERIALIZED (
        SELECT g.* FROM unnest(CAST(:ids AS bigint[]), CAST(:values AS double precision[]), CAST(:starts AS timestamptz[]),
            CAST(:ends AS timestamptz[])) AS g(id, value, start_at, end_at)
        LEFT JOIN metric_spans p ON p.series_id = g.id AND p.start_at = g.start_at AND p.end_at = g.end_at
        WHERE p.value IS DISTINCT FROM g.value
    ), added AS (
        INSERT INTO metric_samples (workspace_id, series_id, value, start_at, end_at, fetched_at)
        SELECT :workspace, f.id, f.value, f.start_at, f.end_at, CAST(:at AS timestamptz) FROM fresh f
    )
    INSERT INTO metric_spans (workspace_id, series_id, start_at, end_at, value, fetched_at)
    SELECT :workspace, f.id, f.start_at, f.end_at, f.value, CAST(:at AS timestamptz) FROM fresh f
    ON CONFLICT (series_id, start_at, end_at) DO UPDATE SET value = excluded.value, fetched_at = excluded.fetched_at
    RETURNING series_id, start_at""")
# A bucket in which a span is new or was revised is reckoned anew from its spans, which are few: nothing counts twice.
_SPAN_ROLLUPS = text("""
    WITH changed AS MATERIALIZED (
        SELECT DISTINCT c.id, u.grain, u.length, u.longest, date_trunc(u.grain, c.start_at, 'UTC') AS at
        FROM unnest(CAST(:ids AS bigint[]), CAST(:starts AS timestamptz[])) AS c(id, start_at) CROSS JOIN sample_grains() u
    ), rolled AS (
        INSERT INTO metric_rollups
            (workspace_id, series_id, grain, bucket_at, first, last, min, max, count, growth, gap, fell, first_at, last_at)
        SELECT :workspace, c.id, c.grain, c.at, a.firsts[1], a.lasts[1], a.min, a.max, a.count,
            CASE s.kind WHEN 'delta' THEN a.sum END, NULL, 0, a.first_at, a.last_at
        FROM changed c JOIN metric_series s ON s.id = c.id CROSS JOIN LATERAL (
            SELECT array_agg(p.value ORDER BY p.start_at, p.end_at) AS firsts,
                array_agg(p.value ORDER BY p.start_at DESC, p.end_at DESC) AS lasts,
                min(p.value), max(p.value), count(*), sum(p.value), min(p.start_at) AS first_at, max(p.end_at) AS last_at
            FROM metric_spans p
            WHERE p.series_id = c.id AND p.start_at >= c.at AND p.start_at < c.at + c.length
                AND p.end_at - p.start_at <= c.longest
        ) a WHERE a.count > 0 ORDER BY 2, 3, 4
        ON CONFLICT (series_id, grain, bucket_at) DO UPDATE
        SET first = excluded.first, last = excluded.last, min = excluded.min, max = excluded.max, count = excluded.count,
            growth = excluded.growth, first_at = excluded.first_at, last_at = excluded.last_at
    )
    UPDATE metric_series s SET latest = n.value, latest_at = n.end_at
    FROM (SELECT DISTINCT id FROM changed) c CROSS JOIN LATERAL (
        SELECT p.value, p.end_at FROM metric_spans p WHERE p.series_id = c.id ORDER BY p.start_at DESC, p.end_at DESC LIMIT 1
    ) n WHERE s.id = c.id""")


@dataclass(frozen=True, slots=True)
class Figure:
    """A reading, and which of our posts it is of (None: the account's own)."""

    post_id: UUID | None
    reading: Reading


class Key(NamedTuple):
    """Which series a figure belongs to."""

    post_id: UUID | None
    metric: str
    name: str
    unit: str
    kind: str
    grp: str


def key_of(figure: Figure) -> Key:
    measure = figure.reading.measure
    return Key(figure.post_id, measure.metric.key, measure.name, measure.metric.unit, measure.kind, figure.reading.group)


def is_sound(reading: Reading) -> bool:
    """Can it be meant? A delta has a span, a total has none, no span ends before it begins, and a number is one."""
    start, end, kind = reading.start, reading.end, reading.measure.kind
    spanned = start is not None and end is not None
    if (start is None) != (end is None) or (start is not None and end is not None and start >= end):
        return False
    return math.isfinite(reading.value) and (kind == "rate" or spanned == (kind == "delta"))


async def record(session: AsyncSession, workspace_id: UUID, account_id: UUID, figures: Sequence[Figure], at: datetime) -> int:
    """Returns how many samples were written; a span that reads as before is none. `figures` are sound."""
    if not figures:
        return 0
    ids = await _series(session, workspace_id, account_id, {key_of(each): None for each in figures})
    values = {(ids[key_of(each)], each.reading.start, each.reading.end): each.reading.value for each in figures}
    points = {series: value for (series, start, _), value in values.items() if start is None}
    spans = [(series, value, start, end) for (series, start, end), value in values.items() if start is not None]
    known = {"workspace": workspace_id, "at": at}
    if points:
        await session.execute(_POINTS, {**known, "ids": list(points), "values": list(points.values())})
    return len(points) + await _record_spans(session, known, spans)


async def _record_spans(session: AsyncSession, known: Mapping[str, Any], spans: Sequence[tuple[Any, ...]]) -> int:
    if not spans:
        return 0
    given = dict(zip(("ids", "values", "starts", "ends"), map(list, zip(*spans, strict=True)), strict=True))
    changed = (await session.execute(_SPANS, {**known, **given})).all()
    if changed:
        ids, starts = map(list, zip(*changed, strict=True))
        await session.execute(_SPAN_ROLLUPS, {"workspace": known["workspace"], "ids": ids, "starts": starts})
    return len(changed)


async def _series(session: AsyncSession, workspace_id: UUID, account_id: UUID, keys: Iterable[Key]) -> dict[Key, int]:
    """The number of each, made where it is new."""
    wanted = list(keys)
    known = await _known(session, account_id, {each.post_id for each in wanted if each.post_id})
    new = [each for each in wanted if each not in known]
    if new:
        own = {"workspace_id": workspace_id, "account_id": account_id}
        query = insert(MetricSeries).returning(*_KEY, MetricSeries.id, sort_by_parameter_order=True)
        rows = await session.execute(query, [{**own, **each._asdict()} for each in new])
        known |= {Key(*row[:-1]): row[-1] for row in rows}
    return known


_KEY = (
    MetricSeries.post_id,
    MetricSeries.metric,
    MetricSeries.name,
    MetricSeries.unit,
    MetricSeries.kind,
    MetricSeries.grp,
)


async def _known(session: AsyncSession, account_id: UUID, posts: Iterable[UUID]) -> dict[Key, int]:
    """Of the account itself, and of these posts."""
    ours = or_(MetricSeries.post_id.is_(None), MetricSeries.post_id.in_(list(posts)))
    query = select(*_KEY, MetricSeries.id).where(MetricSeries.account_id == account_id, ours)
    return {Key(*row[:-1]): row[-1] for row in await session.execute(query)}
