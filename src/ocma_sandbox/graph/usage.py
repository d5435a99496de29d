"""How much of the quota is used, as the Graph API tells it: in percent, and minutes until access is regained."""

import json
import math
from dataclasses import dataclass

from ocma_sandbox.limits import Limit
from ocma_sandbox.world import World

MINUTE = 60


@dataclass(frozen=True)
class Quota:
    """Calls that `who` may make; `kind` is the business use case as the header names it, empty for the app's own limit."""

    who: str
    limit: Limit
    kind: str = ""


def headers(who: str, kind: str, *, percent: int, minutes: int = 0) -> dict[str, str]:
    counts = {"call_count": percent, "total_cputime": percent // 4, "total_time": percent // 4}
    if not kind:
        return {"X-App-Usage": json.dumps(counts)}
    told = {who: [{"type": kind, **counts, "estimated_time_to_regain_access": minutes}]}
    return {"X-Business-Use-Case-Usage": json.dumps(told)}


def take(world: World, key: str, quota: Quota, factor: float) -> tuple[dict[str, str], bool]:
    """The headers of the answer, and whether the call may be made; a factor of 0 switches the limits off."""
    if factor <= 0:
        return {}, True
    now = world.clock()
    reading = world.windows.take((key, quota.kind, quota.who), quota.limit.times(factor), now)
    percent = 100 * (reading.limit - reading.remaining) // reading.limit
    minutes = 0 if reading.allowed else math.ceil((reading.reset_at - now) / MINUTE)
    return headers(quota.who, quota.kind, percent=percent, minutes=minutes), reading.allowed
