"""Every call of a Graph host passes here: version, token, scopes, call limits; then its handler."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from ocma_sandbox.graph import errors, late, params, tokens, usage
from ocma_sandbox.graph.house import Caller, House
from ocma_sandbox.graph.params import Params
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, Any]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Visit:
    """One call that was let in."""

    world: World
    caller: Caller
    params: Params
    request: Request

    @property
    def path_id(self) -> str:
        return self.request.path_params["id"]

    @property
    def base(self) -> str:
        """The platform's address, as the client reached it."""
        return f"{self.request.url.scheme}://{self.request.url.netloc}/{self.caller.house.key}"

    @property
    def version(self) -> str:
        given = self.request.path_params.get("version")
        return f"v{self.caller.house.settings(self.world).newest_version if given is None else given}"


Handler = Callable[[Visit], Awaitable[Json | Response]]
Door = Callable[[World, Request, Params], Awaitable[Response]]


@dataclass(frozen=True)
class Call:
    """`scopes` are all needed."""

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...] = ()


Option = tuple[House, Call]


def routes(world: World, house: House, calls: Sequence[Call]) -> list[BaseRoute]:
    return [_route(world, [(house, call)]) for call in calls]


def shared_routes(world: World, logins: Sequence[tuple[House, Sequence[Call]]]) -> list[BaseRoute]:
    """The hosts of several logins as one: whose call it is says the token."""
    found: dict[tuple[str, str], list[Option]] = {}
    for house, calls in logins:
        for call in calls:
            found.setdefault((call.method, call.path), []).append((house, call))
    return [_route(world, options) for options in found.values()]


def _route(world: World, options: Sequence[Option]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await _answer(world, options, request)
        except Refused as refused:
            return refused.response

    _house, call = options[0]
    return Route(call.path, endpoint, methods=[call.method])


async def _answer(world: World, options: Sequence[Option], request: Request) -> Response:
    check_version(world, options[0][0], request)
    given = await params.read(request)
    raw = tokens.presented(request, given) or ""
    house, call = next((each for each in options if tokens.find(world, each[0], raw)), options[0])
    caller = tokens.authenticate(world, house, request, given)
    headers, allowed = usage.take(world, house.key, house.quota(world, caller), house.settings(world).rate_factor)
    response = await _handled(call, Visit(world, caller, given, request)) if allowed else errors.answer(house.throttle(caller))
    response.headers.update(headers)
    return response


async def _handled(call: Call, visit: Visit) -> Response:
    try:
        visit.caller.need(*call.scopes, reads=call.method == "GET")
        answer = await call.handler(visit)
    except Refused as refused:
        return refused.response
    return answer if isinstance(answer, Response) else JSONResponse(answer)


def check_version(world: World, house: House, request: Request) -> None:
    """A version that is not out yet is no path; an old one is served like the oldest that lives."""
    version = request.path_params.get("version")
    if version is not None and version > house.settings(world).newest_version:
        raise errors.unknown_path(f"/v{version}")


def door(world: World, house: House, path: str, handler: Door, *, methods: Sequence[str] = ("GET", "POST")) -> Route:
    """A call of the token endpoint: no token goes in."""

    async def endpoint(request: Request) -> Response:
        try:
            late.end_if_down(world, house.key, request)
            return await handler(world, request, await params.read(request))
        except Refused as refused:
            return refused.response

    return Route(path, endpoint, methods=list(methods))


def versioned(inner: Sequence[BaseRoute]) -> list[BaseRoute]:
    """The same calls with the version in front of the path and without one; any other path is none."""
    whole = [*inner, Route("/{path:path}", _no_such, methods=METHODS)]
    return [Mount("/v{version:float}", routes=whole), *whole]


async def _no_such(request: Request) -> Response:
    return errors.unknown_path(f"/{request.path_params['path']}").response


def refuse_publish_if_set(visit: Visit) -> None:
    """The setting `refuse_publish`: how a test sees each refusal of the platform's own judgement."""
    chosen = visit.caller.house.settings(visit.world).refuse_publish
    if chosen:
        raise errors.named(chosen)
