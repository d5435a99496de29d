"""What platforms grant: so many calls in any window of time, to an account and to an app. PostgreSQL knows every call made."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ocma.features.posts.variants import laid_over
from ocma.features.publishing.breaker import Place
from ocma.infra.database import Database
from ocma.platforms.content import media_step
from ocma.platforms.manifest import Quota

if TYPE_CHECKING:  # load.py knows Press, and a press has gates
    from ocma.features.publishing.load import Work

# Publications in others' hands may or may not make a call of the app's in this moment: they count, as calls that leave the window
# in so many seconds. By then it is known.
FLYING = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One quota of one account, or of the app (`account_id` None)."""

    quota: Quota
    place: Place
    account_id: UUID | None

    def key(self, account: str) -> str:
        """`account`: its id, written."""
        quota = self.quota
        whose = f"account:{account}" if self.account_id else f"app:{self.place.name}"
        return f"ocma:{{{self.place.platform}}}:calls:{quota.on}:{self.seconds:.0f}:{whose}"

    @property
    def seconds(self) -> float:
        return self.quota.per.total_seconds()


Ages = Sequence[float]
"""Calls of a window, in seconds ago, newest first."""


def cost(work: "Work", on: str) -> int:
    """Calls this publication still needs. To look for a post whose outcome is unknown needs none."""
    if work.claim.state == "unknown":
        return 0
    progress = work.publication.progress
    live = len(progress.get("parts", []))
    if on == "publish":
        return max(len(_files(work)) - live - ("processing" in progress), 0)
    steps = progress.get("steps", {})
    return sum(
        media_step(part, each) not in steps for part, files in enumerate(_files(work)) if part >= live for each in range(files)
    )


def _files(work: "Work") -> list[int]:
    """How many there are in each part, as its platform gets it."""
    parts = laid_over(work.publication.content, work.publication.variants, work.claim.platform)
    return [len(each.get("mediaIds") or ()) for each in parts]


def wait(window: Window, ages: Ages, needed: int, owed: int = 0) -> float:
    """Seconds until `needed` more calls fit, after `owed` that wait already; 0: now. The very rule of admit.lua."""
    calls, length = window.quota.calls, window.seconds
    index, rounds = calls - min(needed, calls) - owed, 0
    if index < 0:
        rounds = -(index // calls)
        index += rounds * calls
    left = max(length - ages[index], 0.0) if index < len(ages) else 0.0
    return left + rounds * length


async def fetch_calls(database: Database, windows: Sequence[Window], besides: Sequence[UUID]) -> dict[Window, Ages]:
    """One query for all accounts of a quota, one for an app's. `besides`: publications that ask themselves, so do not count."""
    accounts: dict[Quota, list[Window]] = {}
    for each in windows:
        if each.account_id:
            accounts.setdefault(each.quota, []).append(each)
    apps = [each for each in windows if not each.account_id]
    asked = [_of_accounts(database, quota, group) for quota, group in accounts.items()]
    asked += [_of_app(database, each, besides) for each in apps]
    return {window: ages for found in await asyncio.gather(*asked) for window, ages in found.items()}


async def _of_accounts(database: Database, quota: Quota, windows: Sequence[Window]) -> dict[Window, Ages]:
    query = "SELECT account_id, age FROM list_account_calls($1, $2, $3) ORDER BY age"
    rows = await database.system(query, quota.on, [each.account_id for each in windows], quota.per)
    ages: dict[UUID, list[float]] = {}
    for account_id, age in rows:
        ages.setdefault(account_id, []).append(age)
    return {each: ages.get(each.account_id or UUID(int=0), [])[: quota.calls] for each in windows}


async def _of_app(database: Database, window: Window, besides: Sequence[UUID]) -> dict[Window, Ages]:
    place, quota = window.place, window.quota
    query = "SELECT age FROM list_app_calls($1, $2, $3, $4, $5, $6)"
    rows = await database.system(query, quota.on, place.platform, place.host, quota.per, quota.calls, list(besides))
    soon = max(window.seconds - FLYING, 0.0)
    return {window: sorted(soon if row[0] is None else row[0] for row in rows)[: quota.calls]}
