"""How often a password may be tried, per e-mail and address: counted in Redis, here when Redis is down."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from ocma.errors import QuotaExceeded
from ocma.infra.line import Away, Line

TRIES = 10
WINDOW = 300  # seconds
REMEMBERED = 10_000  # addresses, when counting here

_COUNT = """
local tries = redis.call('INCR', KEYS[1])
if tries == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {tries, redis.call('TTL', KEYS[1])}
"""


class LoginLimit:
    """Without Redis every process counts for itself: a wider door than one, but no open one."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._here: OrderedDict[str, tuple[int, float]] = OrderedDict()

    async def take(self, line: Line, email: str, address: str) -> None:
        """Raises QuotaExceeded when the window's tries are used up; the try itself counts, here too, for when Redis goes."""
        key = _key(email, address)
        tries, left = self._take_here(key)
        with suppress(Away):
            answer: Any = await line.ask(lambda redis: cast("Any", redis.eval(_COUNT, 1, key, str(WINDOW))))
            tries, left = int(answer[0]), int(answer[1])
        if tries > TRIES:
            raise QuotaExceeded(
                "Too many tries to log in.", code="tooManyLogins", retry_after=max(left, 1), remediation="Wait, then try again."
            )

    async def forget(self, line: Line, email: str, address: str) -> None:
        """After a success."""
        key = _key(email, address)
        self._here.pop(key, None)
        with suppress(Away):
            await line.ask(lambda redis: redis.delete(key))

    def _take_here(self, key: str) -> tuple[int, int]:
        now = self._monotonic()
        tries, until = self._here.get(key, (0, 0.0))
        if now >= until:
            tries, until = 0, now + WINDOW
        self._here[key] = (tries + 1, until)
        if len(self._here) > REMEMBERED:
            self._here.popitem(last=False)
        return tries + 1, int(until - now)


def _key(email: str, address: str) -> str:
    who = hashlib.sha256(f"{email.lower()}|{address}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"ocma:login:{who}"
