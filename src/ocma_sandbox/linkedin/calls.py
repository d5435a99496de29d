"""Every call of LinkedIn's API passes here: token, version, encoding, daily limits; then its handler."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocma_sandbox import grants, people
from ocma_sandbox.limits import Limit
from ocma_sandbox.linkedin import problems, settings, versions
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

DAY = 86400


@dataclass(frozen=True)
class Caller:
    """Who calls, and what: `access` is the call's name in refusals."""

    token: grants.Token
    member: Person
    access: str
    version: str

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.token.scope.split())

    def require(self, *scopes: str) -> None:
        """Any one of them suffices."""
        if not self.scopes.intersection(scopes):
            raise problems.denied(self.access)


Handler = Callable[[World, Caller, Request], Awaitable[Response]]


@dataclass(frozen=True)
class Call:
    """`scopes`: any one of them suffices; none leaves the question to the handler. `creates`: counts as a member's post."""

    method: str
    path: str
    handler: Handler
    access: str
    scopes: tuple[str, ...] = ()
    creates: bool = False

    @property
    def is_versioned(self) -> bool:
        return self.path.startswith("/rest/")


def route(world: World, call: Call) -> Route:
    async def endpoint(request: Request) -> Response:
        response = await _answer(world, call, request)
        response.headers.update(problems.trace())
        return response

    return Route(call.path, endpoint, methods=[call.method])


async def _answer(world: World, call: Call, request: Request) -> Response:
    try:
        caller = _caller(world, call, request)
        if call.scopes:
            caller.require(*call.scopes)
        _take(world, call, caller.token)
        return await call.handler(world, caller, request)
    except Refused as refused:
        return refused.response


def _caller(world: World, call: Call, request: Request) -> Caller:
    token = bearer(world, request)
    version = "NO_VERSION"
    if call.is_versioned:
        version = request.headers.get("linkedin-version", "")
        versions.check(world, version)
        _check_protocol(world, request)
    member = people.find_by_id(world.store, KEY, token.person_id or "")
    if member is None:
        raise problems.unauthorized("invalid")
    return Caller(token, member, f"{call.access}.{version}", version)


def bearer(world: World, request: Request) -> grants.Token:
    kind, _, raw = request.headers.get("authorization", "").partition(" ")
    if not raw.strip():
        raise problems.unauthorized("empty")
    token = grants.find_token(world.store, KEY, "access", raw.strip(), world.clock())
    if kind.lower() != "bearer" or token is None:
        raise problems.unauthorized("invalid")
    if not token.is_live:
        raise problems.unauthorized("expired" if token.is_expired else "revoked")
    return token


def _check_protocol(world: World, request: Request) -> None:
    """Protocol 2.0.0 takes a colon, a comma or a bracket of a key in percent encoding only."""
    if request.headers.get("x-restli-protocol-version") != "2.0.0" and settings.of(world).protocol_header_required:
        raise problems.illegal("X-Restli-Protocol-Version must be 2.0.0")
    if b"urn:" in request.scope.get("raw_path", b""):
        raise problems.illegal("Syntax exception in path variables")
    if b"urn:" in request.scope["query_string"]:
        raise problems.bad_query()


def _take(world: World, call: Call, token: grants.Token) -> None:
    chosen, now = settings.of(world), world.clock()
    if chosen.rate_factor <= 0:
        return
    key = (KEY, call.method, call.path, now // DAY)  # a day is a calendar day in UTC
    if call.creates:
        most = Limit(chosen.member_posts_per_day, DAY).times(chosen.rate_factor)
        if not world.windows.take((*key, token.person_id), most, now).allowed:
            raise Refused(problems.too_many())
    most = Limit(chosen.app_calls_per_day, DAY).times(chosen.rate_factor)
    if not world.windows.take((*key, "app", token.client_id), most, now).allowed:
        raise Refused(problems.too_many("APPLICATION"))


def base(request: Request) -> str:
    """LinkedIn's own address, as the client reached it."""
    return f"{request.url.scheme}://{request.url.netloc}/{KEY}"
