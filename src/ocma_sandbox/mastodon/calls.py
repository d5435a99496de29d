"""Every call of Mastodon's API passes here: token, scopes, rate windows; then its handler."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocma_sandbox import grants, people
from ocma_sandbox.books import iso
from ocma_sandbox.limits import Limit, Reading
from ocma_sandbox.mastodon import errors, settings
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

KEY = "mastodon"
LIMITS = {
    "all": Limit(300, 300),
    "posts": Limit(300, 3 * 3600),
    "media": Limit(30, 30 * 60),
    "deletes": Limit(30, 30 * 60),
}


@dataclass(frozen=True)
class Visitor:
    """Who calls. Without a token there is neither; an app's own token has no person."""

    token: grants.Token | None
    person: Person | None

    @property
    def me(self) -> Person:
        if self.person is None:
            raise errors.unprocessable("This method requires an authenticated user")
        return self.person


Handler = Callable[[World, Visitor, Request], Awaitable[Response]]


@dataclass(frozen=True)
class Call:
    """`scopes`: any one of them suffices, none means public. `limit` names a window beside the general one."""

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...] = ()
    limit: str = "all"


def route(world: World, call: Call) -> Route:
    async def endpoint(request: Request) -> Response:
        visitor = _visitor(world, call, request)
        reading = _take(world, call, visitor, request)
        response = await _answer(world, call, visitor, request) if reading is None or reading.allowed else errors.too_many()
        response.headers.update(_headers(reading))
        return response

    return Route(call.path, endpoint, methods=[call.method])


async def _answer(world: World, call: Call, visitor: Visitor, request: Request) -> Response:
    try:
        return await call.handler(world, visitor, request)
    except Refused as refused:
        return refused.response


def _visitor(world: World, call: Call, request: Request) -> Visitor:
    kind, _, raw = request.headers.get("authorization", "").partition(" ")
    if not raw:
        if call.scopes:
            raise errors.unauthorized()
        return Visitor(None, None)
    token = grants.find_token(world.store, KEY, "access", raw.strip(), world.clock())
    if kind.lower() != "bearer" or token is None:
        raise errors.unauthorized()
    if not token.is_live:
        raise errors.unauthorized("revoked" if token.is_revoked else "expired")
    if call.scopes and not any(is_covered(scope, token.scope) for scope in call.scopes):
        raise errors.out_of_scope()
    return Visitor(token, people.find_by_id(world.store, KEY, token.person_id or ""))


def is_covered(scope: str, granted: str) -> bool:
    """`write` holds every `write:…`."""
    return bool({scope, scope.partition(":")[0]} & set(granted.split()))


def _take(world: World, call: Call, visitor: Visitor, request: Request) -> Reading | None:
    """The reading of the narrowest window; the general one counts too."""
    factor, now = settings.of(world).rate_factor, world.clock()
    if factor <= 0:
        return None
    who = visitor.person.id if visitor.person else (request.client.host if request.client else "")
    general = world.windows.take((KEY, "all", who), LIMITS["all"].times(factor), now)
    if call.limit == "all" or not general.allowed:
        return general
    return world.windows.take((KEY, call.limit, who), LIMITS[call.limit].times(factor), now)


def _headers(reading: Reading | None) -> dict[str, str]:
    if reading is None:
        return {}
    names = {"Limit": str(reading.limit), "Remaining": str(reading.remaining), "Reset": iso(reading.reset_at)}
    return {f"X-RateLimit-{name}": value for name, value in names.items()}


def base(request: Request) -> str:
    """The instance's own address, as the client reached it."""
    return f"{request.url.scheme}://{request.url.netloc}/{KEY}"
