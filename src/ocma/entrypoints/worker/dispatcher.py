"""Hands out what is due, woken when something new is written."""

import asyncio
import random
from datetime import timedelta

import structlog

from ocma.bootstrap import Resources
from ocma.entrypoints.worker import experiments, media
from ocma.entrypoints.worker.process import end, run, spawn
from ocma.errors import Unavailable
from ocma.features.accounts import upkeep
from ocma.features.analytics import months
from ocma.features.assistant import usage
from ocma.features.notifications import retention
from ocma.features.publishing import dispatch
from ocma.features.publishing.plan import CHANNEL
from ocma.infra.database import FAILURES

log = structlog.get_logger(__name__)

EVERY = 60.0  # seconds
KEEP = timedelta(days=1)


async def dispatch_all(resources: Resources, stop: asyncio.Event) -> None:
    wake = asyncio.Event()
    beside = [spawn(resources.database.listen(CHANNEL, wake.set)), spawn(keep_up(resources))]
    try:
        await dispatch.run(resources.database, resources.tasks, resources.clock, resources.meters, wake, stop)
    finally:
        for each in beside:
            await end(each)


async def keep_up(resources: Resources) -> None:
    """For ever, once a minute: tokens that end soon are renewed, experiments are looked at, what is too old is forgotten."""
    while True:
        await asyncio.sleep(EVERY * random.uniform(0.8, 1.2))  # noqa: S311 - spreads copies, guards nothing
        try:
            if expiring := await upkeep.find_expiring(resources.database):
                await resources.tasks.send(upkeep.TASK, expiring)
            await resources.database.system("SELECT forget_old_requests($1), forget_old_states($1)", KEEP)
            await media.hand_out(resources)
            await experiments.hand_out(resources)
            history = timedelta(days=resources.settings.history_days)
            await retention.forget_old(resources.database, history)
            await usage.forget_old(resources.database, history)
            await months.keep(resources.database, resources.clock(), timedelta(days=resources.settings.samples_keep_days))
        except (Unavailable, *FAILURES) as error:
            log.warning("upkeep.failed", error=type(error).__name__)


def main() -> None:
    run("dispatcher", dispatch_all)
