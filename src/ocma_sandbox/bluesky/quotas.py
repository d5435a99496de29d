"""The documented limits: requests of an address, logins of an account, writes in points, uploads of blobs."""

from collections.abc import Sequence
from dataclasses import dataclass

from ocma_sandbox.bluesky import errors, settings
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.limits import Limit, Reading
from ocma_sandbox.world import World

HOUR, DAY = 3600, 86400
OVERALL = (Limit(*errors.OVERALL),)
LOGINS = (Limit(30, 300), Limit(300, DAY))
WRITES = (Limit(5000, HOUR), Limit(35_000, DAY))
BLOBS = (Limit(1000, DAY),)
POINTS = {"create": 3, "update": 2, "delete": 1}


@dataclass(frozen=True)
class Charge:
    """`cost` units of each of the limits, for `who`."""

    name: str
    limits: Sequence[Limit]
    who: str
    cost: int = 1


@dataclass(frozen=True)
class Bill:
    headers: dict[str, str]
    allowed: bool


def take(world: World, charges: Sequence[Charge]) -> Bill:
    """All are charged; the headers show the limit with the least left."""
    factor = settings.of(world).rate_factor
    if factor <= 0:
        return Bill({}, allowed=True)
    taken = [(limit, _taken(world, charge, limit.times(factor))) for charge in charges for limit in charge.limits]
    limit, narrowest = min(taken, key=lambda pair: (pair[1].allowed, pair[1].remaining))
    return Bill(_headers(narrowest, limit.seconds, world.clock()), allowed=narrowest.allowed)


def _taken(world: World, charge: Charge, limit: Limit) -> Reading:
    key = (KEY, charge.name, limit.seconds, charge.who)
    readings = [world.windows.take(key, limit, world.clock()) for _ in range(max(charge.cost, 1))]
    return readings[-1]


def _headers(reading: Reading, seconds: int, now: float) -> dict[str, str]:
    shown = {
        "RateLimit-Limit": str(reading.limit),
        "RateLimit-Remaining": str(reading.remaining),
        "RateLimit-Reset": str(int(-(-reading.reset_at // 1))),
        "RateLimit-Policy": f"{reading.limit};w={seconds}",
    }
    return shown if reading.allowed else {**shown, "Retry-After": str(max(1, int(-(-(reading.reset_at - now) // 1))))}
