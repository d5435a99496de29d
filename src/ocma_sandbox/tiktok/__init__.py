"""TikTok for Developers (API v2: Login Kit, Content Posting, Display), after the project's fact sheet.

What is doubtful about the real TikTok is named where it is decided (oauth, drafts, settings) and, where it matters to
a client, can be changed by a setting. Not here: webhooks, and cancelling a publish.
"""

from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ocma_sandbox import books, pages, people
from ocma_sandbox.platform import Platform
from ocma_sandbox.tiktok import errors, inits, oauth, publishes, uploads, users, videos
from ocma_sandbox.tiktok.calls import KEY, Call, route
from ocma_sandbox.tiktok.counts import COUNTS
from ocma_sandbox.tiktok.settings import TikTokSettings
from ocma_sandbox.world import World

PUBLISH = "/v2/post/publish"
INITS = (f"{PUBLISH}/video/init/", f"{PUBLISH}/inbox/video/init/", f"{PUBLISH}/content/init/")
CALLS = (
    Call("GET", "/v2/user/info/", users.info, "", 600),
    Call("POST", f"{PUBLISH}/creator_info/query/", users.creator_info, "video.publish", 20),
    Call("POST", INITS[0], inits.video, "video.publish", 6),
    Call("POST", INITS[1], inits.inbox_video, "video.upload", 6),
    Call("POST", INITS[2], inits.photos, "", 6),
    Call("POST", f"{PUBLISH}/status/fetch/", inits.status, "", 30),
    Call("POST", "/v2/video/list/", videos.list_, "video.list", 600),
    Call("POST", "/v2/video/query/", videos.query, "video.list", 600),
)
TOKEN = "/v2/oauth/token/"  # noqa: S105 - a path


def _publishes(method: str, path: str) -> bool:
    """What is pulled is live with its `init`; what is uploaded, with its last chunk."""
    return (method, path) == ("PUT", inits.UPLOAD) or (method == "POST" and path in INITS)


def _routes(world: World) -> Sequence[BaseRoute]:
    async def authorize(request: Request) -> Response:
        return oauth.authorize(world, request)

    return [
        Route("/v2/auth/authorize/", authorize),
        Route(TOKEN, partial(oauth.token, world), methods=["POST"]),
        Route("/v2/oauth/revoke/", partial(oauth.revoke, world), methods=["POST"]),
        *(route(world, call) for call in CALLS),
        Route(inits.UPLOAD, partial(uploads.put, world), methods=["PUT"]),
        Route("/avatar/{handle:str}.svg", partial(users.avatar, world)),
        Route("/@{handle:str}/{kind:str}/{id:str}", partial(_page, world)),
        Route("/{path:path}", _no_such, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


async def _no_such(_request: Request) -> Response:
    return errors.error("unsupported_path", "Unsupported path(Janus).")


async def _page(world: World, request: Request) -> Response:
    """A post's address in the browser; only what everybody may see."""
    post = books.find(world.store, KEY, request.path_params["id"])
    if post is None or not publishes.is_public(world, post):
        return pages.refusal("TikTok", "This post does not exist.", 404)
    author = people.get(world.store, KEY, post.person_id)
    return pages.post("TikTok", author.handle, post.content, books.iso(post.at))


TIKTOK = Platform(
    key=KEY,
    name="TikTok",
    make_settings=TikTokSettings,
    routes=_routes,
    publishes=_publishes,
    is_api=lambda path: path.startswith(("/v2/", "/upload/")) and not path.startswith(("/v2/oauth/", "/v2/auth/")),
    token_path=TOKEN,
    throttled=errors.throttled,
    broken=errors.broken,
    make_person=oauth.make_person,
    begin=oauth.register,
    schema=publishes.SCHEMA,
    tables=(publishes.TABLE,),
    counts=COUNTS,
)
