"""The way to a Redis that may be away: nobody waits long for it, and after a failure nobody waits at all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from ocma.infra.cancellation import end
from ocma.infra.redis import Client

PATIENCE = 0.3  # seconds that Redis has for an answer
AGAIN = 1.0  # seconds until it is asked again after none

Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


class Away(Exception):
    """Redis did not answer, or did not a moment ago."""


class Line:
    """One per process and use. `back` is asked before anybody else when Redis answers again; if it fails, Redis is still away."""

    def __init__(
        self,
        redis: Client,
        name: str,
        *,
        patience: float = PATIENCE,
        again: float = AGAIN,
        back: Callable[[Client], Awaitable[None]] | None = None,
    ) -> None:
        self._redis, self._name, self._patience, self._again, self.back = redis, name, patience, again, back
        self._search: asyncio.Task[None] | None = None
        self.failures = 0

    @property
    def is_away(self) -> bool:
        return self._search is not None

    async def ask(self, wanted: Callable[[Client], Awaitable[Answer]]) -> Answer:
        """Raises Away: at once, if that is known."""
        if self.is_away:
            raise Away
        try:
            async with asyncio.timeout(self._patience):
                return await wanted(self._redis)
        except Exception as error:  # a cluster's connections fail in more ways than redis-py has errors for
            self._lose(error)
            raise Away from error

    def _lose(self, error: Exception) -> None:
        self.failures += 1
        if self._search is None:
            log.warning("redis.away", use=self._name, error=type(error).__name__)
            self._search = asyncio.create_task(self._find())

    async def _find(self) -> None:
        """Beside everything else, so that no request pays for it."""
        while True:
            await asyncio.sleep(self._again)
            try:
                async with asyncio.timeout(self._patience):
                    await self._redis.exists("ocma:probe")
                    if self.back:
                        await self.back(self._redis)
            except Exception:  # noqa: BLE001, S112 - as above; it was told when it began
                continue
            log.info("redis.back", use=self._name)
            self._search = None
            return

    async def close(self) -> None:
        await end(self._search)
