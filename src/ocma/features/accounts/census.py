"""How many accounts there are and how they are, over all workspaces: for the operator."""

from typing import NamedTuple

from ocma.infra.database import Database


class Count(NamedTuple):
    platform: str
    status: str
    accounts: int


async def count_accounts(database: Database) -> list[Count]:
    return [Count(*row) for row in await database.system("SELECT platform, status, count FROM measure_accounts()")]
