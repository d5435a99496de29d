"""Every call of the Data API passes here: token, scopes, parameters, quota; then its handler."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocma_sandbox import grants, people
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World
from ocma_sandbox.youtube import errors, quota, settings

KEY = "youtube"
PREFIX = "https://www.googleapis.com/auth/"
SYSTEM = frozenset(
    {
        *("$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser"),
        *("uploadType", "upload_protocol"),
    }
)
"""Parameters that every Google API takes."""


@dataclass(frozen=True)
class Caller:
    """A person is a channel: the one that was chosen at consent."""

    person: Person
    token: grants.Token


Handler = Callable[[World, Caller, Request], Awaitable[Response]]


@dataclass(frozen=True)
class Call:
    """`scopes`: any one of them suffices. `required` and `optional` are the names of its parameters."""

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    cost: int = 1
    bucket: str = quota.UNITS


def route(world: World, call: Call) -> Route:
    async def endpoint(request: Request) -> Response:
        caller = read_caller(world, request)
        if not {PREFIX + scope for scope in call.scopes} & set(caller.token.scope.split()):
            raise errors.out_of_scope()
        if not quota.take(world, caller.token.client_id, call.bucket, call.cost):
            return errors.quota_exceeded()
        _check_parameters(call, request)
        try:
            return await call.handler(world, caller, request)
        except Refused as refused:
            return refused.response

    return Route(call.path, endpoint, methods=[call.method])


def read_caller(world: World, request: Request) -> Caller:
    kind, _, raw = request.headers.get("authorization", "").partition(" ")
    raw = raw.strip() if kind.lower() == "bearer" else request.query_params.get("access_token", "")
    token = grants.find_token(world.store, KEY, "access", raw, world.clock())
    person = people.find_by_id(world.store, KEY, token.person_id or "") if token else None
    if token is None or person is None or not token.is_live:
        raise errors.unauthorized()
    return Caller(person, token)


def _check_parameters(call: Call, request: Request) -> None:
    given = set(request.query_params)
    unknown = sorted(given - SYSTEM - {*call.required, *call.optional})
    if unknown:
        message = f"Invalid JSON payload received. Unknown name {unknown[0]!r}: Cannot bind query parameter."
        raise errors.malformed(message)
    for name in call.required:
        if not request.query_params.get(name):
            raise errors.parameter("missingRequiredParameter", f"Required parameter: {name}")


def check_has_channel(world: World, caller: Caller) -> None:
    """What only a channel can do, and only one that is open."""
    chosen, handle = settings.of(world), caller.person.handle
    if handle in chosen.channelless_accounts.split():
        raise errors.refused(401, "youtubeSignupRequired", "Unauthorized", "youtube.header")
    if handle in chosen.suspended_accounts.split():
        raise errors.refused(403, "channelSuspended", "The channel is suspended.", "youtube.channel")


def base(request: Request) -> str:
    """The platform's own address, as the client reached it."""
    return f"{request.url.scheme}://{request.url.netloc}/{KEY}"
