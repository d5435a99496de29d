"""Accounts at which nobody has looked yet, or not since their last posts: that is done when their numbers are asked for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from ocma.features.analytics.collect import claim_these, collect
from ocma.features.analytics.collector import Collector
from ocma.features.analytics.conclude import Outcome

PATIENCE = 8.0  # seconds that whoever asks waits; the look goes on, and the next who asks sees what it found
MOST = 20  # accounts for one answer; the others have their turn
PAUSE = timedelta(minutes=1)  # between two looks at an account, however often its numbers are asked for


@dataclass(frozen=True, slots=True)
class FirstLooks:
    """One per process."""

    running: set["asyncio.Task[Outcome | None]"] = field(default_factory=set["asyncio.Task[Outcome | None]"])

    async def take(self, collector: Collector, workspace_id: UUID, account_ids: Sequence[UUID]) -> bool:
        """Whether anything was looked at. Who is being looked at already, here or elsewhere, is not asked again."""
        claims = await claim_these(collector, workspace_id, account_ids[:MOST], now=True, pause=PAUSE)
        looks = {asyncio.create_task(collect(collector, each)) for each in claims}
        self.running.update(looks)
        for each in looks:
            each.add_done_callback(self.running.discard)
        if looks:
            await asyncio.wait(looks, timeout=PATIENCE)
        return bool(looks)

    async def close(self) -> None:
        looks = list(self.running)
        for each in looks:
            each.cancel()
        await asyncio.gather(*looks, return_exceptions=True)
