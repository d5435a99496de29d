"""Readings to write down, and what must follow from them, reckoned from raw samples by another way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from ocma.platforms.metrics import FOLLOWERS, VIEWS, WATCHED_SHARE, Measure, Reading

TOTAL = Measure(FOLLOWERS, "followers_count", of="account")
DELTA = Measure(VIEWS, "views_day", of="account", kind="delta")
RATE = Measure(WATCHED_SHARE, "averageViewPercentage", of="account", kind="rate")
STEP = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
LONGEST = {"hour": timedelta(hours=1), "day": timedelta(hours=25), "week": timedelta(hours=169)}


def total(value: float, measure: Measure = TOTAL, **more) -> Reading:
    return Reading(measure, float(value), **more)


def span(value: float, start: datetime, length: timedelta, measure: Measure = DELTA, **more) -> Reading:
    return Reading(measure, float(value), start=start, end=start + length, **more)


def bucket(grain: str, at: datetime) -> datetime:
    at = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if grain == "hour":
        return at
    at = at.replace(hour=0)
    return at if grain == "day" else at - timedelta(days=at.isoweekday() - 1)


@dataclass(frozen=True)
class Rolled:
    first: float
    last: float
    min: float
    max: float
    count: int
    growth: float | None
    gap: float | None
    fell: int


def of_points(samples: Sequence[tuple[datetime, float]], grain: str, *, adds_up: bool) -> dict[datetime, Rolled]:
    """`samples` in the order of time."""
    inside: dict[datetime, list[float]] = {}
    for at, value in samples:
        inside.setdefault(bucket(grain, at), []).append(value)
    growth, gap, fell = {}, {}, dict.fromkeys(inside, 0)
    for (before, old), (at, new) in pairwise(samples):
        into = bucket(grain, at)
        if bucket(grain, before) >= into - STEP[grain]:
            growth[into] = growth.get(into, 0.0) + new - old
        else:
            gap[into] = new - old
        fell[into] += new < old
    return {
        at: Rolled(
            *(values[0], values[-1], min(values), max(values), len(values)),
            *((growth.get(at), gap.get(at), fell[at]) if adds_up else (None, None, 0)),
        )
        for at, values in inside.items()
    }


def of_spans(revisions: Sequence[tuple[datetime, datetime, float]], grain: str, *, adds_up: bool) -> dict[datetime, Rolled]:
    """`revisions` in the order in which they were read: the last of a span counts."""
    newest = {(start, end): value for start, end, value in revisions}
    inside: dict[datetime, list[float]] = {}
    for start, end in sorted(newest):
        if end - start <= LONGEST[grain]:
            inside.setdefault(bucket(grain, start), []).append(newest[start, end])
    return {
        at: Rolled(values[0], values[-1], min(values), max(values), len(values), sum(values) if adds_up else None, None, 0)
        for at, values in inside.items()
    }
