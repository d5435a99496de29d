"""Hands out what is due. Any number of copies may run."""

import asyncio
from collections import Counter
from datetime import timedelta
from time import monotonic

import structlog

from ocma.clock import Clock
from ocma.errors import Unavailable
from ocma.features.publishing import claims
from ocma.features.publishing.work import TASK, messages
from ocma.infra.database import FAILURES, Database
from ocma.infra.meters import Meters
from ocma.infra.tasks import Tasks

log = structlog.get_logger(__name__)

HANDOVER = timedelta(seconds=10)  # a message nobody took by then is as good as lost
BATCH = 200  # accounts
WAITING = 20  # messages that no worker has begun: enough to keep them busy, too few to wait for as long as HANDOVER
PAUSE = 0.05  # seconds
IDLE = 1.0  # seconds between two looks, when nothing happens
SWEEP = 0.25  # seconds, at least, between two looks for leases that ran out


async def dispatch(database: Database, tasks: Tasks) -> Counter[str]:
    """One round: claims what is due and sends it. Returns how many publications, by platform."""
    found = await claims.claim(database, BATCH, HANDOVER, claims.AHEAD)
    try:
        for batch in messages(found):
            await tasks.send(TASK, batch)
    except Unavailable:
        await claims.release(database, found)
        raise
    return Counter(each.platform for each in found)


async def run(database: Database, tasks: Tasks, clock: Clock, meters: Meters, wake: asyncio.Event, stop: asyncio.Event) -> None:
    """Until `stop`. `wake` is set when something new may be due."""
    swept_at = -SWEEP
    while not stop.is_set():
        wake.clear()
        try:
            if monotonic() >= swept_at + SWEEP:
                swept_at = monotonic()
                await _sweep(database)
            if await tasks.count_waiting() >= WAITING:
                pause = PAUSE
            else:
                meters.handed_out(found := await dispatch(database, tasks))
                if found.total() >= BATCH:
                    continue
                pause = await _until_next(database, clock)
        except (Unavailable, *FAILURES) as error:
            log.warning("dispatch.failed", error=type(error).__name__)
            pause = IDLE
        await _sleep(pause, wake, stop)


async def _sweep(database: Database) -> None:
    if count := await claims.sweep(database):
        log.info("dispatch.swept", count=count)


async def _until_next(database: Database, clock: Clock) -> float:
    """Seconds; a due one that waits for its account's turn is looked at ten times a second."""
    due_at = await claims.find_next_due(database)
    if due_at is None:
        return IDLE
    return min(max((due_at - claims.AHEAD - clock()).total_seconds(), 0.1), IDLE)


async def _sleep(seconds: float, *events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
