"""What is broken, and when: drawn from the seed before it begins.

Not by the clock but by what is published so far: so the same run strikes as often on a slow machine as on a fast one, and always
while there is something to hit.
"""

import asyncio
import signal
from collections import Counter
from dataclasses import dataclass
from random import Random

from bench.chaos.crew import Crew
from bench.chaos.servers import Servers

# How often, over 5,000 publications.
OFTEN = {
    "kill -9 worker": 25,
    "kill -9 dispatcher": 20,
    "kill -9 API": 15,
    "stop worker (SIGTERM)": 8,
    "Redis flushed": 10,
    "Redis kill -9, restarted": 6,
    "PostgreSQL immediate shutdown, restarted": 6,
}
FULL = 5000
ROLES = {"worker": "worker", "dispatcher": "dispatcher", "API": "api"}
WAIT = 90.0  # seconds a blow waits for something to strike


@dataclass(frozen=True, slots=True)
class Blow:
    """Due when so many publications are published."""

    after: int
    kind: str


def blows(seed: int, total: int) -> list[Blow]:
    """Fewer for fewer publications, but each kind at least once; all before nine tenths are published."""
    random, found = Random(f"{seed}:storm"), list[Blow]()
    for kind, often in OFTEN.items():
        count = max(1, round(often * min(1.0, total / FULL) ** 0.5))
        found += [Blow(round(random.uniform(0.0, 0.88) * total), kind) for _ in range(count)]
    return sorted(found, key=lambda each: each.after)


class Storm:
    """`struck`: what was really broken, by kind."""

    def __init__(self, crew: Crew, servers: Servers, wanted: list[Blow]) -> None:
        self._crew, self._servers, self._waiting = crew, servers, list(reversed(wanted))
        self._postgres, self._valkey = asyncio.Lock(), asyncio.Lock()
        self.struck: Counter[str] = Counter()

    async def advance(self, published: int) -> None:
        """Strikes what is due by now. What was broken is back when this returns, or being started by its keeper."""
        async with asyncio.TaskGroup() as group:
            while self._waiting and self._waiting[-1].after <= published:
                group.create_task(self._strike(self._waiting.pop().kind))

    async def _strike(self, kind: str) -> None:
        async with asyncio.timeout(WAIT):
            while not await self._hit(kind):  # noqa: ASYNC110 - what is down is started again by somebody else
                await asyncio.sleep(0.1)
        self.struck[kind] += 1

    async def _hit(self, kind: str) -> bool:
        """False: there was nothing to strike."""
        if kind.startswith("PostgreSQL"):
            async with self._postgres:
                await self._servers.crash_postgres()
            return True
        if kind.startswith("Redis"):
            return await self._hit_valkey(kind)
        role = next(role for name, role in ROLES.items() if name in kind)
        return self._crew.strike(role, signal.SIGTERM if "SIGTERM" in kind else signal.SIGKILL)

    async def _hit_valkey(self, kind: str) -> bool:
        async with self._valkey:
            if "flushed" in kind:
                return await self._servers.flush_valkey()
            await self._servers.crash_valkey()
            return True
