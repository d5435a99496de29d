"""Group commit: what many tasks want at nearly the same moment is done once, for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batcher(Generic[Item, Answer]):
    """`work` gets several items and returns an answer for each, in order.

    A batch waits for company as long as another one is under way and `window` seconds longer, `patience` of them after a batch
    of `crowd` items or more: under load, what a batch costs is shared by more. It holds at most `most` items. After an
    error of a kind in `alone` its items are done one by one, so that none of them fails for another's sake.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        window: float,
        *,
        patience: float | None = None,
        crowd: int = 8,
        most: int = 500,
        alone: tuple[type[Exception], ...] = (),
    ) -> None:
        self._work, self._window, self._most, self._alone = work, window, most, alone
        self._patience, self._crowd = window if patience is None else patience, crowd
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        batch: list[tuple[Item, asyncio.Future[Answer]]] = []
        try:
            while self._waiting:
                await asyncio.sleep(self._patience if len(batch) >= self._crowd else self._window)
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._do(batch)
        finally:  # cancelled with the process: nobody waits for ever
            for _, answer in [*batch, *self._waiting]:
                answer.cancel()
            self._running = None

    async def _do(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([item for item, _ in batch])
        except self._alone as error:
            await self._do_alone(batch, error)
        except Exception as error:  # noqa: BLE001 - it is handed to whoever waits
            _settle([answer for _, answer in batch], [error] * len(batch))
        else:
            _settle([answer for _, answer in batch], answers)

    async def _do_alone(self, batch: list[tuple[Item, asyncio.Future[Answer]]], error: Exception) -> None:
        if len(batch) == 1:
            return _settle([batch[0][1]], [error])
        for each in batch:
            await self._do([each])
        return None


def _settle(futures: "Sequence[asyncio.Future[Answer]]", answers: "Sequence[Answer | Exception]") -> None:
    """Who was cancelled meanwhile wants no answer; what was written stays written."""
    for future, answer in zip(futures, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
