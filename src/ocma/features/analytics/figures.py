"""One query for a whole report: sums of all posts of a period, and the posts that are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.analytics.definitions import INTERACTIONS, doubly_named
from ocma.features.analytics.period import Period

TOP = 5  # posts in `topPosts`

# `figures` of a post: by metric its newest total or rate; of a metric under several names the one that the manifest has first.
NEWEST = """
    SELECT jsonb_object_agg(n.metric, n.latest) AS figures, max(n.latest_at) AS read_at
    FROM (
        SELECT DISTINCT ON (s.metric) s.metric, s.latest, s.latest_at FROM metric_series s
        WHERE s.post_id = p.id AND s.grp = '' AND s.kind <> 'delta' AND s.latest IS NOT NULL
        ORDER BY s.metric, array_position(CAST(:named AS text[]), a.platform || '/' || s.metric || '/' || s.name),
            s.latest_at DESC
    ) n"""
# As definitions.py has it.
_SQL = f"""
    WITH posts AS MATERIALIZED (
        SELECT p.id, p.account_id, a.platform, p.published_at, f.figures, f.read_at, d.reach, d.impressions, d.interactions,
            coalesce(d.reach, d.impressions) AS basis
        FROM unnest(CAST(:accounts AS uuid[]), CAST(:platforms AS text[])) AS a(account_id, platform)
        JOIN account_posts p ON p.account_id = a.account_id AND p.published_at >= :start AND p.published_at < :end
        LEFT JOIN LATERAL ({NEWEST}) f ON true
        CROSS JOIN LATERAL (
            SELECT CAST(f.figures ->> 'reach' AS float8) AS reach,
                CAST(coalesce(f.figures ->> 'impressions', f.figures ->> 'views') AS float8) AS impressions,
                coalesce(
                    (SELECT sum(CAST(f.figures ->> i.key AS float8)) FROM unnest(CAST(:interactions AS text[])) AS i(key)),
                    CAST(f.figures ->> 'engagements' AS float8)) AS interactions
        ) d
    ), totals AS (
        SELECT platform, count(*) AS posts, count(read_at) AS measured, min(read_at) AS oldest, max(read_at) AS newest,
            sum(impressions) AS impressions, count(impressions) AS impressions_known,
            sum(interactions) AS interactions, count(interactions) AS interactions_known,
            sum(reach) AS reach, count(reach) AS reach_known,
            sum(interactions) FILTER (WHERE basis > 0) AS rated_interactions,
            sum(basis) FILTER (WHERE basis > 0 AND interactions IS NOT NULL) AS rated_basis,
            count(*) FILTER (WHERE basis > 0 AND interactions IS NOT NULL) AS rated
        FROM posts GROUP BY platform
    ), sums AS (
        SELECT w.key, p.platform, n.name, sum(CAST(p.figures ->> n.name AS float8)) AS value, count(*) AS posts
        FROM jsonb_to_recordset(:wanted) AS w(key text, names text[])
        JOIN posts p ON jsonb_exists_all(p.figures, w.names) CROSS JOIN LATERAL unnest(w.names) AS n(name)
        GROUP BY w.key, p.platform, n.name
    ), placed AS (
        SELECT id, platform, figures, read_at, interactions, published_at,
            row_number() OVER (PARTITION BY platform ORDER BY published_at DESC, id DESC) AS newest,
            row_number() OVER (PARTITION BY platform ORDER BY interactions DESC NULLS LAST, published_at DESC, id DESC) AS best,
            row_number() OVER (ORDER BY interactions DESC NULLS LAST, published_at DESC, id DESC) AS top
        FROM posts
    ), shown AS (
        SELECT p.id, p.account_id, s.platform, p.platform_post_id, p.publication_id, p.content, p.url, p.published_at, p.gone_at,
            s.figures, s.read_at, s.newest <= :most AS recent, s.best = 1 AND s.interactions IS NOT NULL AS best,
            CASE WHEN s.top <= {TOP} AND s.interactions IS NOT NULL THEN s.top END AS top
        FROM placed s CROSS JOIN LATERAL (SELECT * FROM account_posts q WHERE q.id = s.id LIMIT 1) p
        WHERE s.newest <= :most OR (s.interactions IS NOT NULL AND (s.best = 1 OR s.top <= {TOP}))
        ORDER BY p.published_at DESC, p.id DESC
    )
    SELECT (SELECT jsonb_agg(to_jsonb(t)) FROM totals t) AS totals, (SELECT jsonb_agg(to_jsonb(s)) FROM sums s) AS sums,
        (SELECT jsonb_agg(to_jsonb(s)) FROM shown s) AS shown"""  # noqa: S608 - of constants
_REPORT = text(_SQL).bindparams(bindparam("wanted", type_=JSONB)).columns(totals=JSONB, sums=JSONB, shown=JSONB)

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """`totals`: one row per platform. `sums`: of each wanted key and platform, per metric, over the posts that have all of them.

    `shown`: the posts, newest first.
    """

    totals: Rows
    sums: Rows
    shown: Rows


async def find_figures(
    session: AsyncSession, accounts: Mapping[UUID, str], period: Period, most: int, wanted: Mapping[str, Sequence[str]]
) -> Found:
    """`accounts`: id -> platform. `most`: recent posts of a platform. `wanted`: key -> metrics that are summed together."""
    values = {
        "accounts": list(accounts),
        "platforms": list(accounts.values()),
        "start": period.start,
        "end": period.end,
        "most": most,
        "named": doubly_named(),
        "interactions": list(INTERACTIONS),
        "wanted": [{"key": key, "names": list(names)} for key, names in wanted.items()],
    }
    row = (await session.execute(_REPORT, values)).one()
    return Found(row.totals or [], row.sums or [], row.shown or [])
