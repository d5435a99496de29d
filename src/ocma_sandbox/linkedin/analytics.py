"""GET /rest/memberCreatorPostAnalytics: one metric of one of the member's posts, or of all together, in total or by day.

Unsure, and chosen here: the last day of `dateRange` is not in it; DAILY needs one; of a post that is too young for late
figures nothing is told.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.figures import Figures
from ocma_sandbox.linkedin import intervals, problems, restli, urns
from ocma_sandbox.linkedin.calls import Caller
from ocma_sandbox.linkedin.counts import COUNTS, OF_MEMBER
from ocma_sandbox.linkedin.intervals import Interval
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

SINCE_202604 = tuple(OF_MEMBER)[5:]
METRIC_TYPE = "com.linkedin.adsexternalapi.memberanalytics.v1.CreatorPostAnalyticsMetricTypeV1"
TOTAL, DAILY = "TOTAL", "DAILY"


async def show(world: World, caller: Caller, request: Request) -> Response:
    name, post = _metric(caller, request), _post(world, caller, request)
    span, is_daily = intervals.by_dates(request), _is_daily(request)
    if is_daily:
        _check_daily(name, post, span)
    told = Told(world, caller.member, post, name)
    counts = told.daily(span) if is_daily and span else told.total(span)
    kind: Json = {"metricType": name if caller.version >= "202605" else {METRIC_TYPE: name}}
    return JSONResponse(restli.whole(request, [{**each, **kind, **_target(request)} for each in counts]))


def _metric(caller: Caller, request: Request) -> str:
    name = request.query_params.get("queryType", "")
    if name not in OF_MEMBER or (name in SINCE_202604 and caller.version < "202604"):
        raise problems.bad_query()
    return name


def _is_daily(request: Request) -> bool:
    aggregation = request.query_params.get("aggregation", TOTAL)
    if aggregation not in {TOTAL, DAILY}:
        raise problems.bad_query()
    return aggregation == DAILY


def _check_daily(name: str, post: Post | None, span: Interval | None) -> None:
    if span is None:
        raise problems.illegal("dateRange is required when aggregation is DAILY")
    if name == "MEMBERS_REACHED" or (post is not None and name == "IMPRESSION"):
        raise problems.illegal(f"queryType {name} does not support aggregation DAILY here")


def _post(world: World, caller: Caller, request: Request) -> Post | None:
    """None: all of the member's."""
    if restli.finder(request, "me", "entity") == "me":
        return None
    kind, urn = restli.record(request, "entity")
    if kind not in {"share", "ugc", "ugcPost"}:
        raise problems.bad_query()
    urns.read(urn, "entity", "share" if kind == "share" else "ugcPost")
    post = books.find(world.store, KEY, urn)
    if post is None or post.person_id != caller.member.id or post.reply_to is not None:
        raise problems.not_found()
    return post


def _target(request: Request) -> Json:
    if request.query_params.get("q") == "me":
        return {}
    kind, urn = restli.record(request, "entity")
    return {"targetEntity": {kind: urn}}


class Told:
    """One metric of a post, or of all that the member has published."""

    def __init__(self, world: World, member: Person, post: Post | None, name: str) -> None:
        self._world = world
        self._member = member
        self._post = post
        self._name = name
        self._figures = Figures(world, COUNTS)
        self._until = intervals.told_until(world)

    def total(self, span: Interval | None) -> list[Json]:
        if self._post is not None and self._post.at > self._until:
            return []
        if span is not None:
            return [{"count": self._grown(*span.bounds)}]
        if self._post is not None:
            return [{"count": self._figures.value(self._post, self._name, self._until)}]
        return [{"count": self._figures.total(self._member, self._name, self._until)}]

    def daily(self, span: Interval) -> list[Json]:
        return [{"count": self._grown(*day.bounds), **day.by_date()} for day in intervals.days(self._world, span)]

    def _grown(self, start: float, end: float) -> int:
        start, end = min(start, self._until), min(end, self._until)
        if self._post is not None:
            return self._figures.grown([self._post], self._name, start, end)
        return self._figures.between(self._member, self._name, start, end)
