"""Works what dispatchers hand out: task name -> service function."""

import asyncio
from dataclasses import replace

from ocma.bootstrap import Resources
from ocma.entrypoints.worker.process import end, run, spawn
from ocma.features.accounts import upkeep
from ocma.features.publishing.press import Press
from ocma.features.publishing.work import TASK, work_batch
from ocma.infra.tasks import Handler
from ocma.platforms.registry import connectors

MESSAGES = 20  # at a time; how many publications run at once is another limit


def handlers(press: Press, concurrency: int) -> dict[str, Handler]:
    """Every task this process can work, by name."""
    limit = asyncio.Semaphore(concurrency)

    async def publications(message: list[tuple[str, int]]) -> None:
        await work_batch(press, limit, message)

    async def tokens(message: list[tuple[str, str]]) -> None:
        await upkeep.refresh_all(press.desk, message)

    return {TASK: publications, upkeep.TASK: tokens}


async def work(resources: Resources, stop: asyncio.Event, press: Press | None = None) -> None:
    """Until `stop`; what was begun is finished."""
    press = replace(press or resources.press(), stopping=stop)
    connectors()  # loaded now, not when the first post is due
    keeper = spawn(press.keeper.run())
    try:
        table = handlers(press, resources.settings.worker_concurrency)
        await resources.tasks.run(table, concurrency=MESSAGES, stop=stop)
    finally:
        await end(keeper)


def main() -> None:
    run("worker", work)
