"""A streaming replica that is read from while it keeps up: looked at once a second, as long as somebody reads."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.infra.database import FAILURES, Database
from ocma.infra.lag import ABOUT, PRIMARY, REPLICA, Fault, Lag, Mark
from ocma.infra.pools import Pool

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

EVERY = 1.0  # seconds between two looks
PATIENCE = 2.0  # seconds for one
FIRST = 0.5  # seconds that a read waits for the first look after a rest
REST = 60.0  # seconds without a read after which nobody looks
OLD = 5.0  # seconds after which a look says nothing any more


class Replica:
    """`allowed`: seconds that it may be behind.

    `primary` is asked for its position over connections of its own: when its pool is full, readers of the replica go on there.
    """

    def __init__(
        self, database: Database, primary: Database, allowed: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database, self._primary, self._allowed, self._clock = database, primary, allowed, clock
        self._lag = Lag()
        self._fault: Fault | None = "unknown"
        self._looked_at = self._used_at = float("-inf")
        self._looking = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None
        self._reads: set[asyncio.Future[Any]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def behind(self) -> float | None:
        """Seconds, at most: what was committed earlier it shows."""
        return None if self._lag.fresh_at is None else max(self._clock() - self._lag.fresh_at, 0.0)

    @property
    def fault(self) -> Fault | None:
        """Why it is not to be read from; None: it is."""
        if self._fault:
            return self._fault
        return None if self.behind is not None and self.behind <= self._allowed else "behind"

    @property
    def known(self) -> bool:
        """Whether somebody has just looked."""
        return self._clock() - self._looked_at < OLD

    async def ready(self) -> Fault | None:
        """The same for who wants to read. Waits only when nobody has read for a while."""
        self._used_at = self._clock()
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST):
                    await self.look()
        return self.fault

    async def read(self, workspace_id: UUID, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        """Raises one of FAILURES when it stops, or stops to answer.

        In a task of its own, which is left behind then: the driver may take minutes to part with a server that says nothing.
        """
        task = asyncio.create_task(self._read(workspace_id, work))
        self._tasks.add(task)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._reads.add(answer)
        task.add_done_callback(lambda done: self._settle(done, answer))
        try:
            return await answer
        finally:
            self._reads.discard(answer)
            task.cancel()

    async def _read(self, workspace_id: UUID, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        async with self._database.reading(workspace_id) as session:
            return await work(session)

    def _settle(self, task: "asyncio.Task[Any]", answer: "asyncio.Future[Any]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if answer.done():
            return
        if task.cancelled():
            answer.cancel()
        elif error:
            answer.set_exception(error)
        else:
            answer.set_result(task.result())

    async def look(self) -> None:
        """At most once a second, however many ask."""
        async with self._looking:
            if self._clock() - self._looked_at < EVERY:
                return
            fault = await self._look()
            self._looked_at = self._clock()
        if (fault is None) != (self._fault is None):
            log.info("replica.used") if fault is None else log.warning("replica.not_used", because=ABOUT[fault])
        self._fault = fault
        if fault == "unreachable":
            self._give_up()

    async def _look(self) -> Fault | None:
        """Without the primary nobody knows more than before, and what was known grows old."""
        try:
            mark = await self._mark()
        except FAILURES:
            return self._fault
        try:
            async with asyncio.timeout(PATIENCE):
                return self._lag.judge(mark, await self._database.probe(REPLICA))
        except FAILURES:
            return "unreachable"

    async def _mark(self) -> Mark:
        async with asyncio.timeout(PATIENCE):
            at = self._clock()
            row = await self._primary.probe(PRIMARY)
        return Mark(at, row.now, row.position, row.server, row.name)

    def _give_up(self) -> None:
        """Reads that wait for an answer from there: it may never come. Nor on a connection that was idle, when it is back."""
        for each in self._reads:
            if not each.done():
                each.set_exception(TimeoutError())
        self._database.abandon()

    async def _watch(self) -> None:
        while self._clock() - self._used_at < REST or self._reads:
            await self.look()
            await asyncio.sleep(EVERY)

    def pools(self) -> list[Pool]:
        """That of the reads; the looks have one connection."""
        return [replace(each, name="replica") for each in self._database.pools() if each.name == "transactions"]

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        for each in self._tasks:
            each.cancel()
        await self._database.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._primary.close()
