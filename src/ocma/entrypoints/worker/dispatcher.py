"""Hands out what is due, woken when something new is written."""

import asyncio

from ocma.bootstrap import Resources
from ocma.entrypoints.worker.process import end, run, spawn
from ocma.features.publishing import dispatch
from ocma.features.publishing.plan import CHANNEL


async def dispatch_all(resources: Resources, stop: asyncio.Event) -> None:
    wake = asyncio.Event()
    listener = spawn(resources.database.listen(CHANNEL, wake.set))
    try:
        await resources.tasks.broker.startup()
        await dispatch.run(resources.database, resources.tasks, resources.clock, wake, stop)
    finally:
        await end(listener)


def main() -> None:
    run("dispatcher", dispatch_all)
