"""Every XRPC call passes here: who calls, what was given, what it costs; then its handler."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocma_sandbox import people
from ocma_sandbox.bluesky import dpop, errors, identity, lexicons, quotas, tokens, validation
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.bluesky.quotas import Charge
from ocma_sandbox.bluesky.scopes import Scopes
from ocma_sandbox.bluesky.tokens import Held
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, Any]

XRPC = "/xrpc/"
_METHODS = {"query": "GET", "procedure": "POST"}


NOTHING = Scopes("")


@dataclass(frozen=True)
class Visitor:
    """Who calls; nobody when a public call came without a token. `held` is the token used."""

    person: Person | None = None
    held: Held | None = None
    scopes: Scopes = NOTHING

    @property
    def me(self) -> Person:
        if self.person is None:
            raise errors.auth_missing()
        return self.person


@dataclass(frozen=True)
class Asked:
    """What was given, checked against the lexicon. `body` is empty when the call takes none, or takes bytes."""

    request: Request
    params: Json
    body: Json


Handler = Callable[[World, Visitor, Asked], Awaitable[Response]]
Charges = Callable[[Visitor, Asked], Sequence[Charge]]


def _no_charges(_visitor: Visitor, _asked: Asked) -> Sequence[Charge]:
    return ()


@dataclass(frozen=True)
class Call:
    """`access`: by a session's access or refresh token, by `anyone`, or by the `handler`'s own rules."""

    nsid: str
    handler: Handler
    access: Literal["session", "refresh", "anyone", "handler"] = "session"
    charges: Charges = field(default=_no_charges)


def route(world: World, calls: Sequence[Call]) -> Route:
    known = {call.nsid: call for call in calls}

    async def endpoint(request: Request) -> Response:
        try:
            return await _answered(world, known, request)
        except Refused as refused:
            return _with_nonce(world, request, refused.response)

    return Route(XRPC + "{nsid:str}", endpoint, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


def _with_nonce(world: World, request: Request, response: Response) -> Response:
    if request.headers.get("authorization", "").lower().startswith("dpop "):
        response.headers.update(dpop.headers(world, "resource"))
    return response


async def _answered(world: World, known: Mapping[str, Call], request: Request) -> Response:
    call = known.get(request.path_params["nsid"])
    if call is None:
        raise errors.invalid(f"No service configured for {request.path_params['nsid']}")
    expected = _METHODS[lexicons.get(call.nsid)["type"]]
    if request.method != expected:
        raise errors.invalid(f"Incorrect HTTP method ({request.method}) expected {expected}")
    visitor = _visitor(world, call, request)
    asked = await _asked(call, request)
    return await _charged(world, call, visitor, asked)


async def _charged(world: World, call: Call, visitor: Visitor, asked: Asked) -> Response:
    address = asked.request.client.host if asked.request.client else ""
    bill = quotas.take(world, [Charge("all", quotas.OVERALL, address), *call.charges(visitor, asked)])
    if bill.allowed:
        try:
            response = await call.handler(world, visitor, asked)
        except Refused as refused:
            response = refused.response
    else:
        response = errors.too_many()
    response.headers.update(bill.headers)
    return _with_nonce(world, asked.request, response)


async def _asked(call: Call, request: Request) -> Asked:
    try:
        params = validation.read_params(call.nsid, request.query_params)
        return Asked(request, params, await _body(call.nsid, request))
    except validation.Invalid as error:
        raise errors.invalid(str(error)) from None


async def _body(nsid: str, request: Request) -> Json:
    expected = lexicons.get(nsid).get("input")
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if expected is None:
        if _has_body(request):
            raise errors.invalid("A request body was provided when none was expected")
        return {}
    if not given:
        raise errors.invalid("Request encoding (Content-Type) required but not provided")
    if not validation.accepts(expected["encoding"], given):
        raise errors.invalid(f"Wrong request encoding (Content-Type): {given}")
    return await _json(nsid, expected["schema"], request) if given == "application/json" and "schema" in expected else {}


def _has_body(request: Request) -> bool:
    return request.method == "POST" and (
        request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    )


async def _json(nsid: str, schema: lexicons.Schema, request: Request) -> Json:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise errors.invalid(str(error), "SyntaxError") from None
    validation.check(schema, body, validation.Place("$", nsid))
    return body


def _visitor(world: World, call: Call, request: Request) -> Visitor:
    scheme, _, raw = request.headers.get("authorization", "").partition(" ")
    if call.access == "handler" or (call.access == "anyone" and not raw):
        return Visitor()
    if not raw:
        raise errors.auth_missing()
    if call.access == "refresh":
        return _visitor_of(world, _held(world, "refresh", raw.strip()))
    return _bound(world, request, raw.strip()) if scheme.lower() == "dpop" else _bearer(world, raw.strip())


def _bearer(world: World, raw: str) -> Visitor:
    return _visitor_of(world, _held(world, "access", raw))


def _held(world: World, kind: str, raw: str) -> Held:
    """An app password's token. The handler decides about refresh tokens that were used before."""
    held = tokens.find(world, kind, raw)
    if held is None:
        raise errors.bad_token()
    if held.jkt:
        raise errors.bad_token("Malformed token")
    if held.token.is_revoked:
        raise errors.expired("Token has been revoked")
    if held.token.is_expired:
        raise errors.expired()
    return held


def _bound(world: World, request: Request, raw: str) -> Visitor:
    """An OAuth access token, with the proof that it is used by whom it was given to."""
    jkt = dpop.check(world, request, dpop.Ends("resource", raw))
    held = tokens.find(world, "access", raw)
    if held is None or not held.jkt:
        raise dpop.refused(world, "resource", "invalid_token", "Malformed token")
    if held.jkt != jkt:
        raise dpop.refused(world, "resource", "invalid_token", "Invalid DPoP key binding")
    if not held.token.is_live:
        why = '"exp" claim timestamp check failed' if held.token.is_expired else "Invalid token"
        raise dpop.refused(world, "resource", "invalid_token", why)
    return _visitor_of(world, held)


def _visitor_of(world: World, held: Held) -> Visitor:
    person = people.find_by_id(world.store, KEY, held.token.person_id or "")
    if person is None:
        raise errors.bad_token()
    check_open(world, person)
    return Visitor(person, held, Scopes(held.token.scope if held.jkt else None))


def check_open(world: World, person: Person) -> None:
    closed = identity.status(world, person)
    if closed == "takendown":
        raise errors.refused(401, "AccountTakedown", "Account has been taken down")
    if closed == "deactivated":
        raise errors.refused(401, "AccountDeactivated", "Account is deactivated")
