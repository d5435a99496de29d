"""GET /2/tweets/analytics: what came in for one's own posts in a span of time, in buckets.

Unsure, and chosen here: buckets are those of UTC (weeks begin on Monday), the first and the last one cut to the span;
without `analytics.fields` all that there is to tell is told; what nobody does here (unlikes, app opens) is not told.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books
from ocma_sandbox.books import Post, iso
from ocma_sandbox.figures import Figures
from ocma_sandbox.people import Person
from ocma_sandbox.world import World
from ocma_sandbox.x import parameters, problems
from ocma_sandbox.x.calls import KEY
from ocma_sandbox.x.counts import ANALYTICS, COUNTS

Json = dict[str, Any]
Span = tuple[float, float, float]

NEEDED = ("ids", "start_time", "end_time")
KNOWN = (*NEEDED, "granularity", "analytics.fields")
FIELDS = frozenset(
    {
        *ANALYTICS,
        *("app_install_attempts", "app_opens", "detail_expands", "email_tweet", "hashtag_clicks", "id", "media_views"),
        *("permalink_clicks", "timestamp", "timestamped_metrics", "unlikes"),
    }
)
STEPS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1), "total": None}
MOST_IDS, MOST_BUCKETS = 100, 2000


async def show(world: World, person: Person, request: Request) -> Response:
    query = request.query_params
    ids, spans, fields = _ids(query), _spans(world, query), _fields(query)
    found = {post_id: books.find(world.store, KEY, post_id) for post_id in ids}
    own = [post for post in found.values() if post and post.person_id == person.id]
    figures = Figures(world, COUNTS)
    data = [{"id": post.id, "timestamped_metrics": _buckets(figures, post, spans, fields)} for post in own]
    errors = [_refused(post_id, post) for post_id, post in found.items() if post not in own]
    return JSONResponse({**({"data": data} if data else {}), **({"errors": errors} if errors else {})})


def _ids(query: QueryParams) -> list[str]:
    for name in query:
        if name not in KNOWN:
            raise problems.invalid(name, query[name], f"The query parameter [{name}] is not one of [{','.join(KNOWN)}]")
    for name in NEEDED:
        if not query.get(name):
            raise problems.invalid(name, None, f"The `{name}` query parameter can not be empty")
    ids = [value for value in dict.fromkeys(query["ids"].split(",")) if value]
    if len(ids) > MOST_IDS or any(not (value.isascii() and value.isdecimal()) for value in ids):
        raise problems.invalid("ids", query["ids"], f"ids must be 1 to {MOST_IDS} post ids")
    return ids


def _fields(query: QueryParams) -> list[str]:
    asked = [value for value in query.get("analytics.fields", "").split(",") if value]
    for value in asked:
        if value not in FIELDS:
            message = f"The `analytics.fields` query parameter value [{value}] is not one of [{','.join(sorted(FIELDS))}]"
            raise problems.invalid("analytics.fields", value, message)
    return [name for name in ANALYTICS if not asked or name in asked]


def _spans(world: World, query: QueryParams) -> list[Span]:
    """Each bucket's name, and what of it is inside the span and not in the future."""
    start, end = (parameters.time(query, name, 0.0) for name in ("start_time", "end_time"))
    if start >= end:
        raise problems.invalid("start_time", query["start_time"], "start_time must be earlier than end_time")
    granularity = query.get("granularity", "total")
    if granularity not in STEPS:
        raise problems.invalid("granularity", granularity, f"granularity must be one of [{','.join(STEPS)}]")
    step, end = STEPS[granularity], min(end, world.clock())
    if step is None:
        return [(start, min(start, end), end)]
    if (end - start) / step.total_seconds() > MOST_BUCKETS:
        raise problems.invalid("end_time", query["end_time"], f"the span has more than {MOST_BUCKETS} buckets")
    return _cut(start, end, step)


def _cut(start: float, end: float, step: timedelta) -> list[Span]:
    seconds = step.total_seconds()
    monday = datetime(1970, 1, 5, tzinfo=UTC).timestamp()
    at, spans = monday + (start - monday) // seconds * seconds, list[Span]()
    while at < end:
        spans.append((at, max(at, start), min(at + seconds, end)))
        at += seconds
    return spans


def _buckets(figures: Figures, post: Post, spans: list[Span], fields: list[str]) -> list[Json]:
    return [
        {"timestamp": iso(at), "metrics": {name: figures.grown([post], name, start, end) for name in fields}}
        for at, start, end in spans
    ]


def _refused(post_id: str, post: Post | None) -> Json:
    return problems.not_found("tweet", "ids", post_id) if post is None else problems.resource_denied(post_id)
