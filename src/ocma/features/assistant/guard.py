"""Whether the model may be asked at all: the circuit breaker that publishing has (publishing/breaker.py), for the model's server.

All processes share it in Redis; without Redis each has its own.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import random
from typing import TypeVar
from uuid import UUID

import structlog

from ocma.features.publishing.breaker import Breaker, Place, Policy, Tally
from ocma.features.publishing.circuit import Circuits
from ocma.ids import new_id
from ocma.infra.line import Away, Line
from ocma.infra.redis import Client

PLATFORM = "model"  # as which it stands in metrics beside platforms
CALLS = 6  # fewer say nothing

Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


class Open(Exception):
    """It was in trouble a moment ago."""


@dataclass(frozen=True, slots=True)
class Pass:
    workspace_id: UUID
    id: str
    is_probe: bool


def place_of(url: str, name: str) -> Place:
    """A model at a server."""
    return Place(PLATFORM, hashlib.sha256(f"{url} {name}".encode()).hexdigest()[:12])


def policy_of(seconds: float, probe: float) -> Policy:
    """`seconds` it stays open the first time; a probe that says nothing for `probe` is as good as dead. As many calls as it
    takes, one after the other and each as long as it may be, are looked at together.
    """
    window = max(Policy().window, CALLS * probe / 2)
    return Policy(calls=CALLS, accounts=2, first=seconds, longest=seconds * 20, probe=probe, window=window)


def trips(policy: Policy, tally: Tally) -> bool:
    """When several workspaces find it down as often as not; or one does, and nobody gets through."""
    total = tally.ok + tally.down
    if total < policy.calls or tally.down < policy.share * total:
        return False
    return tally.accounts >= policy.accounts or not tally.ok


class Guard:
    """One per process."""

    def __init__(self, redis: Client, place: Place, policy: Policy) -> None:
        self.place, self._policy = place, policy
        self._breaker, self._circuits = Breaker(redis, policy), Circuits(policy)
        self._line = Line(redis, "model")

    async def enter(self, workspace_id: UUID) -> Pass:
        """Raises Open. Who has a pass tells what became of it."""
        name = str(new_id())
        seconds, is_probe = await self._either(
            lambda: self._breaker.pass_(self.place, name), lambda: self._circuits.wait(self.place, name)
        )
        if seconds > 0:
            raise Open
        return Pass(workspace_id, name, is_probe)

    async def leave(self, given: Pass, *, is_down: bool | None) -> None:
        """None: it says nothing, e.g. because the caller hung up."""
        if is_down is None:
            if given.is_probe:
                await self._either(
                    lambda: self._breaker.release(self.place, given.id), lambda: self._circuits.release(self.place, given.id)
                )
        elif not is_down:
            await self._well(given)
        elif given.is_probe:
            await self._trip()
        else:
            await self._failed(given)

    async def _well(self, given: Pass) -> None:
        if given.is_probe:
            self._circuits.close(self.place)
            await self._either(lambda: self._breaker.close(self.place), lambda: None)
            log.info("model.back")
        await self._either(lambda: self._breaker.well(self.place), lambda: self._circuits.ok(self.place, 1))

    async def _failed(self, given: Pass) -> None:
        who = str(given.workspace_id)
        tally = await self._either(
            lambda: self._breaker.failed(self.place, "down", who, 0), lambda: self._circuits.failed(self.place, "down", who)
        )
        if not tally.tripped and trips(self._policy, tally):
            await self._trip()

    async def _trip(self) -> None:
        seconds = await self._either(
            lambda: self._breaker.trip(self.place, "down", random()),  # noqa: S311 - spreads, hides nothing
            lambda: self._circuits.trip(self.place, random()),  # noqa: S311 - as above
        )
        if seconds:
            log.warning("breaker.open", platform=PLATFORM, place=self.place.name, reason="down", seconds=round(seconds, 1))

    async def _either(self, shared: Callable[[], Awaitable[Answer]], alone: Callable[[], Answer]) -> Answer:
        try:
            return await self._line.ask(lambda _: shared())
        except Away:
            return alone()

    async def close(self) -> None:
        await self._line.close()
