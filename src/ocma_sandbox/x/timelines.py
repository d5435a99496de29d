"""Pages of posts: a user's own, those that mention a user, and recent search."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books, people
from ocma_sandbox.books import Post
from ocma_sandbox.people import Person
from ocma_sandbox.world import World
from ocma_sandbox.x import parameters, present, problems, query, text, view
from ocma_sandbox.x.calls import KEY

Json = dict[str, Any]

SEARCH_SECONDS = 7 * 86400
MAX_QUERY = 512
PAGE_PARAMETERS = ("max_results", "pagination_token", "start_time", "end_time", "since_id", "until_id")
LIVE = "platform = 'x' AND deleted_at IS NULL"
INSIDE = " AND CAST(id AS INTEGER) > ?1 AND CAST(id AS INTEGER) < ?2 AND at >= ?3 AND at < ?4"


@dataclass(frozen=True)
class Page:
    """Exclusive ids, inclusive start, exclusive end."""

    since_id: int
    until_id: int
    start: float
    end: float
    size: int

    @property
    def bounds(self) -> tuple[int, int, float, float]:
        return self.since_id, self.until_id, self.start, self.end


async def own(world: World, person: Person, request: Request) -> Response:
    """GET /2/users/:id/tweets"""
    params = request.query_params
    asked = view.of(world, params, *PAGE_PARAMETERS, "exclude")
    page = _page(params, least=5)
    user_id = request.path_params["id"]
    if people.find_by_id(world.store, KEY, user_id) is None:
        return JSONResponse({"errors": [problems.not_found("user", "id", user_id)]})
    where = LIVE + INSIDE + " AND person_id = ?5"
    if "replies" in params.get("exclude", "").split(","):
        where += " AND reply_to IS NULL"
    found = books.select(world.store, where, *page.bounds, user_id, limit=page.size + 1)
    return _answer(world, person, asked, page, found)


async def mentioning(world: World, person: Person, request: Request) -> Response:
    """GET /2/users/:id/mentions"""
    asked = view.of(world, request.query_params, *PAGE_PARAMETERS)
    page = _page(request.query_params, least=5)
    user_id = request.path_params["id"]
    user = people.find_by_id(world.store, KEY, user_id)
    if user is None:
        return JSONResponse({"errors": [problems.not_found("user", "id", user_id)]})
    where = LIVE + INSIDE + " AND instr(lower(content), ?5) > 0"
    near = books.select(world.store, where, *page.bounds, "@" + user.handle.lower())
    found = [post for post in near if user.handle.lower() in text.mentions(post.content)]
    return _answer(world, person, asked, page, found)


async def search(world: World, person: Person, request: Request) -> Response:
    """GET /2/tweets/search/recent"""
    params = request.query_params
    asked = view.of(world, params, *PAGE_PARAMETERS, "query", "next_token", "sort_order")
    words = params.get("query", "")
    if not 1 <= len(words) <= MAX_QUERY:
        raise problems.invalid("query", words, f"query must have 1 to {MAX_QUERY} characters")
    page = _page(params, least=10)
    oldest = world.clock() - SEARCH_SECONDS
    if page.start and page.start < oldest:
        raise problems.invalid("start_time", params["start_time"], "start_time must be within the last 7 days")
    matches = query.matcher(words)
    bounds = (page.since_id, page.until_id, max(page.start, oldest), page.end)
    found = [post for post in books.select(world.store, LIVE + INSIDE, *bounds) if matches(_seen(world, post))]
    return _answer(world, person, asked, page, found)


def _seen(world: World, post: Post) -> query.Seen:
    return query.Seen(post, people.get(world.store, KEY, post.person_id))


def _answer(world: World, viewer: Person, asked: view.View, page: Page, found: list[Post]) -> Response:
    shown, more = found[: page.size], len(found) > page.size
    meta: Json = {"result_count": len(shown)}
    if shown:
        meta |= {"newest_id": shown[0].id, "oldest_id": shown[-1].id}
    if more:
        meta["next_token"] = base64.b32hexencode(shown[-1].id.encode()).decode().rstrip("=").lower()
    return JSONResponse({**present.answer(world, viewer, asked, shown), "meta": meta})


def _page(params: QueryParams, *, least: int) -> Page:
    page = Page(
        since_id=parameters.number(params, "since_id", 0),
        until_id=parameters.number(params, "until_id", parameters.MAX_ID),
        start=parameters.time(params, "start_time", 0.0),
        end=parameters.time(params, "end_time", 2.0**40),
        size=_size(params, least),
    )
    if page.start >= page.end:
        raise problems.invalid("start_time", params.get("start_time"), "start_time must be earlier than end_time")
    if page.since_id >= page.until_id:
        raise problems.invalid("since_id", params.get("since_id"), "since_id must be less than until_id")
    token = params.get("pagination_token") or params.get("next_token")
    return page if token is None else _continued(page, token)


def _continued(page: Page, token: str) -> Page:
    try:
        last = int(base64.b32hexdecode(token.upper() + "=" * (-len(token) % 8)))
    except (binascii.Error, ValueError):
        raise problems.invalid("pagination_token", token, "The pagination token is not valid.") from None
    return Page(page.since_id, min(page.until_id, last), page.start, page.end, page.size)


def _size(params: QueryParams, least: int) -> int:
    size = parameters.number(params, "max_results", 10)
    if not least <= size <= 100:
        raise problems.invalid("max_results", size, f"The `max_results` [{size}] is not between {least} and 100")
    return size
