"""How much waits and for how long, over all workspaces: for the operator."""

from dataclasses import dataclass
from datetime import datetime

from ocma.infra.database import Database


@dataclass(frozen=True, slots=True)
class Backlog:
    """Publications of a platform that are not over. `due`: those of them that could go out now, the first since `oldest_due_at`.

    `state`: scheduled, publishing (the platform works through it), unknown, held, failed; in a worker's hands: working, settling.
    """

    platform: str
    state: str
    count: int
    due: int
    oldest_due_at: datetime | None


async def measure(database: Database) -> list[Backlog]:
    query = "SELECT platform, state, count, due, oldest_due_at FROM measure_publications()"
    return [Backlog(*row) for row in await database.system(query)]
