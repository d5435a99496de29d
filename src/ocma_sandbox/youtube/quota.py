"""The project's quota: buckets that are full again at midnight in California."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ocma_sandbox.world import World
from ocma_sandbox.youtube import settings

PACIFIC = ZoneInfo("America/Los_Angeles")
UNITS, INSERTS, SEARCHES, STATS = "units", "inserts", "searches", "stats"
TABLE = "youtube_quota"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    day TEXT NOT NULL, project TEXT NOT NULL, bucket TEXT NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (day, project, bucket));
"""


def day(world: World) -> str:
    return datetime.fromtimestamp(world.clock(), PACIFIC).date().isoformat()


def take(world: World, project: str, bucket: str, cost: int) -> bool:
    """Counts a call, whatever becomes of it; False when the bucket does not hold it any more."""
    chosen = settings.of(world)
    if chosen.rate_factor <= 0:
        return True
    limits = {
        UNITS: chosen.units_per_day,
        INSERTS: chosen.inserts_per_day,
        SEARCHES: chosen.searches_per_day,
        STATS: chosen.stats_per_day,
    }
    where = (day(world), project, bucket)
    with world.store.transaction():
        world.store.run("INSERT OR IGNORE INTO youtube_quota VALUES (?, ?, ?, 0)", *where)
        taken = world.store.run(
            "UPDATE youtube_quota SET used = used + ?1 WHERE day = ?2 AND project = ?3 AND bucket = ?4 AND used + ?1 <= ?5",
            *(cost, *where, max(1, int(limits[bucket] * chosen.rate_factor))),
        )
    return taken == 1
