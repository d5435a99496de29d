"""Insights of posts and of the page.

Unsure, and chosen here: where nobody watches, a page that is asked without `since` and `until` tells what its live posts
have by now; a metric has no values in a period that it does not know; week and days_28 are told at each day's end, for the
days before it; a page of few followers has neither its own insights nor its posts'.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ocma_sandbox.books import Post
from ocma_sandbox.facebook import clips, shelf
from ocma_sandbox.facebook.counts import COUNTS
from ocma_sandbox.facebook.page import ANALYZE, own
from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors, metrics, span
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.span import Span
from ocma_sandbox.graph.timestamps import time_of
from ocma_sandbox.people import Person

Json = dict[str, Any]

MOST_DAYS = 90
NEWER = 23.0
"""The version from which on the names with media_view are known."""
BY_KIND: Mapping[str, Mapping[str, str]] = {
    "post_activity_by_action_type": {"like": "reactions", "comment": "comments", "share": "shares"},
    "post_activity_by_action_type_unique": {"like": "reactions", "comment": "comments", "share": "shares"},
    "post_reactions_by_type_total": {"like": "likes"},
    "post_clicks_by_type": {"link clicks": "post_clicks"},
}
"""Objects: a part of each, and the figure that it is."""
OF_POST = frozenset(name for name in [*COUNTS.post, *BY_KIND] if name.startswith("post_"))
GAUGES = frozenset(name for name in COUNTS.gauges if name.startswith("page_"))
OF_PAGE = GAUGES | COUNTS.account.keys()

LENGTHS = {"day": 1, "week": 7, "days_28": 28}
PERIODS = (*LENGTHS, "month", "lifetime", "total_over_range")
FLOWS = frozenset({*LENGTHS, "total_over_range"})
LIMITED = {"page_total_media_view_unique": frozenset({"day", "days_28"})}


async def show(visit: Visit) -> Json:
    """GET /{page}/insights and /{post}/insights"""
    if visit.path_id in {"me", visit.caller.person.id, visit.caller.person.handle}:
        return _of_page(visit)
    if not visit.caller.has_held_token:
        raise errors.refuse(210, "A page access token is required to request this resource.")
    return _of_post(visit)


def _known(visit: Visit, names: frozenset[str]) -> list[str]:
    is_old = visit.request.path_params.get("version", NEWER) < NEWER
    return [name for name in names if not (is_old and "media_view" in name)]


def _of_post(visit: Visit) -> Json:
    page = visit.caller.person
    if clips.find(visit.world, page, visit.path_id) is not None:
        raise errors.invalid("Tried accessing nonexisting field (insights) on node type (Video)")
    post = shelf.get(visit, visit.path_id)
    if post.person_id != page.id or post.details["kind"] == "comment":
        raise errors.missing(visit.path_id)
    wanted = metrics.names(visit.params, _known(visit, OF_POST))
    figures, until = Figures(visit.world, COUNTS), metrics.told_until(visit)
    is_told = (visit.params.text("period") or "lifetime") == "lifetime" and post.at <= until
    if not is_told or _is_small(visit, figures, page):
        return {"data": []}
    return metrics.all_of(wanted, lambda name: metrics.lifetime(post.id, name, _value(figures, post, name, until)))


def _is_small(visit: Visit, figures: Figures, page: Person) -> bool:
    """Where nobody watches, no page is small."""
    return figures.is_watched and metrics.is_small(visit, figures, page, "page_follows")


def _value(figures: Figures, post: Post, name: str, until: float) -> int | dict[str, int]:
    """By kind, those are left out that nobody did."""
    if name not in BY_KIND:
        return figures.value(post, name, until)
    parts = {part: figures.value(post, figure, until) for part, figure in BY_KIND[name].items()}
    return {part: value for part, value in parts.items() if value}


def _of_page(visit: Visit) -> Json:
    page = own(visit, ANALYZE)
    wanted, period = metrics.names(visit.params, _known(visit, OF_PAGE)), visit.params.text("period") or "day"
    if period not in PERIODS:
        raise errors.invalid(f"Param period must be one of {{{', '.join(PERIODS)}}}")
    asked, figures = span.read(visit, MOST_DAYS), Figures(visit.world, COUNTS)
    if _is_small(visit, figures, page):
        return {"data": []}
    told = Told(figures, page, asked, period)
    return metrics.all_of(wanted, lambda name: _metric(page, name, period, told.values(name)))


def _metric(page: Person, name: str, period: str, values: list[Json]) -> Json | None:
    return metrics.series(page.id, name, period, values) if values else None


class Told:
    """The values of a page's metrics in one period and span."""

    def __init__(self, figures: Figures, page: Person, asked: Span, period: str) -> None:
        self._figures = figures
        self._page = page
        self._asked = asked
        self._period = period

    def values(self, name: str) -> list[Json]:
        if self._period not in _periods(name):
            return []
        if not self._figures.is_watched and not self._asked.is_asked:
            return [self._value(self._by_now(name), self._asked.late)]
        if self._period == "total_over_range":
            return self._over_range(name)
        days = self._asked.days()
        if self._period == "lifetime":
            return [self._value(self._figures.gauge(self._page, name, self._asked.late), self._asked.late)]
        return [self._value(self._on(name, day), self._figures.span(day)[1]) for day in days]

    def _by_now(self, name: str) -> int:
        of = self._figures.gauge if name in GAUGES else self._figures.total
        return of(self._page, name, self._asked.late)

    def _on(self, name: str, day: date) -> int:
        end = self._figures.span(day)[1]
        if name in GAUGES:
            return self._figures.gauge(self._page, name, end)
        first = date.fromordinal(day.toordinal() - LENGTHS[self._period] + 1)
        return self._figures.between(self._page, name, self._figures.span(first)[0], end)

    def _over_range(self, name: str) -> list[Json]:
        days = self._asked.days()
        if not days:
            return []
        start, end = self._figures.span(days[0])[0], self._figures.span(days[-1])[1]
        return [self._value(self._figures.between(self._page, name, start, end), end)]

    @staticmethod
    def _value(value: int, end: float) -> Json:
        return {"value": value, "end_time": time_of(end)}


def _periods(name: str) -> frozenset[str]:
    if name in GAUGES:
        return frozenset({"day", "lifetime"})
    return LIMITED.get(name, frozenset({"day"}) if name.startswith("page_daily_") else FLOWS)
