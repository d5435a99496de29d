"""A post that was published, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from ocma.errors import Invalid
from ocma.intelligence.arrays import Ints

HOURS = 168


@dataclass(frozen=True, slots=True)
class Past:
    """`engagement`: likes + comments + shares. `published_at` is aware."""

    text: str
    title: str
    media: str | None
    published_at: datetime
    engagement: float


def countable(past: Sequence[Past]) -> list[Past]:
    """Those whose engagement is a count, oldest first."""
    counted = (each for each in past if isfinite(each.engagement) and each.engagement >= 0)
    return sorted(counted, key=lambda each: each.published_at)


def slot(at: datetime, zone: ZoneInfo) -> int:
    """The local hour of the week: 0 is Monday, midnight to one."""
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def slots(past: Sequence[Past], zone: ZoneInfo) -> Ints:
    return np.array([slot(each.published_at, zone) for each in past], dtype=np.intp)


def zone_of(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(
            f"{tz!r} is no IANA time zone.", code="unknownTimezone", remediation="Give one such as Europe/Berlin."
        ) from error
