"""Accounts with posts and figures, in bulk: as the collector leaves them after three months."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

DAYS = 90
POSTS = 30  # of an account, in these days
METRICS = ("views", "likes", "comments", "shares", "clicks")
SAMPLES = 64  # of each figure of a post: what the cadence of looks comes to, about
OWN = ("views", "reach", "profileVisits", "follows")  # by day, of the account itself
PER_ACCOUNT = POSTS * len(METRICS) * SAMPLES + len(OWN) * DAYS
CHUNK = 50  # accounts at a time

_ACCOUNTS = """
    INSERT INTO accounts (id, workspace_id, platform, platform_account_id, name, handle, status, connected_at, updated_at)
    SELECT uuidv7(), $1::uuid, $2, gen_random_uuid()::text, 'Bench', '@bench' || n, 'active', now(), now()
    FROM generate_series(1, $3::int) AS n RETURNING id"""
_LOOKED = "UPDATE measurements SET succeeded_at = now(), fetched_at = now(), next_at = NULL WHERE account_id = ANY ($1)"
_POSTS = f"""
    INSERT INTO account_posts (id, workspace_id, account_id, platform_post_id, content, url, published_at, seen_at, measured_at)
    SELECT uuidv7(), $1::uuid, a, a || '-' || n, repeat('Words of a post. ', 8), 'https://example.org/' || n,
        date_trunc('hour', now()) - n * interval '{DAYS} days' / {POSTS}, now(), now()
    FROM unnest($2::uuid[]) AS a CROSS JOIN generate_series(1, {POSTS}) AS n"""
_SERIES = f"""
    INSERT INTO metric_series (workspace_id, account_id, post_id, metric, name, unit, kind, latest, latest_at)
    SELECT $1::uuid, p.account_id, p.id, m, m || '_count', 'count', 'total', 1000 + random() * 1000, now()
    FROM account_posts p CROSS JOIN unnest('{{{",".join(METRICS)}}}'::text[]) AS m WHERE p.account_id = ANY ($2)
    UNION ALL
    SELECT $1::uuid, a, NULL, m, m || '_by_day', 'count', 'delta', 100, now()
    FROM unnest($2::uuid[]) AS a CROSS JOIN unnest('{{{",".join(OWN)}}}'::text[]) AS m"""
_SAMPLES = f"""
    INSERT INTO metric_samples (workspace_id, series_id, value, fetched_at)
    SELECT $1::uuid, s.id, n * 10, p.published_at + (now() - p.published_at) * power(n::float8 / {SAMPLES}, 3)
    FROM metric_series s JOIN account_posts p ON p.id = s.post_id CROSS JOIN generate_series(1, {SAMPLES}) AS n
    WHERE s.account_id = ANY ($2)"""
_DAYS = f"""
    INSERT INTO metric_samples (workspace_id, series_id, value, start_at, end_at, fetched_at)
    SELECT $1::uuid, s.id, 50 + n, d.at, d.at + interval '1 day', d.at + interval '26 hours'
    FROM metric_series s CROSS JOIN generate_series(1, {DAYS}) AS n
    CROSS JOIN LATERAL (SELECT date_trunc('day', now(), 'UTC') - n * interval '1 day' AS at) d
    WHERE s.account_id = ANY ($2) AND s.post_id IS NULL"""
_ROLLUPS = """
    INSERT INTO metric_rollups
        (workspace_id, series_id, grain, bucket_at, first, last, min, max, count, growth, first_at, last_at)
    SELECT $1::uuid, m.series_id, g.grain, date_trunc(g.grain, b.at, 'UTC'),
        min(m.value), max(m.value), min(m.value), max(m.value), count(*),
        CASE s.kind WHEN 'delta' THEN sum(m.value) ELSE max(m.value) - min(m.value) END, min(b.at), max(b.at)
    FROM metric_series s JOIN metric_samples m ON m.series_id = s.id
    CROSS JOIN LATERAL (SELECT coalesce(m.start_at, m.fetched_at) AS at) b CROSS JOIN sample_grains() g
    WHERE s.account_id = ANY ($2) AND (s.kind = 'total' OR g.grain <> 'hour')
    GROUP BY m.series_id, s.kind, g.grain, date_trunc(g.grain, b.at, 'UTC')"""
STEPS = (_POSTS, _SERIES, _SAMPLES, _DAYS, _ROLLUPS)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Accounts of one workspace. `raw` is the superuser's connection, to which no trigger and no policy applies."""

    raw: Any
    workspace_id: UUID

    async def add(self, accounts: int, platform: str = "mastodon") -> list[UUID]:
        rows = await self.raw.fetch(_ACCOUNTS, self.workspace_id, platform, accounts)
        ids = [row[0] for row in rows]
        await self.raw.execute(_LOOKED, ids)
        await self.raw.execute("SET session_replication_role = replica")
        for start in range(0, accounts, CHUNK):
            for step in STEPS:
                await self.raw.execute(step, self.workspace_id, ids[start : start + CHUNK])
        await self.raw.execute("SET session_replication_role = DEFAULT")
        return ids

    async def settle(self) -> int:
        """Returns how many samples there are."""
        for table in ("account_posts", "metric_series", "metric_samples", "metric_rollups", "accounts", "measurements"):
            await self.raw.execute(f"VACUUM ANALYZE {table}")
        await self.raw.execute("CHECKPOINT")
        return await self.raw.fetchval("SELECT count(*) FROM metric_samples")
