"""A real collector that dies by SIGKILL when so many accounts have reached the stage named on the command line.

Arguments: the stage, how many accounts, and the time by OCMA's clock, which stands.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import standing
from ocma.bootstrap import resources
from ocma.features.analytics import collect, look, timeline

# What is about to be done: a post's figures are asked for, all was answered, or it is half written down.
STAGES: dict[str, tuple[Any, str]] = {
    "asking": (look, "_posts"),
    "answered": (collect, "conclude"),
    "writing": (timeline, "looked_at"),
}
LEASE = timedelta(seconds=2)


def dying(inner: Callable[..., Awaitable[Any]], accounts: int) -> Callable[..., Awaitable[Any]]:
    reached = set[Any]()

    async def instead(*given: Any, **more: Any) -> Any:
        reached.add(asyncio.current_task())
        if len(reached) == accounts:
            os.kill(os.getpid(), signal.SIGKILL)
        return await inner(*given, **more)

    return instead


async def main(stage: str, accounts: int, at: datetime) -> None:
    module, name = STAGES[stage]
    setattr(module, name, dying(getattr(module, name), accounts))
    clock = standing.Clock(at)
    with standing.everywhere(clock):
        async with resources(clock=clock) as found:
            collector = replace(found.collector(), lease=LEASE)
            claims = await collect.claim_due(collector, 100)
            await asyncio.gather(*(collect.collect(collector, each) for each in claims))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])))
