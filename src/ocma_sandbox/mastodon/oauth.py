"""Mastodon's OAuth: an app registers itself with the instance; tokens do not expire.

Unsure, and chosen here: a request that could not be trusted (unknown client, foreign redirect address) gets a page
with status 400; a code lives 10 minutes (mastodon.code_seconds).
"""

import base64
import binascii
from html import escape
from secrets import token_urlsafe
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import apps, consent, grants, pages, people, pkce
from ocma_sandbox.apps import App
from ocma_sandbox.mastodon import errors, params, settings
from ocma_sandbox.mastodon.calls import KEY, Visitor, base, is_covered
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, Any]

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_READ = "accounts blocks bookmarks collection favourites filters follows lists me mutes notifications search statuses"
_WRITE = "accounts blocks bookmarks collection conversations favourites filters follows lists media mutes notifications"
SCOPES = (
    *("read", "write", "follow", "push", "profile"),
    *(f"read:{name}" for name in _READ.split()),
    *(f"write:{name}" for name in (_WRITE + " reports statuses").split()),
)
NO_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."
)
BAD_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client."
)


def new_id(world: World) -> int:
    """Milliseconds, then 16 bits."""
    return world.store.next_id(KEY, int(world.clock() * 1000) << 16)


def make_person(world: World, handle: str, name: str | None) -> Person:
    return people.ensure(world.store, KEY, handle, new_id=new_id(world), now=world.clock(), name=name)


async def register(world: World, _visitor: Visitor, request: Request) -> Response:
    """POST /api/v1/apps"""
    given = await params.read(request)
    uris = [uri for item in params.listed(given, "redirect_uris") for uri in item.split()]
    scopes = (params.text(given, "scopes") or "read").split()
    wrong = _wrong_app(params.text(given, "client_name"), uris, scopes)
    if wrong:
        raise errors.invalid(*wrong)
    name, website = given["client_name"], params.text(given, "website")
    app = App(KEY, token_urlsafe(32), token_urlsafe(32), name, tuple(uris), " ".join(scopes), website)
    apps.save(world.store, app, world.clock())
    return JSONResponse({"id": str(new_id(world)), **_app(app), "client_secret": app.client_secret})


def _wrong_app(name: str | None, uris: list[str], scopes: list[str]) -> list[str]:
    checks = {
        "Application name can't be blank": name is not None,
        "Redirect URI can't be blank": bool(uris),
        "Redirect URI must be an absolute URI.": all(uri == OUT_OF_BAND or consent.is_redirect_uri(uri) for uri in uris),
        "Scopes doesn't match configured on the server.": set(scopes) <= set(SCOPES),
    }
    return [wrong for wrong, fine in checks.items() if not fine]


def _app(app: App) -> Json:
    return {
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes.split(),
        "redirect_uris": list(app.redirect_uris),
        "redirect_uri": "\n".join(app.redirect_uris),
        "client_id": app.client_id,
        "client_secret_expires_at": 0,
    }


async def verify_app(world: World, visitor: Visitor, _request: Request) -> Response:
    """GET /api/v1/apps/verify_credentials"""
    if visitor.token is None:
        raise errors.unauthorized()
    app = apps.find(world.store, KEY, visitor.token.client_id)
    if app is None:
        raise errors.unauthorized()
    shown = _app(app)
    del shown["client_id"], shown["client_secret_expires_at"]
    return JSONResponse(shown)


async def discovery(_world: World, _visitor: Visitor, request: Request) -> Response:
    root = base(request)
    return JSONResponse(
        {
            "issuer": root + "/",
            "authorization_endpoint": root + "/oauth/authorize",
            "token_endpoint": root + "/oauth/token",
            "revocation_endpoint": root + "/oauth/revoke",
            "userinfo_endpoint": root + "/oauth/userinfo",
            "app_registration_endpoint": root + "/api/v1/apps",
            "service_documentation": "https://docs.joinmastodon.org/",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


def authorize(world: World, request: Request) -> Response:
    query = request.query_params
    app = apps.find(world.store, KEY, query.get("client_id", ""))
    if app is None:
        return pages.refusal("Mastodon", NO_CLIENT)
    uri = query.get("redirect_uri", "")
    if uri not in app.redirect_uris:
        return pages.refusal("Mastodon", "The redirect uri included is not valid.")
    scopes = (query.get("scope") or "read").split()
    error = _wrong_request(app, query, scopes)
    if error:
        return _back(uri, query, error=error)
    ask = consent.Ask(KEY, "Mastodon", app.name, scopes, lambda handle: make_person(world, handle, None))
    decided = consent.decide(world, ask, query)
    if isinstance(decided, Response):
        return decided
    if isinstance(decided, str):
        return _back(uri, query, error="access_denied")
    return _back(uri, query, code=_code(world, query, decided, " ".join(scopes)))


def _wrong_request(app: App, query: QueryParams, scopes: list[str]) -> str | None:
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    if not all(scope in SCOPES and is_covered(scope, app.scopes) for scope in scopes):
        return "invalid_scope"
    if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
        return "invalid_code_challenge_method"
    return None


def _back(uri: str, query: QueryParams, *, code: str | None = None, error: str | None = None) -> Response:
    if uri != OUT_OF_BAND:
        return consent.redirect(uri, code=code, error=error, state=query.get("state"))
    what = "Authorization code" if code else "Error"
    return pages.page(what, f"<p><code>{escape(code or error or '')}</code></p>", 200 if code else 400)


def _code(world: World, query: QueryParams, person: Person, scope: str) -> str:
    code = grants.Code(
        platform=KEY,
        client_id=query["client_id"],
        person_id=person.id,
        redirect_uri=query["redirect_uri"],
        scope=scope,
        challenge=query.get("code_challenge") or "",
        challenge_method=query.get("code_challenge_method") or "",
    )
    return grants.issue_code(world.store, code, expires_at=world.clock() + settings.of(world).code_seconds)


async def token(world: World, request: Request) -> Response:
    given = await params.read(request)
    app = _client(world, request, given)
    grant_type = params.text(given, "grant_type")
    with world.store.transaction():
        if grant_type == "authorization_code":
            person_id, scope = _redeemed(world, app, given)
        elif grant_type == "client_credentials":
            person_id, scope = None, _app_scope(app, given)
        else:
            raise _refused(400, "unsupported_grant_type", "The authorization grant type is not supported.")
        return _issued(world, app, person_id, scope)


def _issued(world: World, app: App, person_id: str | None, scope: str) -> Response:
    now = world.clock()
    grant_id = grants.open_grant(world.store, KEY, client_id=app.client_id, person_id=person_id, scope=scope, now=now)
    raw = grants.issue_token(world.store, grant_id, "access", now=now, lives=None)
    answer = {"access_token": raw, "token_type": "Bearer", "scope": scope, "created_at": int(now)}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _refused(status: int, error: str, description: str) -> Refused:
    return Refused(errors.error(status, error, description))


def _client(world: World, request: Request, given: Json) -> App:
    identity, secret = _basic(request) or (params.text(given, "client_id"), params.text(given, "client_secret"))
    app = apps.find(world.store, KEY, identity or "")
    if app is None or not apps.is_secret(app, secret or ""):
        raise _refused(401, "invalid_client", NO_CLIENT)
    return app


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        identity, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote(identity), unquote(secret)


def _redeemed(world: World, app: App, given: Json) -> tuple[str, str]:
    now, raw = world.clock(), params.text(given, "code") or ""
    code = grants.find_code(world.store, KEY, raw, now)
    if code is None or code.client_id != app.client_id or code.redirect_uri != params.text(given, "redirect_uri"):
        raise _refused(400, "invalid_grant", BAD_GRANT)
    verifier = params.text(given, "code_verifier") or ""
    if code.challenge and not pkce.is_verified(code.challenge, code.challenge_method, verifier):
        raise _refused(400, "invalid_grant", BAD_GRANT)
    grants.redeem_code(world.store, raw, now)
    return code.person_id, code.scope


def _app_scope(app: App, given: Json) -> str:
    scope = params.text(given, "scope") or "read"
    if not all(name in SCOPES and is_covered(name, app.scopes) for name in scope.split()):
        raise _refused(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    return scope


async def revoke(world: World, request: Request) -> Response:
    given = await params.read(request)
    app = _client(world, request, given)
    now = world.clock()
    found = grants.find_token(world.store, KEY, "access", params.text(given, "token") or "", now)
    if found and found.client_id != app.client_id:
        raise _refused(403, "unauthorized_client", "You are not authorized to revoke this token")
    if found:
        grants.revoke_grant(world.store, found.grant_id, now)
    return JSONResponse({})
