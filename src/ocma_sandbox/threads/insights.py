"""Insights of a post and of the profile.

Unsure, and chosen here: the profile's numbers are the sums over its posts; `clicks` are told by link; `followers_count` is
that of now; there are no demographics where the followers are too few; where nobody watches, a profile that is asked
without `since` and `until` tells what its posts have by now.
"""

from typing import Any

from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors, metrics, span
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.span import Span
from ocma_sandbox.graph.timestamps import time_of
from ocma_sandbox.people import Person
from ocma_sandbox.threads import profile, publishing
from ocma_sandbox.threads.counts import COUNTS, link

Json = dict[str, Any]

OF_POST = ("views", "likes", "replies", "reposts", "quotes", "shares")
OF_PROFILE = (*COUNTS.account, "followers_count", "follower_demographics")
EARLIEST = 1_712_991_600


async def of_post(visit: Visit) -> Json:
    """GET /{media}/insights"""
    post = publishing.find_post(visit.world, visit.path_id)
    if post is None or post.person_id != visit.caller.person.id or "reposted" in post.details:
        raise errors.missing(visit.path_id)
    wanted = metrics.names(visit.params, OF_POST)
    figures, until = Figures(visit.world, COUNTS), metrics.told_until(visit)
    told = wanted if post.at <= until else []
    return metrics.all_of(told, lambda name: metrics.lifetime(post.id, name, figures.value(post, name, until)))


async def of_profile(visit: Visit) -> Json:
    """GET /{user}/threads_insights"""
    person = profile.own(visit)
    wanted, asked = metrics.names(visit.params, OF_PROFILE), span.read(visit, earliest=EARLIEST)
    told = Told(visit, person, asked)
    return metrics.all_of(wanted, told.metric)


class Told:
    """A profile's metrics in one span."""

    def __init__(self, visit: Visit, person: Person, asked: Span) -> None:
        self._visit = visit
        self._figures = Figures(visit.world, COUNTS)
        self._person = person
        self._asked = asked
        self._is_by_now = not self._figures.is_watched and not asked.is_asked
        self._touched = (0.0, asked.late) if self._is_by_now else asked.touched(self._figures)

    def metric(self, name: str) -> Json | None:
        if name == "follower_demographics":
            return self._demographics(name)
        if name == "followers_count":
            return metrics.total(self._person.id, name, "day", self._figures.gauge(self._person, name, self._asked.late))
        if name == "views":
            values = self._daily(name)
            return metrics.series(self._person.id, name, "day", values) if values else None
        if self._touched is None:
            return None
        if name == "clicks":
            return metrics.by_link(self._person.id, name, "day", self._clicks(*self._touched))
        return metrics.total(self._person.id, name, "day", self._grown(name, *self._touched))

    def _grown(self, name: str, start: float, end: float) -> int:
        if self._is_by_now:
            return self._figures.total(self._person, name, end)
        return self._figures.between(self._person, name, start, end)

    def _daily(self, name: str) -> list[Json]:
        spans = [self._figures.span(day) for day in self._asked.days()]
        if self._is_by_now:
            spans = [(0.0, self._asked.late)]
        return [{"value": self._grown(name, start, end), "end_time": time_of(end)} for start, end in spans]

    def _clicks(self, start: float, end: float) -> dict[str, int]:
        found: dict[str, int] = {}
        for post in self._figures.posts(self._person):
            if (url := link(post)) is not None:
                found[url] = found.get(url, 0) + self._figures.grown([post], "clicks", start, end)
        return found

    def _demographics(self, name: str) -> Json | None:
        key = metrics.breakdown(self._visit.params)
        if metrics.is_small(self._visit, self._figures, self._person, "followers_count"):
            return None
        count = self._figures.gauge(self._person, "followers_count", self._asked.late)
        return metrics.by_part(self._person.id, name, "lifetime", key, metrics.demographics(self._person, key, count))
