"""What every process of ours without a door has: a stop signal, a heartbeat, one event loop."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
import uvloop
from redis.exceptions import RedisError

from ocma.bootstrap import Resources, resources
from ocma.infra import heartbeat, metrics_door, telemetry
from ocma.infra.redis import Client
from ocma.settings import Settings

log = structlog.get_logger(__name__)

Body = Callable[[Resources, asyncio.Event], Awaitable[None]]


def run(kind: str, body: Body) -> None:
    """Runs `body` until SIGTERM or SIGINT; it returns when it has finished what it began."""
    settings = Settings()
    telemetry.configure(settings)
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_main(kind, body, settings))


async def _main(kind: str, body: Body, settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with resources(settings, traced=kind) as found, metrics_door.served(settings, found.meters.registry):
        beat = asyncio.create_task(_beat(found.redis, kind))
        log.info("process.started", kind=kind)
        try:
            await body(found, stop)
        finally:
            await end(beat)
            log.info("process.stopped", kind=kind)


async def _beat(redis: Client, kind: str) -> None:
    """`/readyz` looks for these."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    try:
        while True:
            with contextlib.suppress(RedisError, OSError):
                await heartbeat.beat(redis, kind, name, time.time())
            await asyncio.sleep(heartbeat.BEAT)
    finally:
        with contextlib.suppress(RedisError, OSError):
            await heartbeat.stop(redis, kind, name)


def spawn(body: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(body)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
