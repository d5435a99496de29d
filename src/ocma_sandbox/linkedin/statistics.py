"""What a page's posts count, whose followers it gains, and how many it has.

Unsure, and chosen here: statistics come whole unless `count` is given; of a post that has any data every interval is told,
as of a page; gains are those who came, without those who left.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.figures import Figures
from ocma_sandbox.linkedin import intervals, members, problems, restli, urns
from ocma_sandbox.linkedin.calls import Caller
from ocma_sandbox.linkedin.counts import COUNTS, GAINS, MEMBER_FOLLOWERS, OF_PAGE, PAGE_FOLLOWERS
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

ENGAGED = ("clickCount", "likeCount", "commentCount", "shareCount")
KINDS = {"share": "shares", "ugcPost": "ugcPosts"}


async def of_shares(world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/organizationalEntityShareStatistics: posts without data are simply absent."""
    page = _page(world, caller, request)
    told = Told(world, page, intervals.by_granularity(world, request))
    wanted = {kind: restli.listed(request, name) for kind, name in KINDS.items()}
    if all(asked is None for asked in wanted.values()):
        return JSONResponse(restli.whole(request, told.of_page()))
    posts = [told.of_post(kind, urn) for kind, asked in wanted.items() for urn in asked or ()]
    return JSONResponse(restli.whole(request, [element for elements in posts for element in elements]))


def _page(world: World, caller: Caller, request: Request) -> Person:
    restli.finder(request, "organizationalEntity")
    named = restli.text(request, "organizationalEntity")
    page = members.find(world, urns.read(named, "organizationalEntity", "organization"))
    if page is None or members.role(world, caller.member, page) != "ADMINISTRATOR":
        raise problems.denied(caller.access)
    return page


class Told:
    """Elements of statistics: one for each interval, or one for all time when none are asked for."""

    def __init__(self, world: World, page: Person, asked: list[intervals.Interval] | None) -> None:
        self._world = world
        self._page = page
        self._asked = asked
        self._figures = Figures(world, COUNTS)
        self._until = intervals.told_until(world)

    def of_page(self) -> list[Json]:
        if self._asked is None:
            return [self._statistics(lambda name: self._figures.total(self._page, name, self._until))]
        return [
            {**self._statistics(lambda name, of=each.bounds: self._figures.between(self._page, name, *of)), **each.by_time()}
            for each in self._asked
        ]

    def of_post(self, kind: str, urn: str) -> list[Json]:
        urns.read(urn, kind, kind)
        post = books.find(self._world.store, KEY, urn)
        if post is None or post.person_id != self._page.id or not self._has_data(post):
            return []
        own = [post]
        if self._asked is None:
            return [{**self._statistics(lambda name: self._figures.value(post, name, self._until)), kind: urn}]
        return [
            {**self._statistics(lambda name, of=each.bounds: self._figures.grown(own, name, *of)), kind: urn, **each.by_time()}
            for each in self._asked
        ]

    def _has_data(self, post: Post) -> bool:
        if post.at > self._until:
            return False
        return bool(post.metrics) or any(self._figures.value(post, name, self._until) for name in OF_PAGE)

    def _statistics(self, count: Callable[[str], int]) -> Json:
        total: Json = {name: count(name) for name in OF_PAGE}
        seen = total["impressionCount"]
        total["engagement"] = sum(total[name] for name in ENGAGED) / seen if seen else 0.0
        return {"organizationalEntity": members.urn(self._page), "totalShareStatistics": total}


async def of_followers(world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/organizationalEntityFollowerStatistics: by time; who they are is not known here."""
    page, figures = _page(world, caller, request), Figures(world, COUNTS)
    asked = intervals.by_granularity(world, request)
    if asked is None:
        raise problems.illegal("timeIntervals: the sandbox does not know followers by kind")
    elements = [{**each.by_time(), **_gains(figures, page, each)} for each in asked]
    return JSONResponse(restli.whole(request, elements))


def _gains(figures: Figures, page: Person, each: intervals.Interval) -> Json:
    gains = {name: figures.between(page, name, *each.bounds) for name in GAINS}
    return {"organizationalEntity": members.urn(page), "followerGains": gains}


async def network_size(world: World, _caller: Caller, request: Request) -> Response:
    """GET /rest/networkSizes/{urn}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"""
    if request.query_params.get("edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
        raise problems.bad_query()
    page = members.find(world, urns.read(request.path_params["urn"], "id", "organization"))
    if page is None:
        raise problems.not_found()
    return JSONResponse({PAGE_FOLLOWERS: Figures(world, COUNTS).gauge(page, PAGE_FOLLOWERS)})


async def followers(world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/memberFollowersCount?q=me"""
    restli.finder(request, "me")
    count = Figures(world, COUNTS).gauge(caller.member, MEMBER_FOLLOWERS)
    return JSONResponse(restli.page(request, [{MEMBER_FOLLOWERS: count}]))
