"""LinkedIn at `/linkedin`, after the project's fact sheet: members and their pages, the versioned /rest calls.

What is doubtful about the real LinkedIn is named where it is decided (oauth, posts, drafts, assets, comments) and, where
it matters to a client, can be changed by a setting (settings). Not here: reactions, webhooks, captions, id_token.
"""

import struct
import zlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ocma_sandbox import books, pages, people
from ocma_sandbox.linkedin import (
    analytics,
    assets,
    comments,
    identity,
    members,
    oauth,
    posts,
    problems,
    statistics,
    tokens,
    uploads,
)
from ocma_sandbox.linkedin.calls import Call, route
from ocma_sandbox.linkedin.counts import COUNTS
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.linkedin.settings import LinkedInSettings
from ocma_sandbox.platform import Platform
from ocma_sandbox.world import World

ADMIN = ("rw_organization_admin", "r_organization_admin")
COMMENTS = "/rest/socialActions/{urn:str}/comments"
TOKEN = "/oauth/v2/accessToken"  # noqa: S105 - a path

CALLS = (
    Call("GET", "/v2/userinfo", identity.user_info, "userinfo.GET", ("openid",)),
    Call("GET", "/rest/organizationAcls", identity.acls, "organizationAcls.FINDER-roleAssignee", ADMIN),
    Call("GET", "/rest/organizations", identity.organizations, "organizations.FINDER-vanityName", ADMIN),
    Call("GET", "/rest/organizations/{id:str}", identity.organization, "organizations.GET", ADMIN),
    Call("POST", "/rest/images", assets.initialize, "images.ACTION-initializeUpload"),
    Call("POST", "/rest/documents", assets.initialize, "documents.ACTION-initializeUpload"),
    Call("POST", "/rest/videos", assets.post_video, "videos.ACTION"),
    *(Call("GET", f"/rest/{name}/{{urn:str}}", assets.show, f"{name}.GET") for name in assets.KINDS),
    Call("POST", "/rest/posts", posts.create, "posts.CREATE", creates=True),
    Call("GET", "/rest/posts", posts.by_author, "posts.FINDER-author"),
    Call("GET", "/rest/posts/{urn:str}", posts.show, "posts.GET"),
    Call("POST", "/rest/posts/{urn:str}", posts.update, "posts.PARTIAL_UPDATE"),
    Call("DELETE", "/rest/posts/{urn:str}", posts.delete, "posts.DELETE"),
    Call("POST", COMMENTS, comments.create, "partnerApiSocialActions.CREATE"),
    Call("GET", COMMENTS, comments.list_, "partnerApiSocialActions.GET_ALL"),
    Call("DELETE", COMMENTS + "/{id:str}", comments.delete, "partnerApiSocialActions.DELETE"),
    Call("GET", "/rest/organizationalEntityShareStatistics", statistics.of_shares, "shareStatistics.FINDER", ADMIN),
    Call("GET", "/rest/organizationalEntityFollowerStatistics", statistics.of_followers, "followerStatistics.FINDER", ADMIN),
    Call("GET", "/rest/networkSizes/{urn:str}", statistics.network_size, "networkSizes.GET", ADMIN),
    Call("GET", "/rest/memberCreatorPostAnalytics", analytics.show, "postAnalytics.FINDER", ("r_member_postAnalytics",)),
    Call("GET", "/rest/memberFollowersCount", statistics.followers, "followersCount.FINDER", ("r_member_profileAnalytics",)),
)


def _routes(world: World) -> Sequence[BaseRoute]:
    async def authorize(request: Request) -> Response:
        return oauth.authorize(world, request)

    return [
        Route("/oauth/v2/authorization", authorize),
        _route(TOKEN, partial(tokens.token, world)),
        _route("/oauth/v2/revoke", partial(tokens.revoke, world)),
        _route("/oauth/v2/introspectToken", partial(tokens.introspect, world)),
        *(route(world, call) for call in CALLS),
        _route("/dms-uploads/{key:str}", partial(assets.put, world), "PUT"),
        Route("/dms/image/{id:str}", _avatar),
        *(Route(path, partial(_page, world)) for path in ("/feed/update/{urn:str}", "/feed/update/{urn:str}/")),
        Route("/{path:path}", _no_such, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str = "POST") -> Route:
    return Route(path, endpoint, methods=[method])


async def _no_such(_request: Request) -> Response:
    raise problems.not_found()


async def _avatar(_request: Request) -> Response:
    """A picture of one blue pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head, pixel = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0), zlib.compress(b"\x00\x0a\x66\xc2")
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
    return Response(png, media_type="image/png")


async def _page(world: World, request: Request) -> Response:
    """A post's address in the browser, with the sandbox's prefix in place of https://www.linkedin.com."""
    post = books.find(world.store, KEY, request.path_params["urn"])
    if post is None or post.details.get("visibility") != "PUBLIC":
        return pages.refusal("LinkedIn", "This post does not exist.", 404)
    author = people.get(world.store, KEY, post.person_id)
    return pages.post("LinkedIn", author.handle, post.content, books.iso(post.at))


def _publishes(method: str, path: str) -> bool:
    """What makes something live: a post, and a comment under one."""
    is_comment = path.startswith("/rest/socialActions/") and path.endswith("/comments")
    return method == "POST" and (path == "/rest/posts" or is_comment)


LINKEDIN = Platform(
    key=KEY,
    name="LinkedIn",
    make_settings=LinkedInSettings,
    routes=_routes,
    publishes=_publishes,
    is_api=lambda path: path.startswith(("/rest/", "/v2/", "/dms-uploads/")),
    token_path=TOKEN,
    throttled=problems.throttled,
    broken=problems.broken,
    make_person=members.make_person,
    begin=oauth.register,
    settle=posts.settle,
    schema=uploads.SCHEMA + posts.SCHEMA,
    tables=(uploads.TABLE, posts.DOOMED),
    counts=COUNTS,
)
