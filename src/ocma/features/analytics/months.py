"""The months in which samples lie: made ahead, and dropped when they are too old."""

from datetime import datetime, timedelta

from ocma.infra.database import Database

AHEAD = 3


async def keep(database: Database, now: datetime, history: timedelta) -> None:
    """`history` of nothing: samples are kept for good. Raises when others hold the table for longer than two seconds."""
    await database.system("SELECT make_sample_months($1, $2)", now, AHEAD)
    if history:
        await database.system("SELECT forget_old_samples($1)", history)
