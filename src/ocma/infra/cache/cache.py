"""Two layers, this process and Redis. A Redis that is away makes it slower and breaks nothing.

**How stale.** An answer is never older than its `ttl`. After `invalidate` the calling process gives no old answer, and all
others hear of it at once. One that does not hear of it, or is cut off from Redis, gives an old answer for `TRUST` seconds at
most, for it believes nothing longer without asking Redis for the tags' versions. An invalidation that Redis did not take is
repeated as soon as it answers again, before this process reads anything there. Two things leave an old answer until its
`ttl`: a process that dies with an invalidation it could not pass on, and a Redis that forgets one (a replica takes over that
had not got it).
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any, TypeAlias
from uuid import UUID

import structlog

from ocma.infra.cache.flights import Flights
from ocma.infra.cache.gauges import Gauges
from ocma.infra.cache.keys import EVERYTHING, Key, Part
from ocma.infra.cache.memory import Entry, Memory
from ocma.infra.cache.news import News
from ocma.infra.cache.shared import Found, Shared
from ocma.infra.cache.wanted import EARLY, Wanted, decoded, encoded, fits
from ocma.infra.line import AGAIN, Away, Line
from ocma.infra.redis import Client

TRUST = 5.0  # seconds
NEGATIVE = 5.0  # seconds that "there is none" is good
WAIT = 5.0  # seconds to wait for another process that computes the same
STEPS = (0.02, 0.05, 0.1)  # seconds between looks at what it does
LAST_STEP = 0.2
ENTRIES = 20_000  # in this process
OWED = 10_000  # invalidations that Redis has not got yet, remembered

Parts: TypeAlias = tuple[Part, ...]
Compute: TypeAlias = Callable[[], Awaitable[bytes | None]]
ComputeMany: TypeAlias = Callable[[Sequence[Parts]], Awaitable[Mapping[Parts, bytes | None]]]

log = structlog.get_logger(__name__)


class Cache:
    """One per process."""

    def __init__(
        self, redis: Client, most_bytes: int, *, line: Line | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._line = line or Line(redis, "cache")
        self._line.back = self._pay
        self._shared, self._memory = Shared(self._line), Memory(ENTRIES, most_bytes)
        self._news = News(redis, self._shared.me, self._drop, self._memory.doubt)
        self._flights, self._renewals = Flights(), Flights()  # somebody waits for those; for these nobody does
        self._owed: dict[tuple[UUID, str], None] = {}
        self._monotonic = monotonic
        self.gauges = Gauges(lambda: (len(self._memory), self._memory.bytes), lambda: (self._line.is_away, self._line.failures))

    async def get_or(
        self,
        workspace_id: UUID,
        parts: Parts,
        ttl: float,
        compute: Compute,
        *,
        tags: Sequence[str] = (),
        negative: float = NEGATIVE,
    ) -> bytes | None:
        """What `compute` returned within the last `ttl` seconds; None, if that is what it returned within the last `negative`.

        `parts` begin with a fixed word that says what for; the rest is everything the answer depends on. However many ask, one
        computes. An error goes to all who wait, and is not kept. `compute` opens its own transactions, and goes on when who asked
        is gone.
        """
        wanted = Wanted(Key(workspace_id, parts, frozenset(tags)), ttl, negative)
        name, now = wanted.key.name, self._monotonic()
        held = self._memory.find(wanted.key, now)
        if held is None or now >= held.believed_until:
            return await self._flights.join(wanted.key, name, lambda: self._fetch(wanted, compute))
        if is_late := now >= held.renewed_from:
            self._flights.start(wanted.key, name, lambda: self._fetch(wanted, compute))
        self.gauges.count(wanted.key.use, "early" if is_late else "memory")
        return held.value

    def find_here(self, workspace_id: UUID, parts: Parts, *, tags: Sequence[str] = ()) -> bytes | None:
        """What this process has and may give without asking anybody. None: `get_or` has to be asked, which may find it."""
        key, now = Key(workspace_id, parts, frozenset(tags)), self._monotonic()
        held = self._memory.find(key, now)
        if held is None or held.value is None or now >= min(held.believed_until, held.renewed_from):
            return None
        self.gauges.count(key.use, "memory")
        return held.value

    async def get_json_or(
        self,
        workspace_id: UUID,
        parts: Parts,
        ttl: float,
        compute: Callable[[], Awaitable[Any]],
        *,
        tags: Sequence[str] = (),
        negative: float = NEGATIVE,
    ) -> Any:
        """The same for what JSON can say. Each caller gets a copy of their own."""

        async def text() -> bytes | None:
            value = await compute()
            return None if value is None else json.dumps(value).encode()

        found = await self.get_or(workspace_id, parts, ttl, text, tags=tags, negative=negative)
        return None if found is None else json.loads(found)

    async def find(self, workspace_id: UUID, parts: Parts) -> bytes | None:
        """What was given to `keep` for the same parts, in Redis; None too where nobody can tell.

        For what costs money: nobody computes it unasked, and who asked may still change their mind.
        """
        key, found = Key(workspace_id, parts), list[Found]()
        with suppress(Away):
            found = await self._shared.look_many([key])
        if not found or not found[0].body:
            return None
        self.gauges.count(key.use, "redis")
        return decoded(found[0].body)

    async def keep(self, workspace_id: UUID, parts: Parts, ttl: float, value: bytes) -> None:
        """For `find`, as long as all of the workspace's answers are good. Never raises for Redis."""
        key = Key(workspace_id, parts)
        self.gauges.count(key.use, "computed" if fits(value) else "tooLarge")
        if fits(value):
            with suppress(Away):
                stamp = (await self._shared.look_many([key]))[0].stamp
                await self._shared.keep_many([key], stamp, [(encoded(value), ttl)])

    async def get_many_or(
        self,
        workspace_id: UUID,
        many: Sequence[Parts],
        ttl: float,
        compute: ComputeMany,
        *,
        tags: Sequence[str] = (),
        negative: float = NEGATIVE,
    ) -> dict[Parts, bytes | None]:
        """The same for many keys: one call of Redis to get them, one of `compute` for those it lacks, one to keep those.

        What `compute` leaves out is None. All parts begin with the same word. Of two who ask at the same moment both may compute,
        if they do not ask for the same keys, or in another process.
        """
        all_wanted = {parts: Wanted(Key(workspace_id, parts, frozenset(tags)), ttl, negative) for parts in many}
        answers, missing, now = dict[Parts, bytes | None](), dict[Parts, Wanted](), self._monotonic()
        for parts, wanted in all_wanted.items():
            held = self._memory.find(wanted.key, now)
            if held is None or now >= min(held.believed_until, held.renewed_from):
                missing[parts] = wanted
            else:
                answers[parts] = held.value
                self.gauges.count(wanted.key.use, "memory")
        if missing:
            key = next(iter(missing.values())).key
            name = hashlib.sha256("".join(each.key.name for each in missing.values()).encode()).hexdigest()
            answers |= await self._flights.join(key, name, lambda: self._fetch_many(missing, name, compute))
        return {parts: answers[parts] for parts in all_wanted}

    async def invalidate(self, workspace_id: UUID, *tags: str) -> None:
        """Answers with one of these tags are good no more; without tags, none of the workspace's. Never raises for Redis.

        After the commit, not before it: what is computed in between would be old.
        """
        given = tags or (EVERYTHING,)
        try:
            await asyncio.shield(asyncio.create_task(self._void(workspace_id, given)))  # even if the caller hangs up
        finally:
            for tag in given:
                self._drop(workspace_id, tag)

    async def close(self) -> None:
        for part in (self._news, self._flights, self._renewals, self._line):
            await part.close()

    async def _fetch(self, wanted: Wanted, compute: Compute) -> bytes | None:
        """From Redis, or from another process that is at it, or computed."""
        pauses, until = chain(STEPS, repeat(LAST_STEP)), self._monotonic() + WAIT
        while True:
            asked = self._monotonic()
            held = self._memory.find(wanted.key, asked)
            found = await self._look(wanted, held.stamp if held and asked < held.renewed_from else "")
            if found is None:
                return await self._compute(wanted, compute, "", asked, self._flights)
            if found.is_known and held:
                held.believed_until = asked + TRUST
                self.gauges.count(wanted.key.use, "redis")
                return held.value
            if found.body:
                return self._take(wanted, compute, found, asked)
            if found.is_mine or asked >= until:
                return await self._compute(wanted, compute, found.stamp, asked, self._flights)
            await asyncio.sleep(next(pauses))

    async def _look(self, wanted: Wanted, known: str) -> Found | None:
        """None: Redis is away."""
        self._news.listen()
        with suppress(Away):
            return await self._shared.look(wanted.key, known, wanted.ttl * EARLY)
        return None

    def _take(self, wanted: Wanted, compute: Compute, found: Found, asked: float) -> bytes | None:
        """What Redis has; renewed by us, if it is time and nobody else does."""
        key, value = wanted.key, decoded(found.body)
        if self._flights.has(key.name):
            self._keep(wanted, value, found.stamp, asked, found.left)
        if found.is_mine:
            self._renewals.start(key, key.name, lambda: self._compute(wanted, compute, found.stamp, asked, self._renewals))
        self.gauges.count(key.use, "early" if found.is_mine else "redis")
        return value

    async def _compute(self, wanted: Wanted, compute: Compute, stamp: str, asked: float, mine: Flights) -> bytes | None:
        """`stamp`: the versions at `asked`, before it began; "": nobody could tell, and Redis is left alone."""
        body, seconds = b"", 0.0
        try:
            value = await compute()
            self.gauges.count(wanted.key.use, "computed" if fits(value) else "tooLarge")
            if fits(value) and mine.has(wanted.key.name):
                body, seconds = encoded(value), wanted.seconds(value)
                self._keep(wanted, value, stamp, asked, seconds)
            return value
        finally:
            if stamp:  # others wait for it, or for nothing
                with suppress(Away):
                    await self._shared.keep(wanted.key, stamp, body, seconds)

    def _keep(self, wanted: Wanted, value: bytes | None, stamp: str, asked: float, seconds: float) -> None:
        """Here. Where it is time to renew it and somebody else does, we look again a second later."""
        good_until = asked + (seconds if stamp else min(seconds, TRUST))
        early = wanted.early(value)
        renewed_from = max(good_until - early, asked + min(AGAIN, early))
        self._memory.keep(Entry(wanted.key, value, stamp, asked + TRUST, renewed_from, good_until))

    async def _fetch_many(self, all_wanted: Mapping[Parts, Wanted], name: str, compute: ComputeMany) -> dict[Parts, bytes | None]:
        asked, answers, found = self._monotonic(), dict[Parts, bytes | None](), list[Found]()
        self._news.listen()
        with suppress(Away):
            found = await self._shared.look_many([each.key for each in all_wanted.values()])
        for (parts, wanted), each in zip(all_wanted.items(), found, strict=False):  # there are none while Redis is away
            if each.body:
                answers[parts] = decoded(each.body)
                self.gauges.count(wanted.key.use, "redis")
                if self._flights.has(name):
                    self._keep(wanted, answers[parts], each.stamp, asked, each.left)
        if missing := {parts: each for parts, each in all_wanted.items() if parts not in answers}:
            answers |= await self._compute_many(missing, name, compute, found[0].stamp if found else "", asked)
        return answers

    async def _compute_many(
        self, missing: Mapping[Parts, Wanted], name: str, compute: ComputeMany, stamp: str, asked: float
    ) -> dict[Parts, bytes | None]:
        computed = await compute(list(missing))
        values = {parts: computed.get(parts) for parts in missing}
        fitting = {parts: value for parts, value in values.items() if fits(value)}
        for parts, each in missing.items():
            self.gauges.count(each.key.use, "computed" if parts in fitting else "tooLarge")
        if not self._flights.has(name):
            return values
        for parts, value in fitting.items():
            self._keep(missing[parts], value, stamp, asked, missing[parts].seconds(value))
        if stamp and fitting:
            bodies = [(encoded(value), missing[parts].seconds(value)) for parts, value in fitting.items()]
            with suppress(Away):
                await self._shared.keep_many([missing[parts].key for parts in fitting], stamp, bodies)
        return values

    def _drop(self, workspace_id: UUID, tag: str) -> None:
        self._memory.drop(workspace_id, tag)
        self._flights.drop(workspace_id, tag)
        self._renewals.drop(workspace_id, tag)

    async def _void(self, workspace_id: UUID, tags: Sequence[str]) -> None:
        try:
            await self._line.ask(lambda redis: self._shared.void(redis, workspace_id, tags))
        except Away:
            self._owed |= dict.fromkeys((workspace_id, tag) for tag in tags)
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        """What other processes have is good until its ttl, then."""
        while len(self._owed) > OWED:
            del self._owed[next(iter(self._owed))]
            log.error("cache.invalidation_lost")

    async def _pay(self, redis: Client) -> None:
        """Before anything is read from a Redis that is back. What it does not take is owed on."""
        while self._owed:
            workspace_id, tag = owed = next(iter(self._owed))
            del self._owed[owed]
            try:
                await self._shared.void(redis, workspace_id, [tag])
            except BaseException:
                self._owed[owed] = None
                raise
