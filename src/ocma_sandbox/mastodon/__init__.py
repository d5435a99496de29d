"""A Mastodon instance at `/mastodon`, after the project's fact sheet.

What is doubtful about real instances is named where it is decided (oauth, statuses); limits are settings.
"""

import base64
from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ocma_sandbox import books, pages, people
from ocma_sandbox.mastodon import accounts, errors, instance, notifications, oauth, scheduled, statuses, streaming, uploads
from ocma_sandbox.mastodon.calls import KEY, Call, route
from ocma_sandbox.mastodon.counts import COUNTS
from ocma_sandbox.mastodon.settings import MastodonSettings
from ocma_sandbox.platform import Platform
from ocma_sandbox.world import World

WRITE = ("write:statuses",)
MEDIA = ("write:media",)
ME = ("profile", "read:accounts")
READ = ("read:statuses",)
NOTIFICATIONS = ("read:notifications",)

CALLS = (
    Call("GET", "/.well-known/oauth-authorization-server", oauth.discovery),
    Call("POST", "/api/v1/apps", oauth.register),
    Call("GET", "/api/v1/apps/verify_credentials", oauth.verify_app),
    Call("GET", "/oauth/userinfo", accounts.user_info, ME),
    Call("GET", "/api/v1/accounts/verify_credentials", accounts.verify_credentials, ME),
    Call("GET", "/api/v1/accounts/lookup", accounts.look_up),
    Call("GET", "/api/v1/accounts/{id:str}", accounts.show),
    Call("GET", "/api/v1/accounts/{id:str}/statuses", statuses.of_account),
    Call("GET", "/api/v2/instance", instance.show),
    Call("GET", "/api/v1/instance", instance.show_old),
    Call("POST", "/api/v2/media", uploads.upload, MEDIA, "media"),
    Call("POST", "/api/v1/media", uploads.upload_now, MEDIA, "media"),
    Call("GET", "/api/v1/media/{id:str}", uploads.show, MEDIA),
    Call("PUT", "/api/v1/media/{id:str}", uploads.update, MEDIA),
    Call("DELETE", "/api/v1/media/{id:str}", uploads.delete, MEDIA),
    Call("GET", "/media/{id:str}", uploads.file),
    Call("POST", "/api/v1/statuses", statuses.create, WRITE, "posts"),
    Call("GET", "/api/v1/statuses", statuses.show_many),
    Call("GET", "/api/v1/statuses/{id:str}", statuses.show),
    Call("DELETE", "/api/v1/statuses/{id:str}", statuses.delete, WRITE, "deletes"),
    Call("GET", "/api/v1/statuses/{id:str}/context", statuses.context),
    Call("GET", "/api/v1/polls/{id:str}", statuses.poll),
    Call("GET", "/api/v1/scheduled_statuses", scheduled.list_, READ),
    Call("GET", "/api/v1/scheduled_statuses/{id:str}", scheduled.show, READ),
    Call("DELETE", "/api/v1/scheduled_statuses/{id:str}", scheduled.cancel, WRITE),
    Call("GET", "/api/v1/notifications", notifications.list_, NOTIFICATIONS),
    Call("GET", "/api/v1/notifications/{id:str}", notifications.show, NOTIFICATIONS),
)
TOKEN = "/oauth/token"  # noqa: S105 - a path

_PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")


def _routes(world: World) -> Sequence[BaseRoute]:
    async def authorize(request: Request) -> Response:
        return oauth.authorize(world, request)

    return [
        Route("/oauth/authorize", authorize),
        Route(TOKEN, partial(oauth.token, world), methods=["POST"]),
        Route("/oauth/revoke", partial(oauth.revoke, world), methods=["POST"]),
        *(route(world, call) for call in CALLS),
        *streaming.routes(world),
        Route("/avatars/original/missing.png", _avatar),
        Route("/@{handle:str}/{id:str}", partial(_page, world)),
        Route("/{path:path}", _no_such, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


async def _avatar(_request: Request) -> Response:
    return Response(_PIXEL, media_type="image/png")


async def _no_such(_request: Request) -> Response:
    return errors.error(404, "Record not found")


async def _page(world: World, request: Request) -> Response:
    """A status' `url` in the browser; only what everybody may see."""
    post = books.find(world.store, KEY, request.path_params["id"])
    if post is None or post.details["visibility"] not in {"public", "unlisted"}:
        return pages.refusal("Mastodon", "This status does not exist.", 404)
    author = people.get(world.store, KEY, post.person_id)
    return pages.post("Mastodon", author.handle, post.content, books.iso(post.at))


MASTODON = Platform(
    key=KEY,
    name="Mastodon",
    make_settings=MastodonSettings,
    routes=_routes,
    publishes=lambda method, path: (method, path) == ("POST", "/api/v1/statuses"),
    is_api=lambda path: path.startswith("/api/"),
    token_path=TOKEN,
    throttled=errors.throttled,
    broken=errors.broken,
    make_person=oauth.make_person,
    settle=statuses.settle,
    schema=scheduled.SCHEMA + notifications.SCHEMA,
    tables=(scheduled.TABLE, notifications.TABLE),
    counts=COUNTS,
)
