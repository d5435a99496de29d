"""What a post, a page or a member counts: nothing is made up, it is what /_control/metrics was told.

Totals only: the sandbox keeps no times of views and likes, so questions by day are refused.
"""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.linkedin import members, problems, restli, urns
from ocma_sandbox.linkedin.calls import Caller
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

COUNTS = ("impressionCount", "uniqueImpressionsCount", "clickCount", "likeCount", "commentCount", "shareCount")
ENGAGED = ("clickCount", "likeCount", "commentCount", "shareCount")
QUERY_TYPES = (
    *("IMPRESSION", "MEMBERS_REACHED", "RESHARE", "REACTION", "COMMENT"),
    *("POST_SEND", "POST_SAVE", "LINK_CLICKS", "PREMIUM_CTA_CLICKS"),
    *("FOLLOWER_GAINED_FROM_CONTENT", "PROFILE_VIEW_FROM_CONTENT"),
)
SINCE_202604 = QUERY_TYPES[5:]
METRIC_TYPE = "com.linkedin.adsexternalapi.memberanalytics.v1.CreatorPostAnalyticsMetricTypeV1"
OWN = "platform = 'linkedin' AND person_id = ? AND reply_to IS NULL AND deleted_at IS NULL"


async def of_shares(world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/organizationalEntityShareStatistics: posts without data are simply absent."""
    restli.finder(request, "organizationalEntity")
    page = _page(world, caller, restli.text(request, "organizationalEntity"))
    if "timeIntervals" in request.query_params:
        raise problems.illegal("timeIntervals: the sandbox keeps totals only")
    wanted = {kind: restli.listed(request, name) for kind, name in (("share", "shares"), ("ugcPost", "ugcPosts"))}
    if wanted["share"] is None and wanted["ugcPost"] is None:
        posts = books.select(world.store, OWN, page.id)
        return JSONResponse(restli.page(request, [_statistics(page, [post.metrics for post in posts])]))
    found = [_of_post(world, page, kind, urn) for kind, asked in wanted.items() for urn in asked or ()]
    return JSONResponse(restli.page(request, [element for element in found if element]))


def _page(world: World, caller: Caller, urn: str) -> Person:
    page = members.find(world, urns.read(urn, "organizationalEntity", "organization"))
    if page is None or members.role(world, caller.member, page) != "ADMINISTRATOR":
        raise problems.denied(caller.access)
    return page


def _of_post(world: World, page: Person, kind: str, urn: str) -> Json | None:
    urns.read(urn, kind, kind)
    post = books.find(world.store, KEY, urn)
    if post is None or post.person_id != page.id or not post.metrics:
        return None
    return {**_statistics(page, [post.metrics]), kind: urn}


def _statistics(page: Person, metrics: Iterable[Json]) -> Json:
    given = list(metrics)
    total: Json = {name: sum(item.get(name, 0) for item in given) for name in COUNTS}
    seen = total["impressionCount"]
    total["engagement"] = sum(total[name] for name in ENGAGED) / seen if seen else 0.0
    return {"organizationalEntity": members.urn(page), "totalShareStatistics": total}


async def of_member(world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/memberCreatorPostAnalytics: one metric of one post, or of all."""
    query = request.query_params
    name = query.get("queryType", "")
    if name not in QUERY_TYPES or (name in SINCE_202604 and caller.version < "202604"):
        raise problems.bad_query()
    if query.get("aggregation", "TOTAL") != "TOTAL":
        raise problems.illegal("aggregation: the sandbox keeps totals only")
    posts = _asked(world, caller, request)
    count = sum(post.metrics.get(name, 0) for post in posts)
    metric = name if caller.version >= "202605" else {METRIC_TYPE: name}
    return JSONResponse(restli.page(request, [{"count": count, "metricType": metric, **_target(request)}]))


def _asked(world: World, caller: Caller, request: Request) -> list[Post]:
    if restli.finder(request, "me", "entity") == "me":
        return books.select(world.store, OWN, caller.member.id)
    kind, urn = restli.record(request, "entity")
    if kind not in {"share", "ugc", "ugcPost"}:
        raise problems.bad_query()
    urns.read(urn, "entity", "share" if kind == "share" else "ugcPost")
    post = books.find(world.store, KEY, urn)
    if post is None or post.person_id != caller.member.id:
        raise problems.not_found()
    return [post]


def _target(request: Request) -> Json:
    if request.query_params.get("q") == "me":
        return {}
    kind, urn = restli.record(request, "entity")
    return {"targetEntity": {kind: urn}}


async def network_size(world: World, _caller: Caller, request: Request) -> Response:
    """GET /rest/networkSizes/{urn}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"""
    if request.query_params.get("edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
        raise problems.bad_query()
    page = members.find(world, urns.read(request.path_params["urn"], "id", "organization"))
    if page is None:
        raise problems.not_found()
    return JSONResponse({"firstDegreeSize": page.followers})


async def followers(_world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/memberFollowersCount?q=me"""
    restli.finder(request, "me")
    return JSONResponse(restli.page(request, [{"memberFollowersCount": caller.member.followers}]))
