"""How far behind looks at accounts are, over all workspaces: for the operator."""

from datetime import datetime
from typing import NamedTuple

from ocma.infra.database import Database


class Lag(NamedTuple):
    """Accounts of a platform that are looked at; `due` of them now, the first since `oldest`."""

    platform: str
    accounts: int
    due: int
    oldest: datetime | None


async def measure(database: Database, now: datetime) -> list[Lag]:
    query = "SELECT platform, count, due, oldest_next_at FROM measure_measurements($1)"
    return [Lag(*row) for row in await database.system(query, now)]
