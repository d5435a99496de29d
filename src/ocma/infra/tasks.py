"""The task engine: taskiq over Redis Streams. It carries ids; what is due and what became of it stands in PostgreSQL.

So a lost or doubled message is harmless: a sweeper takes back what nobody took, and a claim is taken once.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import structlog
from redis.exceptions import RedisError, ResponseError
from taskiq import AckableMessage, AsyncBroker
from taskiq.exceptions import SendTaskError
from taskiq.kicker import AsyncKicker
from taskiq.receiver import Receiver
from taskiq_redis import RedisStreamBroker

from ocma.errors import Unavailable

log = structlog.get_logger(__name__)

STREAM = "ocma:tasks"
GRACE = 60.0  # seconds that begun tasks have after the signal to stop
Handler = Callable[..., Awaitable[None]]


class Broker(RedisStreamBroker):
    """Survives what happens to a Redis: flushed, restarted, away for a while."""

    async def startup(self) -> None:
        await AsyncBroker.startup(self)
        await self._declare_patiently()

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        while True:
            try:
                async for message in super().listen():
                    yield message
            except (RedisError, OSError) as error:
                log.warning("tasks.listen", error=type(error).__name__)
                await asyncio.sleep(0.1 if "NOGROUP" in str(error) else 1.0)
                await self._declare_patiently()

    async def _declare_patiently(self) -> None:
        wait = 0.05
        while True:
            try:
                return await self._declare_consumer_group()
            except (RedisError, OSError):
                await asyncio.sleep(wait)
                wait = min(wait * 2, 1.0)


class Tasks:
    """Sends tasks by name, and runs them where handlers were given."""

    def __init__(self, redis_url: str) -> None:
        self.broker = Broker(
            redis_url,
            queue_name=STREAM,
            consumer_id="0",  # what was sent before the first worker came counts
            idle_timeout=60_000,
            unacknowledged_lock_timeout=10,
            maxlen=100_000,
            xread_block=1000,
            xread_count=5,  # what is read and not begun waits for its reader
        )

    async def send(self, name: str, *arguments: Any) -> None:
        """Raises Unavailable when Redis does not take it."""
        kicker: AsyncKicker[..., None] = AsyncKicker(name, self.broker, labels={})
        try:
            await kicker.kiq(*arguments)
        except (SendTaskError, RedisError, OSError) as error:
            raise Unavailable("The task queue does not answer.") from error

    async def run(self, handlers: dict[str, Handler], *, concurrency: int, stop: asyncio.Event) -> None:
        """Works tasks until `stop`, then finishes those begun."""
        for name, handler in handlers.items():
            self.broker.register_task(handler, task_name=name)
        receiver = Receiver(self.broker, max_async_tasks=concurrency, validate_params=False, wait_tasks_timeout=GRACE)
        await receiver.listen(stop)

    async def close(self) -> None:
        try:
            await self.broker.shutdown()
        except (ResponseError, RedisError, OSError) as error:
            log.debug("tasks.close", error=type(error).__name__)
