"""Sessions of app passwords, and the tokens that an account gives for other services."""

from typing import Any

from starlette.responses import JSONResponse, Response

from ocma_sandbox import grants
from ocma_sandbox.bluesky import calls, errors, identity, quotas, settings, tokens
from ocma_sandbox.bluesky.calls import Asked, Visitor
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.bluesky.quotas import Charge
from ocma_sandbox.bluesky.syntax import is_did
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

SCOPE = "com.atproto.appPass"
HOUR, MINUTE = 3600, 60


def login_charges(_visitor: Visitor, asked: Asked) -> list[Charge]:
    return [Charge("logins", quotas.LOGINS, asked.body["identifier"].lower())]


async def create(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.server.createSession; an account is made when it is new."""
    person = _authenticated(world, asked.body)
    calls.check_open(world, person)
    now = world.clock()
    with world.store.transaction():
        grant_id = grants.open_grant(world.store, KEY, client_id="", person_id=person.id, scope=SCOPE, now=now)
        return JSONResponse({**_pair(world, grant_id, person, asked), **_shown(world, person, asked, email=True)})


def _authenticated(world: World, body: Json) -> Person:
    chosen, identifier = settings.of(world), body["identifier"]
    person = identity.find(world, identifier)
    name = identity.name_of(world, identifier)
    is_own = body["password"] == chosen.password
    if (person is None and name is None) or not (is_own or body["password"] == chosen.app_password):
        raise errors.refused(401, "AuthenticationRequired", "Invalid identifier or password")
    if is_own and chosen.email_auth_factor and body.get("authFactorToken") != chosen.email_code:
        raise errors.refused(401, "AuthFactorTokenRequired", "A sign in code has been sent to your email address")
    return person or identity.make_person(world, name or "", None)


def _pair(world: World, grant_id: int, person: Person, asked: Asked) -> Json:
    chosen, claims = settings.of(world), {"aud": identity.pds_did(asked.request), "sub": person.id}
    access = {"scope": SCOPE, **claims}
    refresh = {"scope": "com.atproto.refresh", **claims}
    return {
        "accessJwt": tokens.issue(world, grant_id, "access", access, lives=chosen.session_access_seconds),
        "refreshJwt": tokens.issue(world, grant_id, "refresh", refresh, lives=chosen.session_refresh_seconds),
    }


def _shown(world: World, person: Person, asked: Asked, *, email: bool) -> Json:
    shown: Json = {
        "did": person.id,
        "handle": identity.handle_of(world, person),
        "didDoc": identity.document(world, asked.request, person),
        "active": True,
    }
    address = {"email": f"{person.handle.lower()}@example.test", "emailConfirmed": settings.of(world).email_confirmed}
    return {**shown, **address} if email else shown


async def refresh(world: World, visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.server.refreshSession. Within the grace time an answer that was lost can be asked for again.

    The reference PDS then gives the same tokens again, the sandbox new ones: it keeps no tokens, only their hashes.
    """
    person, token = visitor.me, _token(visitor)
    spent_for = tokens.spent_for(world, token)
    if spent_for is not None and spent_for > settings.of(world).refresh_grace_seconds:
        raise errors.expired("Token has been revoked")
    with world.store.transaction():
        if spent_for is None:
            grants.spend(world.store, token, world.clock())
        return JSONResponse({**_pair(world, token.grant_id, person, asked), **_shown(world, person, asked, email=True)})


async def delete(world: World, visitor: Visitor, _asked: Asked) -> Response:
    """com.atproto.server.deleteSession. Access tokens live on to their end, as on the reference PDS."""
    grants.revoke(world.store, _token(visitor), world.clock())
    return Response()


async def show(world: World, visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.server.getSession"""
    granted = (visitor.scopes.granted or "").split()
    email = visitor.scopes.granted is None or bool({"transition:email", "account:email"} & set(granted))
    return JSONResponse(_shown(world, visitor.me, asked, email=email))


async def service_auth(world: World, visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.server.getServiceAuth"""
    person, audience, method = visitor.me, asked.params["aud"], asked.params["lxm"]
    if not is_did(audience.partition("#")[0]):
        raise errors.invalid("aud must be a valid atproto DID or did#serviceId reference")
    lives = _service_seconds(world, asked.params)
    visitor.scopes.need_rpc(method or "*", audience)
    claims = {"iss": person.id, "aud": audience, **({"lxm": method} if method else {})}
    return JSONResponse({"token": tokens.issue(world, _token(visitor).grant_id, "service", claims, lives=lives)})


def _service_seconds(world: World, params: Json) -> float:
    if params["exp"] is None:
        return MINUTE
    lives = world.clock.read(params["exp"]) - world.clock()
    if lives < 0:
        raise errors.invalid("expiration is in past", "BadExpiration")
    if lives > HOUR:
        what = "cannot request a token with an expiration more than an hour in the future"
        raise errors.invalid(what, "BadExpiration")
    if lives > MINUTE and not params["lxm"]:
        what = "cannot request a method-less token with an expiration more than a minute in the future"
        raise errors.invalid(what, "BadExpiration")
    return lives


async def describe(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.server.describeServer"""
    chosen = settings.of(world)
    return JSONResponse(
        {
            "did": identity.pds_did(asked.request),
            "availableUserDomains": ["." + chosen.handle_domain],
            "inviteCodeRequired": False,
            "blobUploadLimit": chosen.blob_limit,
            "links": {},
            "contact": {},
        }
    )


def _token(visitor: Visitor) -> grants.Token:
    if visitor.held is None:
        raise errors.auth_missing()
    return visitor.held.token
