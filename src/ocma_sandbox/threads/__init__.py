"""Threads at `/threads`, after the project's fact sheet: the authorize page and the graph host are one prefix here.

What is doubtful about the real platform is named where it is decided (making, publishing, insights) or is a setting.
"""

import re
from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ocma_sandbox import books, pages, people
from ocma_sandbox.graph import batch, calls, containers, errors, held, login, longlived, tokens
from ocma_sandbox.graph.calls import Call
from ocma_sandbox.graph.params import Params
from ocma_sandbox.platform import Platform
from ocma_sandbox.threads import insights, making, nodes, profile, publishing, settings
from ocma_sandbox.threads.counts import COUNTS
from ocma_sandbox.threads.profile import HOUSE, KEY
from ocma_sandbox.threads.settings import ThreadsSettings
from ocma_sandbox.world import World

READ = ("threads_basic",)
PUBLISH = (*READ, "threads_content_publish")
REPLIES = (*READ, "threads_read_replies")

CALLS = (
    Call("POST", "/{id:str}/threads", making.create, PUBLISH),
    Call("POST", "/{id:str}/threads_publish", publishing.publish, PUBLISH),
    Call("GET", "/{id:str}/threads_publishing_limit", publishing.limit, PUBLISH),
    Call("GET", "/{id:str}/threads_insights", insights.of_profile, (*READ, "threads_manage_insights")),
    Call("GET", "/{id:str}/threads", nodes.own_posts, READ),
    Call("GET", "/{id:str}/replies", nodes.replies, REPLIES),
    Call("GET", "/{id:str}/conversation", nodes.conversation, REPLIES),
    Call("GET", "/{id:str}/mentions", nodes.mentions, (*READ, "threads_manage_mentions")),
    Call("GET", "/{id:str}/insights", insights.of_post, (*READ, "threads_manage_insights")),
    Call("POST", "/{id:str}/repost", publishing.repost, PUBLISH),
    Call("POST", "/{id:str}/manage_reply", nodes.hide, (*READ, "threads_manage_replies")),
    Call("GET", "/keyword_search", nodes.search, READ),
    Call("GET", "/profile_lookup", profile.look_up, (*READ, "threads_profile_discovery")),
    Call("GET", "/{id:str}", nodes.show, READ),
    Call("GET", "/{id:str}/", nodes.show, READ),
    Call("DELETE", "/{id:str}", publishing.delete, (*READ, "threads_delete")),
)
_PUBLISHING = re.compile(r"(/v[\d.]+)?/([^/]+/(threads|threads_publish|repost))?/?")
_LOGIN = re.compile(r"(/v[\d.]+)?/(oauth/.*|access_token|refresh_access_token)")


def _routes(world: World) -> Sequence[BaseRoute]:
    async def authorize(request: Request) -> Response:
        return login.authorize(world, HOUSE, request, tail="#_")

    async def exchange(world: World, _request: Request, params: Params) -> Response:
        return longlived.exchange(world, HOUSE, params, "th_exchange_token")

    async def refresh(world: World, _request: Request, params: Params) -> Response:
        return longlived.refresh(world, HOUSE, params, "th_refresh_token")

    inner = [
        calls.door(world, HOUSE, "/oauth/access_token", _token),
        calls.door(world, HOUSE, "/access_token", exchange, methods=["GET"]),
        calls.door(world, HOUSE, "/refresh_access_token", refresh, methods=["GET"]),
        calls.door(world, HOUSE, "/debug_token", held.debug_token(HOUSE), methods=["GET"]),
        *calls.routes(world, HOUSE, CALLS),
    ]
    return [
        Route("/oauth/authorize", authorize),
        Route("/@{handle:str}/post/{shortcode:str}", partial(_page, world)),
        *calls.versioned([batch.route(calls.versioned(inner)), *inner]),
    ]


async def _token(world: World, _request: Request, params: Params) -> Response:
    """POST a code, or GET the app's own token."""
    grant_type = params.text("grant_type")
    if grant_type == "client_credentials":
        app = login.prove_client(world, HOUSE, params)
        return login.token_answer(f"TH|{app.client_id}|{app.client_secret}", None)
    if grant_type != "authorization_code":
        raise errors.invalid("Unsupported grant_type: it must be authorization_code")
    grant_id, code = login.redeem(world, HOUSE, params)
    chosen = settings.of(world)
    user_id = int(code.person_id) if chosen.numeric_user_id else code.person_id
    answer = {"access_token": login.issue(world, grant_id, chosen.short_token_seconds), "user_id": user_id}
    return JSONResponse(answer, headers=login.NO_STORE)


async def _page(world: World, request: Request) -> Response:
    """A permalink in the browser."""
    where = "platform = 'threads' AND deleted_at IS NULL AND json_extract(details, '$.shortcode') = ?"
    found = books.select(world.store, where, request.path_params["shortcode"], limit=1)
    if not found:
        return pages.refusal("Threads", "This post is not available.", 404)
    author = people.get(world.store, KEY, found[0].person_id)
    return pages.post("Threads", author.handle, found[0].content, books.iso(found[0].at))


THREADS = Platform(
    key=KEY,
    name="Threads",
    make_settings=ThreadsSettings,
    routes=_routes,
    publishes=lambda method, path: method == "POST" and _PUBLISHING.fullmatch(path) is not None,
    is_api=lambda path: _LOGIN.fullmatch(path) is None,
    token_path="",  # there are several: graph/late.py
    throttled=partial(errors.throttled, 4, "threads"),
    broken=errors.broken,
    make_person=profile.make_person,
    begin=HOUSE.register,
    settle=lambda world: errors.note_time(world.clock()),
    schema=tokens.SCHEMA + containers.SCHEMA,
    tables=(containers.TABLE,),
    counts=COUNTS,
)
