"""The task engine: taskiq runs what workers read.

Its own brokers for Redis are not used. Those for clusters and sentinels read all there is at once and never come back to what a
dead worker held, and the latter opens new connections for every task; here all three kinds of Redis behave alike.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial

import structlog
from redis.exceptions import RedisError
from taskiq import AckableMessage, AsyncBroker, BrokerMessage
from taskiq.receiver import Receiver

from ocma.infra.tasks import Task, Tasks

log = structlog.get_logger(__name__)

GRACE = 60.0  # seconds that begun tasks have after the signal to stop
RECLAIM = 30.0  # seconds
PAUSES = (0.1, 1.0)  # seconds, the first and the longest, while Redis does not answer
Handler = Callable[..., Awaitable[None]]


async def run(tasks: Tasks, handlers: dict[str, Handler], *, concurrency: int, stop: asyncio.Event) -> None:
    """Works tasks until `stop`, then finishes those begun and hands over the others."""
    broker = Broker(tasks)
    for name, handler in handlers.items():
        broker.register_task(handler, task_name=name)
    receiver = Receiver(broker, max_async_tasks=concurrency, validate_params=False, wait_tasks_timeout=GRACE)
    try:
        await receiver.listen(stop)
    finally:
        await tasks.leave()


class Broker(AsyncBroker):
    """Survives what happens to a Redis: flushed, restarted, failed over, away for a while."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks
        self._looked_at = time.monotonic()

    async def kick(self, message: BrokerMessage) -> None:
        await self._tasks.put(message.message)

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        pause = PAUSES[0]
        while True:
            try:
                found = await self._next()
            except (RedisError, OSError) as error:
                log.warning("tasks.listen", error=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, PAUSES[1])
                continue
            pause = PAUSES[0]
            for task in found:
                yield AckableMessage(data=task.body, ack=partial(self._tasks.acknowledge, task))

    async def _next(self) -> list[Task]:
        if time.monotonic() < self._looked_at + RECLAIM:
            return await self._tasks.read()
        self._looked_at = time.monotonic()
        return await self._tasks.reclaim()
