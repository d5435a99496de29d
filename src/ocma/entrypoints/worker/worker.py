"""Works what dispatchers hand out: task name -> service function."""

import asyncio
from dataclasses import replace

from ocma.bootstrap import Resources
from ocma.entrypoints.worker import engine, experiments, media
from ocma.entrypoints.worker.engine import Handler
from ocma.entrypoints.worker.process import end, run, spawn
from ocma.features.accounts import upkeep
from ocma.features.analytics import collect
from ocma.features.notifications import courier
from ocma.features.notifications.courier import Courier
from ocma.features.publishing.press import Press
from ocma.features.publishing.work import TASK, work_batch
from ocma.infra import garbage
from ocma.platforms.registry import connectors

MESSAGES = 50  # at a time; how many publications run at once is another limit


def handlers(press: Press) -> dict[str, Handler]:
    """Every task this process can work, by name."""

    async def publications(message: list[tuple[str, int]]) -> None:
        await work_batch(press, message)

    async def tokens(message: list[tuple[str, str]]) -> None:
        await upkeep.refresh_all(press.desk, message)

    return {TASK: publications, upkeep.TASK: tokens}


async def work(resources: Resources, stop: asyncio.Event, press: Press | None = None) -> None:
    """Until `stop`; what was begun is finished."""
    press = replace(press or resources.press(), stopping=stop)
    resources.meters.state.in_hand = press.keeper.__len__
    connectors()  # loaded now, not when the first post is due
    garbage.settle()
    keeper = spawn(press.keeper.run())
    carrying = spawn(courier.run(_courier(resources), stop))
    collecting = spawn(_collect(resources, press, stop))
    try:
        known = handlers(press) | media.handlers(resources) | experiments.handlers(resources)
        await engine.run(resources.tasks, known, concurrency=MESSAGES, stop=stop)
        await carrying  # ends by itself after `stop`, with the deliveries under way
        await collecting
    finally:
        await end(collecting)
        await end(carrying)
        await end(keeper)


def _courier(resources: Resources) -> Courier:
    hosts = resources.settings.trusted_hosts
    return Courier(resources.database, resources.vault, resources.outbound, resources.clock, hosts)


async def _collect(resources: Resources, press: Press, stop: asyncio.Event) -> None:
    if resources.settings.measure:
        await collect.run(resources.collector(press.gates), stop)


def main() -> None:
    run("worker", work)
