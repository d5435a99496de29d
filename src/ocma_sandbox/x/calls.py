"""Every call of X's API passes here: token, scopes, rate windows; then its handler."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocma_sandbox import grants, people
from ocma_sandbox.limits import Limit, Reading
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World
from ocma_sandbox.x import problems, settings

KEY = "x"
QUARTER_HOUR = 900
DAY = 86400

Handler = Callable[[World, Person, Request], Awaitable[Response]]


@dataclass(frozen=True)
class Call:
    """`limit`: requests a user may make in 15 minutes; `app_limit`: all users of an app together in 24 hours."""

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...]
    limit: int
    app_limit: int | None = None


def route(world: World, call: Call) -> Route:
    async def endpoint(request: Request) -> Response:
        token = _token(world, request, call)
        headers, allowed = _take(world, call, token)
        response = await _answer(world, call, token, request) if allowed else problems.too_many()
        response.headers.update(headers)
        return response

    return Route(call.path, endpoint, methods=[call.method])


def _token(world: World, request: Request, call: Call) -> grants.Token:
    kind, _, raw = request.headers.get("authorization", "").partition(" ")
    token = grants.find_token(world.store, KEY, "access", raw.strip(), world.clock())
    if kind.lower() != "bearer" or token is None or not token.is_live:
        raise problems.unauthorized()
    if not set(call.scopes) <= set(token.scope.split()):
        raise problems.not_permitted()
    return token


def _take(world: World, call: Call, token: grants.Token) -> tuple[dict[str, str], bool]:
    factor, now = settings.of(world).rate_factor, world.clock()
    if factor <= 0:
        return {}, True
    what = (KEY, call.method, call.path)
    user = world.windows.take((*what, token.person_id), Limit(call.limit, QUARTER_HOUR).times(factor), now)
    headers = _headers("x-rate-limit", user)
    if call.app_limit is None or not user.allowed:
        return headers, user.allowed
    app = world.windows.take((*what, "app", token.client_id), Limit(call.app_limit, DAY).times(factor), now)
    return {**headers, **_headers("x-app-limit-24hour", app)}, app.allowed


def _headers(prefix: str, reading: Reading) -> dict[str, str]:
    names = {"limit": reading.limit, "remaining": reading.remaining, "reset": int(-(-reading.reset_at // 1))}
    return {f"{prefix}-{name}": str(value) for name, value in names.items()}


async def _answer(world: World, call: Call, token: grants.Token, request: Request) -> Response:
    person = people.find_by_id(world.store, KEY, token.person_id or "")
    if person is None:
        raise problems.unauthorized()
    try:
        return await call.handler(world, person, request)
    except Refused as refused:
        return refused.response
