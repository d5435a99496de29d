"""Who works on what: claims with a lease and a fence, across workspaces, by functions of the database that return ids."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from ocma.infra.database import Database

AHEAD = timedelta(seconds=1)  # handed over this early, so that preparation costs no lateness


@dataclass(frozen=True, slots=True)
class Claim:
    """`fence` is the attempt number: every write names it, and one that is no longer the newest changes nothing."""

    id: UUID
    workspace_id: UUID = field(compare=False)
    account_id: UUID = field(compare=False)
    platform: str = field(compare=False)
    state: str = field(compare=False)
    fence: int
    due_at: datetime = field(compare=False)


async def claim(database: Database, batch: int, lease: timedelta, ahead: timedelta) -> list[Claim]:
    """What is due within `ahead`, oldest first, of at most `batch` accounts; never of one that has something in flight."""
    query = "SELECT * FROM claim_publications($1, $2, $3)"
    rows = await database.system(query, batch, lease, ahead)
    return sorted((Claim(*row) for row in rows), key=lambda each: (each.due_at, each.id))


async def take(database: Database, wanted: Sequence[tuple[UUID, int]], lease: timedelta) -> list[Claim]:
    """Those of `wanted` (id, fence) that were not taken yet and whose claim holds."""
    ids, fences = [each[0] for each in wanted], [each[1] for each in wanted]
    query = "SELECT * FROM take_publications($1, $2, $3)"
    rows = await database.system(query, ids, fences, lease)
    return sorted((Claim(*row) for row in rows), key=lambda each: (each.due_at, each.id))


async def extend(database: Database, claims: Sequence[Claim], lease: timedelta) -> set[Claim]:
    """A sign of life. Returns those that still hold. A lease of zero ends it."""
    ids, fences = [each.id for each in claims], [each.fence for each in claims]
    query = "SELECT id, attempt FROM extend_publications($1, $2, $3)"
    kept = {(row[0], row[1]) for row in await database.system(query, ids, fences, lease)}
    return {each for each in claims if (each.id, each.fence) in kept}


async def release(database: Database, claims: Sequence[Claim]) -> None:
    """Gives back what nobody has taken."""
    ids, fences = [each.id for each in claims], [each.fence for each in claims]
    await database.system("SELECT id FROM release_publications($1, $2)", ids, fences)


async def sweep(database: Database, batch: int = 500) -> int:
    """Takes back what a lost worker or message left. Returns how many."""
    return len(await database.system("SELECT id FROM sweep_publications($1)", batch))


async def find_next_due(database: Database) -> datetime | None:
    rows = await database.system("SELECT next_due()")
    return rows[0][0]
