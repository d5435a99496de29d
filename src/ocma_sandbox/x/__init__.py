"""X (API v2), after its published description and the project's fact sheet.

What is doubtful about the real X is named where it is decided (oauth, posts, uploads, text, view) and, where it
matters to a client, can be changed by a setting (settings).
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ocma_sandbox import books, pages, people
from ocma_sandbox.platform import Platform
from ocma_sandbox.world import World
from ocma_sandbox.x import analytics, oauth, posts, problems, timelines, uploads, users
from ocma_sandbox.x.calls import KEY, Call, route
from ocma_sandbox.x.counts import COUNTS
from ocma_sandbox.x.settings import XSettings

READ = ("tweet.read", "users.read")
WRITE = (*READ, "tweet.write")
MEDIA = ("media.write",)

CALLS = (
    Call("POST", "/2/tweets", posts.create, WRITE, 100, app_limit=10_000),
    Call("GET", "/2/tweets", posts.look_up, READ, 5000),
    Call("GET", "/2/tweets/search/recent", timelines.search, READ, 300),
    Call("GET", "/2/tweets/analytics", analytics.show, READ, 300),
    Call("GET", "/2/tweets/{id:str}", posts.show, READ, 5000),
    Call("DELETE", "/2/tweets/{id:str}", posts.delete, WRITE, 50),
    Call("GET", "/2/users/me", users.me, READ, 75),
    Call("GET", "/2/users/by", users.by_usernames, READ, 900),
    Call("GET", "/2/users/by/username/{username:str}", users.by_username, READ, 900),
    Call("GET", "/2/users/{id:str}", users.show, READ, 900),
    Call("GET", "/2/users/{id:str}/tweets", timelines.own, READ, 900),
    Call("GET", "/2/users/{id:str}/mentions", timelines.mentioning, READ, 300),
    Call("POST", "/2/media/upload", uploads.upload, MEDIA, 500),
    Call("GET", "/2/media/upload", uploads.status, MEDIA, 1875),
    Call("POST", "/2/media/upload/initialize", uploads.initialize, MEDIA, 1875),
    Call("POST", "/2/media/upload/{id:str}/append", uploads.append, MEDIA, 1875),
    Call("POST", "/2/media/upload/{id:str}/finalize", uploads.finalize, MEDIA, 1875),
    Call("POST", "/2/media/metadata", uploads.set_metadata, MEDIA, 500),
)
AUTHORIZE = ("/i/oauth2/authorize", "/2/oauth2/authorize")
TOKEN = "/2/oauth2/token"  # noqa: S105 - a path
REVOKE = "/2/oauth2/revoke"


def _routes(world: World) -> Sequence[BaseRoute]:
    async def authorize(request: Request) -> Response:
        return oauth.authorize(world, request)

    return [
        *(Route(path, authorize) for path in AUTHORIZE),
        _form_route(TOKEN, partial(oauth.token, world)),
        _form_route(REVOKE, partial(oauth.revoke, world)),
        *(route(world, call) for call in CALLS),
        Route("/{handle:str}/status/{id:str}", partial(_page, world)),
        Route("/{path:path}", _no_such, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def _form_route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(path, endpoint, methods=["POST"])


async def _no_such(_request: Request) -> Response:
    return problems.problem(404, "Not Found", "Not Found")


async def _page(world: World, request: Request) -> Response:
    """A post's address in the browser, with the sandbox's prefix in place of https://x.com."""
    post = books.find(world.store, KEY, request.path_params["id"])
    if post is None:
        return pages.refusal("X", "This post does not exist.", 404)
    author = people.get(world.store, KEY, post.person_id)
    return pages.post("X", author.handle, post.content, books.iso(post.at))


X = Platform(
    key=KEY,
    name="X",
    make_settings=XSettings,
    routes=_routes,
    publishes=lambda method, path: (method, path) == ("POST", "/2/tweets"),
    is_api=lambda path: path.startswith("/2/") and not path.startswith("/2/oauth2/"),
    token_path=TOKEN,
    throttled=problems.throttled,
    broken=problems.broken,
    make_person=oauth.make_person,
    begin=oauth.register,
    counts=COUNTS,
)
