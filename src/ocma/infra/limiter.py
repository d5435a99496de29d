"""Requests of our callers, counted: in Redis for all processes, and here, for when Redis is away."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from redis.exceptions import RedisError

from ocma.infra.batching import Batcher
from ocma.infra.limits import Policy, Standing
from ocma.infra.redis import Client
from ocma.infra.scripts import Script

PATIENCE = 0.3  # seconds that Redis has for an answer
AGAIN = 1.0  # seconds until it is asked again after none
REMEMBERED = 20_000  # callers, here
UNHAPPY = (RedisError, OSError, TimeoutError)
TAG = "ocma:{limits}"  # all in one hash slot, so that a cluster, too, counts many in one call

# For each key: how many there were in its window, this one included, and the milliseconds until it ends.
_COUNT = Script("""
local answers = {}
for number, key in ipairs(KEYS) do
    local count, left = redis.call('INCR', key), redis.call('PTTL', key)
    if left < 0 then
        left = tonumber(ARGV[number])
        redis.call('PEXPIRE', key, left)
    end
    answers[number * 2 - 1], answers[number * 2] = count, left
end
return answers
""")

log = structlog.get_logger(__name__)


class Limiter:
    """One per process. Nobody waits for a Redis that does not answer, but for whoever finds that out.

    Requests of the same moment share a round trip. While Redis is away, and in a window of which it has lost count, what this
    process knows goes on: then each process grants the whole limit, at worst.
    """

    def __init__(self, redis: Client, monotonic: Callable[[], float] = time.monotonic, patience: float = PATIENCE) -> None:
        self._redis, self._monotonic, self._patience = redis, monotonic, patience
        self._here: OrderedDict[str, tuple[int, float]] = OrderedDict()  # requests in the window, and when it ends (monotonic)
        self._shared = Batcher(self._ask, 0)
        self._again_at = float("-inf")  # away, when this is set
        self._probe: asyncio.Task[None] | None = None

    async def take(self, policy: Policy, whose: str) -> Standing:
        """Counts a request; whoever has used up their quota is told without asking Redis."""
        if over := self.find_over(policy, whose):
            return over
        key = _key(policy, whose)
        if self._is_away:
            self._look_again((key, policy.window))
        else:
            with suppress(*UNHAPPY):
                count, until = await self._shared((key, policy.window))
                return self._told(policy, key, count, until)
        return self._alone(policy, key)

    def find_over(self, policy: Policy, whose: str) -> Standing | None:
        """The standing of somebody whose quota is known here to be used up. Counts nothing."""
        count, until = self._here.get(_key(policy, whose), (0, 0.0))
        left = until - self._monotonic()
        return Standing(policy, policy.quota + 1, left) if count >= policy.quota and left > 0 else None

    def _told(self, policy: Policy, key: str, count: int, until: float) -> Standing:
        known, ends = self._here.get(key, (0, 0.0))
        if known >= count and self._monotonic() < ends - self._patience:  # Redis was emptied, or was away for a while
            count, until = known + 1, ends
        return self._remember(policy, key, count, until)

    def _alone(self, policy: Policy, key: str) -> Standing:
        now = self._monotonic()
        count, until = self._here.get(key, (0, 0.0))
        return self._remember(policy, key, *((count + 1, until) if now < until else (1, now + policy.window)))

    def _remember(self, policy: Policy, key: str, count: int, until: float) -> Standing:
        self._here[key] = (count, until)
        self._here.move_to_end(key)
        if len(self._here) > REMEMBERED:
            self._here.popitem(last=False)
        return Standing(policy, count, max(until - self._monotonic(), 0.0))

    @property
    def _is_away(self) -> bool:
        return self._again_at > float("-inf")

    async def _ask(self, wanted: Sequence[tuple[str, int]]) -> Sequence[tuple[int, float]]:
        """A window's end is reckoned from after the answer: for us it ends later than in Redis, by `patience` at most."""
        if self._monotonic() < self._again_at:
            raise TimeoutError
        try:
            async with asyncio.timeout(self._patience):
                lengths = [window * 1000 for _, window in wanted]
                answer = await _COUNT.run(self._redis, [key for key, _ in wanted], lengths)
        except UNHAPPY as error:
            if not self._is_away:
                log.warning("limits.alone", error=type(error).__name__)
            self._again_at = self._monotonic() + AGAIN
            raise
        if self._is_away:
            log.info("limits.shared")
            self._again_at = float("-inf")
        now = self._monotonic()
        return [(int(count), now + left / 1000) for count, left in zip(answer[::2], answer[1::2], strict=True)]

    def _look_again(self, wanted: tuple[str, int]) -> None:
        """Beside the request, which does not wait for it."""
        if self._monotonic() >= self._again_at and (self._probe is None or self._probe.done()):
            self._probe = asyncio.create_task(self._look(wanted))

    async def _look(self, wanted: tuple[str, int]) -> None:
        with suppress(*UNHAPPY):
            await self._shared(wanted)


def _key(policy: Policy, whose: str) -> str:
    return f"{TAG}:{policy.name}:{policy.window}:{whose}"
