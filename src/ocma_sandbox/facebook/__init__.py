"""Facebook Pages (Graph API) at `/facebook`, after the project's fact sheet.

The dialog and the two hosts (graph and upload) are one prefix here. What is doubtful about the real platform is named
where it is decided (clips, reels, outbox, rupload); limits are settings.
"""

import re
from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ocma_sandbox import books, pages, people
from ocma_sandbox.facebook import clips, comments, feed, insights, nodes, outbox, photos, reels, settings, videos
from ocma_sandbox.facebook.counts import COUNTS
from ocma_sandbox.facebook.page import COMMENT_SCOPES, ESTATE, HOUSE, KEY, POST_SCOPES, READ_SCOPES, make_person
from ocma_sandbox.facebook.settings import FacebookSettings
from ocma_sandbox.graph import batch, calls, errors, held, login, tokens
from ocma_sandbox.graph.calls import Call
from ocma_sandbox.platform import Platform
from ocma_sandbox.world import World

CALLS = (
    Call("GET", "/me/accounts", held.accounts(ESTATE)),
    Call("GET", "/me/permissions", held.permissions),
    Call("DELETE", "/me/permissions", held.remove_app),
    Call("DELETE", "/me/permissions/{permission:str}", held.remove_permission),
    Call("GET", "/me/businesses", held.businesses(ESTATE)),
    Call("GET", "/{id:str}/owned_pages", held.owned_pages(ESTATE)),
    Call("GET", "/{id:str}/client_pages", held.client_pages),
    Call("POST", "/{id:str}/feed", feed.create, POST_SCOPES),
    Call("POST", "/{id:str}/photos", photos.create, POST_SCOPES),
    Call("POST", "/{id:str}/videos", videos.create, POST_SCOPES),
    Call("POST", "/{id:str}/video_reels", reels.create_reel, POST_SCOPES),
    Call("POST", "/{id:str}/video_stories", reels.create_story, POST_SCOPES),
    Call("POST", "/{id:str}/photo_stories", photos.create_story, POST_SCOPES),
    Call("POST", "/{id:str}/comments", comments.create, COMMENT_SCOPES),
    Call("GET", "/{id:str}/comments", comments.listed, ("pages_read_user_content",)),
    Call("GET", "/{id:str}/feed", nodes.timeline(), READ_SCOPES),
    Call("GET", "/{id:str}/posts", nodes.timeline(), READ_SCOPES),
    Call("GET", "/{id:str}/published_posts", nodes.timeline(), READ_SCOPES),
    Call("GET", "/{id:str}/scheduled_posts", nodes.scheduled, READ_SCOPES),
    Call("GET", "/{id:str}/stories", nodes.stories, READ_SCOPES),
    Call("GET", "/{id:str}/insights", insights.show, ("read_insights",)),
    Call("GET", "/{id:str}", nodes.show),
    Call("POST", "/{id:str}", nodes.update),
    Call("DELETE", "/{id:str}", nodes.delete),
)
UPLOADS = (
    Call("POST", "/video-upload/v{version:float}/{id:str}", reels.upload, POST_SCOPES),
    Call("GET", "/video-upload/v{version:float}/{id:str}", reels.offset, POST_SCOPES),
)
_PUBLISHING = re.compile(r"(/v[\d.]+)?/([^/]+/(feed|photos|videos|video_reels|video_stories|photo_stories|comments))?/?")
_LOGIN = re.compile(r"(/v[\d.]+)?/(dialog/.*|oauth/.*)")


def _routes(world: World) -> Sequence[BaseRoute]:
    async def authorize(request: Request) -> Response:
        scope = settings.of(world).config_scopes if "config_id" in request.query_params else ""
        return login.authorize(world, HOUSE, request, default_scope=scope)

    inner = [
        Route("/dialog/oauth", authorize),
        calls.door(world, HOUSE, "/oauth/access_token", held.token(HOUSE)),
        calls.door(world, HOUSE, "/debug_token", held.debug_token(HOUSE), methods=["GET"]),
        *calls.routes(world, HOUSE, CALLS),
    ]
    return [
        *calls.routes(world, HOUSE, UPLOADS),
        Route("/{handle:str}/posts/{number:str}", partial(_page, world)),
        *calls.versioned([batch.route(calls.versioned(inner)), *inner]),
    ]


async def _page(world: World, request: Request) -> Response:
    """A post's permalink in the browser."""
    page = people.find(world.store, KEY, request.path_params["handle"])
    post = books.find(world.store, KEY, f"{page.id}_{request.path_params['number']}") if page else None
    if page is None or post is None:
        return pages.refusal("Facebook", "This content isn't available right now.", 404)
    return pages.post("Facebook", page.handle, post.content, books.iso(post.at))


def _settle(world: World) -> None:
    errors.note_time(world.clock())
    outbox.settle(world)


FACEBOOK = Platform(
    key=KEY,
    name="Facebook",
    make_settings=FacebookSettings,
    routes=_routes,
    publishes=lambda method, path: method == "POST" and _PUBLISHING.fullmatch(path) is not None,
    is_api=lambda path: _LOGIN.fullmatch(path) is None,
    token_path="",  # it has the version in it: graph/late.py
    throttled=partial(errors.throttled, 80001, "pages"),
    broken=errors.broken,
    make_person=make_person,
    begin=HOUSE.register,
    settle=_settle,
    schema=tokens.SCHEMA + outbox.SCHEMA + clips.SCHEMA,
    tables=(outbox.TABLE, clips.TABLE),
    counts=COUNTS,
)
