"""Work that is under way: one at a time for each name, however many want it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import structlog

from ocma.infra.cache.keys import Key
from ocma.infra.cancellation import end

Work: TypeAlias = Callable[[], Coroutine[Any, Any, Any]]

log = structlog.get_logger(__name__)


class Flight(NamedTuple):
    key: Key
    task: "asyncio.Task[Any]"


class Flights:
    def __init__(self) -> None:
        self._flights: dict[str, Flight] = {}
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, key: Key, name: str, work: Work) -> "asyncio.Task[Any]":
        """In a task of its own: who asked first may hang up while others wait."""
        if flight := self._flights.get(name):
            return flight.task
        task = asyncio.create_task(work())
        self._flights[name] = Flight(key, task)
        self._running.add(task)

        def done(task: "asyncio.Task[Any]") -> None:
            self._running.discard(task)
            if name in self._flights and self._flights[name].task is task:
                del self._flights[name]
            if not task.cancelled() and (error := task.exception()):  # looked at, even if nobody waits for it
                log.debug("cache.not_computed", use=key.use, error=type(error).__name__)

        task.add_done_callback(done)
        return task

    async def join(self, key: Key, name: str, work: Work) -> Any:
        return await asyncio.shield(self.start(key, name, work))

    def drop(self, workspace_id: UUID, tag: str) -> None:
        """What it was begun with has changed: those who come now do not join it, and what it finds is not kept."""
        for name, (key, _) in list(self._flights.items()):
            if key.workspace_id == workspace_id and tag in key.all_tags:
                del self._flights[name]

    def has(self, name: str) -> bool:
        """Whether the task that asks is the one of this name, and was not dropped."""
        return name in self._flights and self._flights[name].task is asyncio.current_task()

    async def close(self) -> None:
        for task in list(self._running):
            await end(task)
