"""Insights of the account: totals of days, series of days, and who its followers are.

Unsure, and chosen here: `reach` and `follower_count` are series unless totals are asked for; what there are too few
followers for stands nowhere; where nobody watches, an account that is asked without `since` and `until` tells what its
media have by now.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ocma_sandbox import audience
from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors, metrics, span
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.span import DAY, Span
from ocma_sandbox.graph.timestamps import time_of
from ocma_sandbox.instagram.account import KEY
from ocma_sandbox.instagram.counts import COUNTS, FOLLOWED, UNFOLLOWED
from ocma_sandbox.people import Person

Json = dict[str, Any]

MOST_DAYS = 30
FOLLOWERS, BOTH = "follower_count", "follows_and_unfollows"
BY_DAY = frozenset(name for name in COUNTS.account if "." not in name)
SERIES = frozenset({"reach", FOLLOWERS})
"""What comes as a series, too."""
SHY = frozenset({FOLLOWERS, BOTH})
DEMOGRAPHICS = frozenset({"follower_demographics", "engaged_audience_demographics"})
ONLINE = "online_followers"
LIFETIME = DEMOGRAPHICS | {ONLINE}
TYPES = ("total_value", "time_series", "default")
TIMEFRAMES: Mapping[str, int] = {
    "last_14_days": 14,
    "last_30_days": 30,
    "last_90_days": 90,
    "prev_month": 30,
    "this_month": 30,
    "this_week": 7,
}
FOLLOW_TYPES = {"FOLLOWER": FOLLOWED, "NON_FOLLOWER": UNFOLLOWED}


def show(visit: Visit, person: Person) -> Json:
    """GET /{ig}/insights"""
    wanted = metrics.names(visit.params, BY_DAY | LIFETIME)
    _check_period(visit, wanted)
    told = Told(visit, person, span.read(visit, MOST_DAYS), is_total=_is_total(visit, wanted))
    return metrics.all_of(wanted, told.metric)


def _check_period(visit: Visit, wanted: list[str]) -> None:
    period = visit.params.need("period")
    wrong = [name for name in wanted if (period == "lifetime") != (name in LIFETIME)]
    if period not in {"day", "lifetime"} or wrong:
        raise errors.invalid(f"The metric {', '.join(wrong or wanted)} is not available for the period {period}")


def _is_total(visit: Visit, wanted: list[str]) -> bool:
    kind = visit.params.text("metric_type") or "default"
    if kind not in TYPES:
        raise errors.invalid(f"Param metric_type must be one of {{{', '.join(TYPES)}}}")
    lacking = sorted(set(wanted) - SERIES - {ONLINE})
    if kind != "total_value" and lacking:
        named = ", ".join(lacking)
        raise errors.invalid(f"The metric {named} should be specified with parameter metric_type=total_value")
    return kind == "total_value"


class Told:
    """An account's metrics in one span."""

    def __init__(self, visit: Visit, person: Person, asked: Span, *, is_total: bool) -> None:
        self._visit = visit
        self._figures = Figures(visit.world, COUNTS)
        self._person = person
        self._asked = asked
        self._is_total = is_total
        self._is_small = metrics.is_small(visit, self._figures, person, "followers_count")
        self._is_by_now = not self._figures.is_watched and not asked.is_asked
        self._touched = (0.0, asked.late) if self._is_by_now else asked.touched(self._figures)

    def metric(self, name: str) -> Json | None:
        if name in LIFETIME:
            return None if self._is_small else self._online() if name == ONLINE else self._demographics(name)
        if name == FOLLOWERS:
            self._check_recent()
        if name in SHY and self._is_small and self._figures.is_watched:
            return None
        return self._total(name) if self._is_total else self._series(name)

    def _check_recent(self) -> None:
        if self._asked.since < self._visit.world.clock() - (MOST_DAYS + 1) * DAY:
            told = f"({FOLLOWERS}) metric only supports querying data for the last {MOST_DAYS} days excluding the current day"
            raise errors.invalid(told)

    def _total(self, name: str) -> Json | None:
        if self._touched is None:
            return None
        more: Json = {}
        if name == BOTH and self._visit.params.text("breakdown") == "follow_type":
            more = metrics.broken_down("follow_type", {kind: self._grown(each) for kind, each in FOLLOW_TYPES.items()})
        return metrics.total(self._person.id, name, "day", self._grown(name), **more)

    def _grown(self, name: str) -> int:
        start, end = self._touched or (0.0, 0.0)
        if self._is_by_now:
            return self._figures.total(self._person, name, end)
        return self._figures.between(self._person, name, start, end)

    def _series(self, name: str) -> Json | None:
        values = [self._on(name, day) for day in self._asked.days()]
        if self._is_by_now:
            values = [{"value": self._grown(name), "end_time": time_of(self._asked.late)}]
        return metrics.series(self._person.id, name, "day", values) if values else None

    def _on(self, name: str, day: date) -> Json:
        start, end = self._figures.span(day)
        return {"value": self._figures.between(self._person, name, start, end), "end_time": time_of(end)}

    def _online(self) -> Json | None:
        values = [self._hours(self._figures.span(day)[1]) for day in self._asked.days()]
        return metrics.series(self._person.id, ONLINE, "lifetime", values) if values else None

    def _hours(self, end: float) -> Json:
        count = self._figures.gauge(self._person, "followers_count", end)
        hours = {str(hour): audience.online(KEY, self._person.id, hour, count) for hour in range(audience.HOURS)}
        return {"value": hours, "end_time": time_of(end)}

    def _demographics(self, name: str) -> Json | None:
        key, count = metrics.breakdown(self._visit.params), self._people(name)
        if count < self._visit.caller.house.settings(self._visit.world).least_followers:
            return None
        return metrics.by_part(self._person.id, name, "lifetime", key, metrics.demographics(self._person, key, count))

    def _people(self, name: str) -> int:
        frame = self._visit.params.text("timeframe") or "last_30_days"
        if frame not in TIMEFRAMES:
            raise errors.invalid(f"Param timeframe must be one of {{{', '.join(TIMEFRAMES)}}}")
        until = self._asked.late
        if name == "follower_demographics":
            return self._figures.gauge(self._person, "followers_count", until)
        return self._figures.between(self._person, "accounts_engaged", until - TIMEFRAMES[frame] * DAY, until)
