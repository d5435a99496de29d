"""What is old is forgotten, in small steps."""

from datetime import timedelta

from ocma.infra.database import Database

NOTIFICATIONS = timedelta(days=90)
BATCH, STEPS = 2000, 50
_QUERIES = (
    ("SELECT forget_old_events(:age, :batch) AS gone", True),
    ("SELECT forget_old_deliveries(:age, :batch) AS gone", True),
    ("SELECT forget_old_notifications(:age, :batch) AS gone", False),
)


async def forget_old(database: Database, history: timedelta) -> int:
    """Events and deliveries older than `history`, notifications after 90 days. Returns how many rows are gone.

    At most 50 steps of 2,000 rows each: the rest waits for the next call.
    """
    gone = 0
    for query, is_history in _QUERIES:
        for _ in range(STEPS):
            step = (await database.system(query, age=history if is_history else NOTIFICATIONS, batch=BATCH))[0].gone
            gone += step
            if step < BATCH:
                break
    return gone
