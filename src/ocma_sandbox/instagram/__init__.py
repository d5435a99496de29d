"""Instagram at `/instagram`, after the project's fact sheet.

All hosts of both logins are one prefix here, and the token or the client says which login a call belongs to. Below
`/instagram/ig` there are the hosts of Instagram Login alone, below `/instagram/fb` those of Facebook Login alone: there a
token of the other one means nothing, as on the real hosts. What is doubtful about the real platform is named where it is
decided (making, publishing, insights, nodes); limits are settings.
"""

import re
from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from ocma_sandbox import books, pages, people
from ocma_sandbox.graph import batch, calls, containers, errors, held, house, login, longlived, tokens
from ocma_sandbox.graph.calls import Call
from ocma_sandbox.graph.params import Params
from ocma_sandbox.instagram import insights, making, nodes, publishing, settings
from ocma_sandbox.instagram.account import (
    ESTATE,
    FACEBOOK_HOUSE,
    FACEBOOK_WORDS,
    INSTAGRAM_HOUSE,
    INSTAGRAM_WORDS,
    KEY,
    Words,
    app_scoped,
    make_person,
)
from ocma_sandbox.instagram.counts import COUNTS
from ocma_sandbox.instagram.settings import InstagramSettings
from ocma_sandbox.platform import Platform, Refused
from ocma_sandbox.world import World

_PUBLISHING = re.compile(r"(/fb|/ig)?(/v[\d.]+)?/([^/]+/(media_publish|comments|replies|mentions))?/?")
_LOGIN = re.compile(r"(/fb|/ig)?(/v[\d.]+)?/(dialog/.*|oauth/.*|access_token|refresh_access_token)")


def _calls(words: Words) -> tuple[Call, ...]:
    read, publish = (words.basic,), (words.basic, words.publish)
    return (
        Call("POST", "/{id:str}/media", making.create, publish),
        Call("POST", "/{id:str}/media_publish", publishing.publish, publish),
        Call("GET", "/{id:str}/content_publishing_limit", publishing.limit, publish),
        Call("GET", "/{id:str}/media", nodes.listed, read),
        Call("GET", "/{id:str}/stories", nodes.stories, read),
        Call("GET", "/{id:str}/tags", nodes.tags, (words.basic, words.comments)),
        Call("GET", "/{id:str}/children", nodes.children, read),
        Call("GET", "/{id:str}/comments", nodes.comments, (words.basic, words.comments)),
        Call("GET", "/{id:str}/replies", nodes.replies, (words.basic, words.comments)),
        Call("POST", "/{id:str}/comments", nodes.comment, (words.basic, words.comments)),
        Call("POST", "/{id:str}/replies", nodes.reply, (words.basic, words.comments)),
        Call("POST", "/{id:str}/mentions", nodes.mention, (words.basic, words.comments)),
        Call("GET", "/{id:str}/insights", insights.show, (words.basic, words.insights)),
        Call("GET", "/{id:str}", nodes.show),
        Call("POST", "/{id:str}", nodes.update, (words.basic, words.comments)),
        Call("DELETE", "/{id:str}", nodes.delete, read),
    )


HELD = (
    Call("GET", "/me/accounts", held.accounts(ESTATE)),
    Call("GET", "/me/permissions", held.permissions),
    Call("DELETE", "/me/permissions", held.remove_app),
    Call("DELETE", "/me/permissions/{permission:str}", held.remove_permission),
    Call("GET", "/me/businesses", held.businesses(ESTATE)),
    Call("GET", "/{id:str}/owned_pages", held.owned_pages(ESTATE)),
    Call("GET", "/{id:str}/client_pages", held.client_pages),
)


def _uploads(words: Words) -> tuple[Call, ...]:
    return (
        Call("POST", "/ig-api-upload/v{version:float}/{id:str}", publishing.upload, (words.publish,)),
        Call("GET", "/ig-api-upload/v{version:float}/{id:str}", publishing.offset, (words.publish,)),
    )


UPLOADS = ((INSTAGRAM_HOUSE, _uploads(INSTAGRAM_WORDS)), (FACEBOOK_HOUSE, _uploads(FACEBOOK_WORDS)))
OWN = (INSTAGRAM_HOUSE, _calls(INSTAGRAM_WORDS))
LINKED = (FACEBOOK_HOUSE, (*HELD, *_calls(FACEBOOK_WORDS)))


def _routes(world: World) -> Sequence[BaseRoute]:
    return [
        Route("/p/{shortcode:str}/", partial(_page, world)),
        Route("/reel/{shortcode:str}/", partial(_page, world)),
        *calls.shared_routes(world, UPLOADS),
        Mount("/ig", routes=_hosts(_instagram_doors(world, _short_token), calls.routes(world, *OWN))),
        Mount("/fb", routes=_hosts(_facebook_doors(world), calls.routes(world, *LINKED))),
        *_hosts([*_instagram_doors(world, _any_token), *_facebook_doors(world)], calls.shared_routes(world, (LINKED, OWN))),
    ]


def _hosts(doors: list[BaseRoute], graph: list[BaseRoute]) -> list[BaseRoute]:
    inner = [*doors, *graph]
    return calls.versioned([batch.route(calls.versioned(inner)), *inner])


def _instagram_doors(world: World, token: calls.Door) -> list[BaseRoute]:
    async def authorize(request: Request) -> Response:
        return login.authorize(world, INSTAGRAM_HOUSE, request, tail="#_")

    async def exchange(world: World, _request: Request, params: Params) -> Response:
        return longlived.exchange(world, INSTAGRAM_HOUSE, params, "ig_exchange_token")

    async def refresh(world: World, _request: Request, params: Params) -> Response:
        return longlived.refresh(world, INSTAGRAM_HOUSE, params, "ig_refresh_token")

    return [
        Route("/oauth/authorize", authorize),
        calls.door(world, INSTAGRAM_HOUSE, "/oauth/access_token", token),
        calls.door(world, INSTAGRAM_HOUSE, "/access_token", exchange, methods=["GET"]),
        calls.door(world, INSTAGRAM_HOUSE, "/refresh_access_token", refresh, methods=["GET"]),
    ]


def _facebook_doors(world: World) -> list[BaseRoute]:
    async def authorize(request: Request) -> Response:
        return login.authorize(world, FACEBOOK_HOUSE, request)

    return [
        Route("/dialog/oauth", authorize),
        calls.door(world, FACEBOOK_HOUSE, "/oauth/access_token", held.token(FACEBOOK_HOUSE)),
        calls.door(world, FACEBOOK_HOUSE, "/debug_token", held.debug_token(FACEBOOK_HOUSE), methods=["GET"]),
    ]


async def _any_token(world: World, request: Request, params: Params) -> Response:
    """Both logins have this path, on hosts of their own; where the hosts are one, the client says which is meant."""
    if params.text("client_id") == FACEBOOK_HOUSE.client(world).id:
        return await held.token(FACEBOOK_HOUSE)(world, request, params)
    return await _short_token(world, request, params)


async def _short_token(world: World, request: Request, params: Params) -> Response:
    """POST api.instagram.com/oauth/access_token: its errors have a form of their own, flat."""
    if "client_id" in request.query_params or "code" in request.query_params:
        return _flat("Parameters must be sent in the body")
    if params.text("grant_type") != "authorization_code":
        return _flat("Invalid grant_type: it must be authorization_code")
    try:
        grant_id, code = login.redeem(world, INSTAGRAM_HOUSE, params)
    except Refused:
        return _flat("Matching code was not found or was already used, or the client is not the one it was made for")
    lives = settings.of(world).short_token_seconds
    person = people.get(world.store, KEY, code.person_id)
    answer = {
        "access_token": login.issue(world, grant_id, lives),
        "user_id": int(app_scoped(person)),
        "permissions": login.granted(code.scope),
    }
    wrapped = {"data": [answer]} if settings.of(world).wrap_token_answer else answer
    return JSONResponse(wrapped, headers=login.NO_STORE)


def _flat(message: str) -> Response:
    return JSONResponse({"error_type": "OAuthException", "code": 400, "error_message": message}, 400)


async def _page(world: World, request: Request) -> Response:
    """A permalink in the browser."""
    where = "platform = 'instagram' AND deleted_at IS NULL AND json_extract(details, '$.shortcode') = ?"
    found = books.select(world.store, where, request.path_params["shortcode"], limit=1)
    if not found:
        return pages.refusal("Instagram", "Sorry, this page isn't available.", 404)
    author = people.get(world.store, KEY, found[0].person_id)
    return pages.post("Instagram", author.handle, found[0].content, books.iso(found[0].at))


INSTAGRAM = Platform(
    key=KEY,
    name="Instagram",
    make_settings=InstagramSettings,
    routes=_routes,
    publishes=lambda method, path: method == "POST" and _PUBLISHING.fullmatch(path) is not None,
    is_api=lambda path: _LOGIN.fullmatch(path) is None,
    token_path="",  # there are several, and one has the version in it: graph/late.py
    throttled=partial(errors.throttled, 80002, "instagram"),
    broken=errors.broken,
    make_person=make_person,
    begin=lambda world: house.register_all(world, INSTAGRAM_HOUSE, FACEBOOK_HOUSE),
    settle=lambda world: errors.note_time(world.clock()),
    schema=tokens.SCHEMA + containers.SCHEMA,
    tables=(containers.TABLE,),
    counts=COUNTS,
)
