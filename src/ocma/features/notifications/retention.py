"""What is old is forgotten, in small steps."""

from datetime import timedelta

from ocma.infra.database import Database

NOTIFICATIONS = timedelta(days=90)
BATCH, STEPS = 2000, 50
_QUERIES = (
    ("SELECT forget_old_events($1, $2)", True),
    ("SELECT forget_old_deliveries($1, $2)", True),
    ("SELECT forget_old_notifications($1, $2)", False),
)


async def forget_old(database: Database, history: timedelta) -> int:
    """Events and deliveries older than `history`, notifications after 90 days. Returns how many rows are gone.

    At most 50 steps of 2,000 rows each: the rest waits for the next call.
    """
    gone = 0
    for query, is_history in _QUERIES:
        gone += await forget(database, query, history if is_history else NOTIFICATIONS)
    return gone


async def forget(database: Database, query: str, age: timedelta) -> int:
    """`query` takes an age and how many rows at most, and gives how many are gone."""
    gone = 0
    for _ in range(STEPS):
        step = (await database.system(query, age, BATCH))[0][0]
        gone += step
        if step < BATCH:
            break
    return gone
