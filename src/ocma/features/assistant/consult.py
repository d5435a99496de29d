"""Asks the language model, if there is one: never raises for what a model does, and says why where it did not answer."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Literal
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from ocma.clock import Clock
from ocma.features.assistant.budget import Disabled, Limits, Purse
from ocma.features.assistant.guard import Guard, Open, Pass
from ocma.features.assistant.kept import Kept
from ocma.features.assistant.models import AiCall
from ocma.features.assistant.question import Consulted, Question, Reason, Source, T
from ocma.features.publishing.breaker import Place
from ocma.ids import new_id
from ocma.infra.cache import Part
from ocma.infra.cancellation import end
from ocma.infra.database import FAILURES, Database
from ocma.infra.meters import Meters
from ocma.intelligence.model import Heard, Model, Unanswered
from ocma.intelligence.prompt import Prompt
from ocma.intelligence.shape import schema_of
from ocma.intelligence.usage import Bill, Unaffordable

__all__ = ["Consultant", "Consulted", "Oracle", "Question", "Reason", "Source"]

SLACK = 60.0  # seconds after a question's time that it may take to settle it
Outcome = Reason | Literal["answered", "cancelled"]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Oracle:
    """A model, and all that stands between it and who asks. `seconds`: for one question."""

    model: Model
    guard: Guard
    kept: Kept
    database: Database
    clock: Clock
    meters: Meters
    limits: Limits
    seconds: float
    concurrency: int


@dataclass(slots=True)
class Asking(Generic[T]):
    """One question of a workspace, on its way."""

    workspace_id: UUID
    question: Question[T]
    prompt: Prompt
    purse: Purse
    bill: Bill
    began: float
    until: float
    heard: Heard | None
    given: Pass | None = None
    outcome: Outcome = "cancelled"
    is_down: bool | None = None


async def _acquired(lock: asyncio.Lock | asyncio.Semaphore, until: float) -> bool:
    """Whether one's turn came in time."""
    try:
        async with asyncio.timeout(until - time.monotonic()):
            return await lock.acquire()
    except TimeoutError:
        return False


class Consultant:
    """One per process. Without an oracle there is no model, and all answers are local."""

    def __init__(self, oracle: Oracle | None = None) -> None:
        self.oracle = oracle
        self._slots = asyncio.Semaphore(oracle.concurrency if oracle else 1)
        self._turns: WeakValueDictionary[tuple[Part, ...], asyncio.Lock] = WeakValueDictionary()
        self._settling: set[asyncio.Task[None]] = set()

    @property
    def places(self) -> list[Place]:
        """Where its breakers are."""
        return [self.oracle.guard.place] if self.oracle else []

    async def ask(self, workspace_id: UUID, question: Question[T]) -> Consulted[T]:
        """The model's answer, valid by `question.schema`; or none, and why. Cancelled, it cancels the model's work."""
        return await self._consult(workspace_id, question, None)

    async def stream(self, workspace_id: UUID, question: Question[T]) -> AsyncGenerator[str | Consulted[T]]:
        """The answer's JSON text as it comes, unchecked; the last item is what `ask` would have returned, and it alone counts.

        The model is read at its own pace, whatever that of the reader is. To stop, close the generator.
        """
        texts: asyncio.Queue[str | None] = asyncio.Queue()
        task = asyncio.create_task(self._consult(workspace_id, question, texts.put_nowait))
        task.add_done_callback(lambda _: texts.put_nowait(None))
        try:
            while (text := await texts.get()) is not None:
                yield text
            yield await task
        finally:
            await end(task)

    async def _consult(self, workspace_id: UUID, question: Question[T], heard: Heard | None) -> Consulted[T]:
        if self.oracle is None:
            return Consulted.local("notConfigured")
        asking = self._begin(self.oracle, workspace_id, question, heard)
        turn = self._turn(self.oracle.kept, asking)
        if not await _acquired(turn, asking.until):
            return Consulted.local("timeout")
        try:
            return await self._kept_or_asked(self.oracle, asking)
        finally:
            turn.release()

    def _turn(self, kept: Kept, asking: Asking[T]) -> asyncio.Lock:
        """Whoever asks the same at the same moment waits for the answer, where it is kept, and pays nothing."""
        if not kept.seconds:
            return asyncio.Lock()
        return self._turns.setdefault((asking.workspace_id, *kept.parts(asking.prompt, asking.question)), asyncio.Lock())

    async def _kept_or_asked(self, oracle: Oracle, asking: Asking[T]) -> Consulted[T]:
        kept = await oracle.kept.find(asking.workspace_id, asking.prompt, asking.question)
        if kept is not None:
            if asking.heard:
                asking.heard(kept.text)
            return kept.consulted
        value = await self._asked(oracle, asking)
        if value is not None:
            await oracle.kept.keep(asking.workspace_id, asking.prompt, asking.question, value)
        return self._told(oracle, asking, value)

    def _begin(self, oracle: Oracle, workspace_id: UUID, question: Question[T], heard: Heard | None) -> Asking[T]:
        schema, _ = schema_of(question.schema)
        prices, seconds = oracle.model.endpoint.prices, oracle.seconds
        purse = Purse(oracle.database, oracle.clock, workspace_id, prices, oracle.limits, seconds + SLACK)
        now = time.monotonic()
        return Asking(
            workspace_id=workspace_id,
            question=question,
            prompt=Prompt(question.instruction, question.data, schema, question.max_tokens),
            purse=purse,
            bill=Bill(purse.reserve),
            began=now,
            until=now + seconds,
            heard=heard,
        )

    async def _asked(self, oracle: Oracle, asking: Asking[T]) -> T | None:
        """None: `asking.outcome` says why. Whatever happens, it is settled."""
        if not await _acquired(self._slots, asking.until):
            asking.outcome = "timeout"
            return None
        try:
            return await self._answered(oracle, asking)
        finally:
            self._slots.release()
            task = asyncio.create_task(self._end(oracle, asking))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
            await asyncio.shield(task)

    async def _answered(self, oracle: Oracle, asking: Asking[T]) -> T | None:
        question = asking.question
        try:
            asking.given = await oracle.guard.enter(asking.workspace_id)
            left = asking.until - time.monotonic()
            value = await oracle.model.ask(asking.prompt, question.schema, asking.bill, left, asking.heard)
        except Unanswered as error:
            asking.outcome, asking.is_down = error.why, error.is_down
        except Open:
            asking.outcome = "circuitOpen"
        except Disabled:
            asking.outcome = "disabled"
        except Unaffordable:
            asking.outcome = "overBudget"
        except FAILURES as error:  # of the budget's: without it nobody may spend
            log.warning("model.no_budget", error=type(error).__name__)
            asking.outcome = "unavailable"
        except Exception as error:
            log.exception("model.failed", question=question.name, error=type(error).__name__)
            asking.outcome = "unavailable"
        else:
            asking.outcome, asking.is_down = "answered", False
            return value
        return None

    async def _end(self, oracle: Oracle, asking: Asking[T]) -> None:
        """Also when who asked is gone. Never raises."""
        seconds = time.monotonic() - asking.began
        if asking.given is not None:
            with suppress(Exception):
                await oracle.guard.leave(asking.given, is_down=asking.is_down)
        counted = asking.bill.counted
        cost = oracle.model.endpoint.prices.cost(counted)
        oracle.meters.consulted(asking.question.name, asking.outcome, seconds, (counted.prompt, counted.completion), cost)
        try:
            if asking.bill.sent:
                await asking.purse.settle(asking.bill, self._line(oracle, asking, seconds))
            elif asking.purse.day is not None:
                await asking.purse.give_back()
        except FAILURES as error:  # what was set aside lapses
            log.warning("model.not_settled", error=type(error).__name__)

    @staticmethod
    def _line(oracle: Oracle, asking: Asking[T], seconds: float) -> AiCall:
        usage, endpoint = asking.bill.usage, oracle.model.endpoint
        return AiCall(
            id=new_id(),
            workspace_id=asking.workspace_id,
            at=oracle.clock(),
            question=asking.question.name,
            model=endpoint.name,
            outcome=asking.outcome,
            calls=asking.bill.sent,
            prompt_tokens=usage.prompt if usage else None,
            completion_tokens=usage.completion if usage else None,
            cost_usd=endpoint.prices.cost(usage),
            seconds=seconds,
        )

    @staticmethod
    def _told(oracle: Oracle, asking: Asking[T], value: T | None) -> Consulted[T]:
        usage, endpoint = asking.bill.usage, oracle.model.endpoint
        tokens, cost = (usage.total if usage else None), endpoint.prices.cost(usage)
        counts = (usage.prompt, usage.completion) if usage else (None, None)
        if value is None:
            outcome = asking.outcome
            reason: Reason = "unavailable" if outcome == "answered" or outcome == "cancelled" else outcome  # noqa: PLR1714 - narrows
            return Consulted(None, Source("local", None, tokens, cost, reason), *counts)
        return Consulted(value, Source("model", endpoint.name, tokens, cost), *counts)

    async def close(self) -> None:
        """Waits for what is being settled."""
        if self._settling:
            await asyncio.wait(self._settling, timeout=SLACK)
        if self.oracle is not None:
            await self.oracle.guard.close()
            await self.oracle.model.close()
