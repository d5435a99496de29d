"""The streaming server's side of Mastodon, in server-sent events.

Its own program in Mastodon (streaming/index.js), and other in manners than the rest: a missing scope is a 401, the token
may be in the query, nothing counts against rate windows. WebSockets and the public streams are not spoken here.
"""

import json
from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ocma_sandbox import faults, grants, people
from ocma_sandbox.grants import Token
from ocma_sandbox.mastodon import errors, feed, notifications, settings, statuses
from ocma_sandbox.mastodon.calls import KEY, base, is_covered
from ocma_sandbox.mastodon.entities import Renderer
from ocma_sandbox.mastodon.notifications import Notification
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.streams import Cuts, EventStream, Wording
from ocma_sandbox.world import World

ROOT = "/api/v1/streaming"
HELLO, BEAT = b":)\n", b":thump\n"


def routes(world: World) -> Sequence[BaseRoute]:
    return [
        Route(f"{ROOT}/health", _health),
        Route(f"{ROOT}/user", partial(_user, world)),
        Route(f"{ROOT}/user/notification", partial(_user_notification, world)),
    ]


def address(request: Request) -> str:
    """What the instance tells as `configuration.urls.streaming`: a WebSocket's address, as every instance does."""
    return base(request).replace("http", "ws", 1)


async def _health(_request: Request) -> Response:
    return PlainTextResponse("OK")


async def _user(world: World, request: Request) -> Response:
    raw, token, me = _admitted(world, request, "read:statuses")
    topics = [feed.timeline(me.id)]
    if is_covered("read:notifications", token.scope):
        topics.append(feed.notices(me.id))
    return _stream(world, request, raw, me, topics)


async def _user_notification(world: World, request: Request) -> Response:
    raw, _token, me = _admitted(world, request, "read:notifications")
    return _stream(world, request, raw, me, [feed.notices(me.id)])


def _admitted(world: World, request: Request, scope: str) -> tuple[str, Token, Person]:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    raw = given.strip() if kind.lower() == "bearer" else request.query_params.get("access_token", "")
    if not (raw or kind):
        raise _unauthorized("Missing access token")
    token = grants.find_token(world.store, KEY, "access", raw, world.clock())
    me = people.find_by_id(world.store, KEY, token.person_id or "") if token and token.is_live else None
    if token is None or me is None:
        raise _unauthorized("Invalid access token")
    if not is_covered(scope, token.scope):
        raise _unauthorized("Access token does not have the required scopes")
    return raw, token, me


def _unauthorized(why: str) -> Refused:
    return Refused(errors.error(401, why))


def _stream(world: World, request: Request, raw: str, me: Person, topics: list[str]) -> Response:
    renderer, chosen = Renderer(world, base(request), me), settings.of(world)
    call = faults.Call(KEY, "GET", request.scope["path"], is_api=True, is_token=False, is_publish=False)
    words = Wording(HELLO, BEAT, chosen.heartbeat_seconds, partial(_written, renderer), partial(_goes_on, world, raw))
    headers = {"Cache-Control": "no-store"}
    return EventStream(world.streams, topics, chosen.stream_backlog, words, Cuts(world.faults, call), headers)


def _goes_on(world: World, raw: str) -> bool:
    """Revoking a token ends its streams, with their next event or heartbeat. What is due by now is published first."""
    statuses.settle(world)
    token = grants.find_token(world.store, KEY, "access", raw, world.clock())
    return token is not None and token.is_live


def _written(renderer: Renderer, event: feed.Event) -> bytes:
    return f"event: {event.kind}\ndata: {_payload(renderer, event)}\n\n".encode()


def _payload(renderer: Renderer, event: feed.Event) -> str:
    about = event.about
    if event.kind == "delete":
        return about.id
    shown = notifications.rendered(renderer, about) if isinstance(about, Notification) else renderer.status(about)
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
