"""Every call of TikTok's API passes here: token, scopes, rate windows; then its handler."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocma_sandbox import grants, people
from ocma_sandbox.limits import Limit
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.tiktok import errors, settings
from ocma_sandbox.world import World

KEY = "tiktok"
MINUTE = 60


@dataclass(frozen=True)
class Caller:
    """Who calls, and what the token may."""

    person: Person
    token: grants.Token

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.token.scope.split())

    def require(self, *scopes: str) -> None:
        missing = [scope for scope in scopes if scope not in self.scopes]
        if missing:
            message = f"The user did not authorize the scope required for completing this request: {', '.join(missing)}."
            raise errors.refused("scope_not_authorized", message)


Handler = Callable[[World, Caller, Request], Awaitable[Response]]


@dataclass(frozen=True)
class Call:
    """`scope` empty: the handler asks for what the request needs. `limit`: calls a token may make in a minute."""

    method: str
    path: str
    handler: Handler
    scope: str
    limit: int


def route(world: World, call: Call) -> Route:
    async def endpoint(request: Request) -> Response:
        caller = _caller(world, request)
        if call.scope:
            caller.require(call.scope)
        if not _is_allowed(world, call, caller):
            return errors.too_many()
        try:
            return await call.handler(world, caller, request)
        except Refused as refused:
            return refused.response

    return Route(call.path, endpoint, methods=[call.method])


def _caller(world: World, request: Request) -> Caller:
    kind, _, raw = request.headers.get("authorization", "").partition(" ")
    token = grants.find_token(world.store, KEY, "access", raw.strip(), world.clock())
    person = people.find_by_id(world.store, KEY, token.person_id or "") if token else None
    if kind.lower() != "bearer" or token is None or person is None or not token.is_live:
        message = "The access token is invalid or not found in the request."
        raise errors.refused("access_token_invalid", message)
    return Caller(person, token)


def _is_allowed(world: World, call: Call, caller: Caller) -> bool:
    factor = settings.of(world).rate_factor
    if factor <= 0:
        return True
    window = Limit(call.limit, MINUTE).times(factor)
    return world.windows.take((KEY, call.path, caller.token.hash), window, world.clock()).allowed


def base(request: Request) -> str:
    """The platform's own address, as the client reached it."""
    return f"{request.url.scheme}://{request.url.netloc}/{KEY}"
