"""How places are: what the API and the metrics show of breakers and of platforms that throttle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from ocma.clock import Clock
from ocma.features.publishing.breaker import Place, Trouble, counts_key, places_key
from ocma.infra.redis import Client

State = Literal["closed", "open", "halfOpen"]


@dataclass(frozen=True, slots=True)
class Health:
    """`until`: when an open one lets somebody try. `failures`: of the last minute."""

    place: Place
    state: State
    until: datetime | None
    reason: Trouble | None
    failures: int


async def fetch_health(redis: Client, places: list[Place], clock: Clock) -> dict[Place, Health]:
    """Raises RedisError or OSError when Redis does not answer."""
    if not places:
        return {}
    pipeline = redis.pipeline(transaction=False)
    for place in places:
        pipeline.hmget(place.key("breaker"), ["until", "reason"])
        pipeline.hgetall(place.key("tally"))
    found: list[Any] = await pipeline.execute()
    pairs = zip(places, found[::2], found[1::2], strict=True)
    return {place: _health(place, opened, tally, clock()) for place, opened, tally in pairs}


def _health(place: Place, opened: list[bytes | None], tally: Mapping[bytes, bytes], now: datetime) -> Health:
    failures = sum(int(count) for field, count in tally.items() if not field.startswith(b"ok:"))
    until, reason = opened
    if until is None:
        return Health(place, "closed", None, None, failures)
    left = timedelta(milliseconds=float(until) - now.timestamp() * 1000)
    why: Trouble = "refused" if reason == b"refused" else "down"
    return Health(
        place, "open" if left > timedelta(0) else "halfOpen", now + left if left > timedelta(0) else None, why, failures
    )


async def list_troubled(redis: Client, platform: str, most: int = 200) -> list[Place]:
    """Places where something failed in the last day, the latest first."""
    found: list[Any] = await redis.zrevrange(places_key(platform), 0, most - 1)
    return [Place(platform, name.decode()) for name in found]


async def fetch_closed(redis: Client, doors: Sequence[str], clock: Clock) -> dict[str, datetime]:
    """Those of `doors` that the platform itself has closed (it throttles), and until when."""
    if not doors:
        return {}
    pipeline = redis.pipeline(transaction=False)
    for door in doors:
        pipeline.pttl(door)
    left: list[int] = await pipeline.execute()
    return {door: clock() + timedelta(milliseconds=each) for door, each in zip(doors, left, strict=True) if each > 0}


async def fetch_counts(redis: Client, platform: str) -> dict[str, int]:
    """Calls by outcome (ok, down, refused, throttled), since Redis was last emptied."""
    found: Any = await redis.hgetall(counts_key(platform))
    return {outcome.decode(): int(count) for outcome, count in found.items()}
