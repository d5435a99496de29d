"""PostgreSQL and Valkey of this run, to be broken and brought back with the same data on the same ports."""

import asyncio
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ocma.infra import embedded
from ocma.infra.embedded import postgres, process, valkey
from ocma.infra.embedded.process import Child, Command

BACK = 60.0  # seconds a server may need to come back; after a crash it reads its log first


class Servers:
    def __init__(self, found: embedded.Services) -> None:
        self.services = found
        self._postgres, self._valkey = found.processes

    async def crash_postgres(self) -> None:
        """Immediate shutdown: no checkpoint, no good-bye; the next start recovers from the log."""
        self._postgres = await _reborn(
            self._postgres, signal.SIGQUIT, lambda pid: postgres.is_ready(self.services.postgres, pid), "PostgreSQL"
        )

    async def crash_valkey(self) -> None:
        self._valkey = await _reborn(self._valkey, signal.SIGKILL, lambda _: valkey.is_ready(self.services.valkey), "Valkey")

    async def flush_valkey(self) -> bool:
        """False: it was not there to be flushed."""
        redis = Redis.from_url(self.services.valkey.url)
        try:
            await redis.flushall()
        except (RedisError, OSError):
            return False
        finally:
            await redis.aclose()
        return True

    def end(self) -> None:
        process.end(self._valkey, self._postgres)


async def _reborn(child: Child, number: signal.Signals, is_ready: Callable[[int], bool], what: str) -> Child:
    os.kill(child.pid, number)
    await _until(lambda: child.ended() is not None, f"{what} did not end")
    again = process.spawn(child.command)
    await _until(lambda: is_ready(again.pid), f"{what} did not come back: see {child.command.log}")
    return again


async def _until(reached: Callable[[], bool], otherwise: str) -> None:
    try:
        async with asyncio.timeout(BACK):
            while not reached():  # noqa: ASYNC110 - a process and a file have no events
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise RuntimeError(otherwise) from None


@contextmanager
def running(data: Path) -> Generator[Servers]:
    """Durable, as in production: what was committed has to be there after a crash."""
    with embedded.services(data, durable=True) as found:
        servers = Servers(found)
        try:
            yield servers
        finally:
            servers.end()


def command(argv: tuple[str, ...], name: str, data: Path, environment: dict[str, str]) -> Command:
    """A process of ours that ends with us. Its own folder, so that no `.env` of the user's is read."""
    return Command(argv=argv, log=data / "logs" / f"{name}.log", folder=data, environment=environment)
