"""Spans of time in questions for figures, and the days and months of UTC that lie in them.

Unsure, and chosen here: a day or month is told when it is over, and when any of it lies in the span; what is older than a
year is not told any more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request

from ocma_sandbox.linkedin import problems, restli, settings
from ocma_sandbox.world import World

Json = dict[str, Any]
Step = Callable[[datetime], datetime]

HOUR = 3600
KEPT = timedelta(days=366)


@dataclass(frozen=True)
class Interval:
    start: datetime
    end: datetime

    @property
    def bounds(self) -> tuple[float, float]:
        return self.start.timestamp(), self.end.timestamp()

    def by_time(self) -> Json:
        start, end = self.bounds
        return {"timeRange": {"start": int(start * 1000), "end": int(end * 1000)}}

    def by_date(self) -> Json:
        return {"dateRange": {"start": _parts(self.start), "end": _parts(self.end)}}


def _parts(at: datetime) -> Json:
    return {"day": at.day, "month": at.month, "year": at.year}


def told_until(world: World) -> float:
    """Statistics are late by a setting; numbers of followers are not."""
    return world.clock() - settings.of(world).statistics_lag_hours * HOUR


def by_granularity(world: World, request: Request) -> list[Interval] | None:
    """`timeIntervals`; None when it is not asked for."""
    asked = restli.parsed(request, "timeIntervals")
    if asked is None:
        return None
    steps: dict[str, tuple[Step, Step]] = {"DAY": (_midnight, _next_day), "MONTH": (_first, _next_month)}
    span, unit = asked.get("timeRange"), asked.get("timeGranularityType")
    if not isinstance(span, dict) or unit not in steps:
        raise problems.bad_query()
    now = datetime.fromtimestamp(world.clock(), UTC)
    start, end = _instant(span.get("start")), _instant(span["end"]) if "end" in span else now
    return _over(world, start, end, *steps[unit])


def by_dates(request: Request) -> Interval | None:
    """`dateRange`, whole; None when it is not asked for."""
    asked = restli.parsed(request, "dateRange")
    if asked is None:
        return None
    found = Interval(_date(asked.get("start")), _date(asked.get("end")))
    if found.start >= found.end:
        raise problems.bad_query()
    return found


def days(world: World, span: Interval) -> list[Interval]:
    return _over(world, span.start, span.end, _midnight, _next_day)


def _over(world: World, start: datetime, end: datetime, begin: Step, following: Step) -> list[Interval]:
    if start >= end:
        raise problems.bad_query()
    until = datetime.fromtimestamp(told_until(world), UTC)
    if start > until:
        return []
    found, at = list[Interval](), begin(max(start, until - KEPT))
    while at < end and following(at) <= until:
        found.append(Interval(at, following(at)))
        at = following(at)
    return found


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _next_day(at: datetime) -> datetime:
    return at + timedelta(days=1)


def _first(at: datetime) -> datetime:
    return _midnight(at).replace(day=1)


def _next_month(at: datetime) -> datetime:
    return _first(_first(at) + timedelta(days=32))


def _instant(given: object) -> datetime:
    """Milliseconds."""
    try:
        return datetime.fromtimestamp(int(str(given)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise problems.bad_query() from None


def _date(given: object) -> datetime:
    if not isinstance(given, dict):
        raise problems.bad_query()
    try:
        year, month, day = (int(given[name]) for name in ("year", "month", "day"))
        return datetime(year, month, day, tzinfo=UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise problems.bad_query() from None
