"""OAuth 2.0 with PKCE as X does it.

Unsure, and chosen here: an access token stays good until it expires when its refresh token is rotated; the second
use of a rotated refresh token revokes the whole grant; every bad code or refresh token is `invalid_request`.
"""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import apps, consent, grants, pages, people, pkce
from ocma_sandbox.apps import App
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World
from ocma_sandbox.x import settings
from ocma_sandbox.x.calls import KEY

_SCOPES = (
    "block.read block.write bookmark.read bookmark.write broadcast.read broadcast.write dm.read dm.write follows.read "
    "follows.write like.read like.write list.read list.write media.write mute.read mute.write offline.access "
    "space.read timeline.read tweet.moderate.write tweet.read tweet.write users.email users.read"
)
SCOPES = frozenset(_SCOPES.split())
MAX_STATE = 500
FORM = "application/x-www-form-urlencoded"
EPOCH_MS = 1_288_834_974_657

BAD_CODE = "Value passed for the authorization code was invalid."
BAD_TOKEN = "Value passed for the token was invalid."  # noqa: S105 - a message


@dataclass(frozen=True)
class Client:
    id: str
    secret: str | None


def register(world: World) -> None:
    """The one app that the settings name."""
    chosen = settings.of(world)
    uris = tuple(chosen.redirect_uris.split())
    app = App(KEY, chosen.client_id, chosen.client_secret, chosen.app_name, uris, " ".join(sorted(SCOPES)))
    apps.save(world.store, app, world.clock())


def new_id(world: World) -> int:
    """Snowflakes, as X gives them: milliseconds since its epoch, then 22 bits."""
    return world.store.next_id(KEY, (int(world.clock() * 1000) - EPOCH_MS) << 22)


def make_person(world: World, handle: str, name: str | None) -> Person:
    return people.ensure(world.store, KEY, handle, new_id=new_id(world), now=world.clock(), name=name)


def authorize(world: World, request: Request) -> Response:
    query = request.query_params
    app = apps.find(world.store, KEY, query.get("client_id", ""))
    wrong = _wrong(app, query)
    if app is None or wrong:
        return pages.refusal("X", wrong or "client_id is not registered")
    scopes = query.get("scope", "").split()
    ask = consent.Ask(KEY, "X", app.name, scopes, lambda handle: make_person(world, handle, None))
    decided = consent.decide(world, ask, query)
    if isinstance(decided, Response):
        return decided
    if isinstance(decided, str):
        return consent.redirect(query["redirect_uri"], error="access_denied", state=query["state"])
    return consent.redirect(query["redirect_uri"], state=query["state"], code=_code(world, query, decided))


def _wrong(app: App | None, query: QueryParams) -> str | None:
    """Why X would show an error page instead of going on; it never redirects from here."""
    checks = {
        "response_type must be code": query.get("response_type") == "code",
        "client_id is not registered": app is not None,
        "redirect_uri must be absolute": consent.is_redirect_uri(query.get("redirect_uri", "")),
        "redirect_uri is not registered": app is None or not app.redirect_uris or query.get("redirect_uri") in app.redirect_uris,
        f"state must have 1 to {MAX_STATE} characters": 1 <= len(query.get("state", "")) <= MAX_STATE,
        "scope is missing": bool(query.get("scope", "").split()),
        "scope has an unknown value": set(query.get("scope", "").split()) <= SCOPES,
        "code_challenge is missing": bool(query.get("code_challenge")),
        "code_challenge_method must be S256 or plain": query.get("code_challenge_method") in pkce.METHODS,
    }
    return next((why for why, fine in checks.items() if not fine), None)


def _code(world: World, query: QueryParams, person: Person) -> str:
    code = grants.Code(
        platform=KEY,
        client_id=query["client_id"],
        person_id=person.id,
        redirect_uri=query["redirect_uri"],
        scope=" ".join(query["scope"].split()),
        challenge=query["code_challenge"],
        challenge_method=query["code_challenge_method"],
    )
    return grants.issue_code(world.store, code, expires_at=world.clock() + settings.of(world).code_seconds)


def _refused(error: str, description: str, status: int = 400) -> Refused:
    headers = {"Cache-Control": "no-store"}
    return Refused(JSONResponse({"error": error, "error_description": description}, status, headers=headers))


async def token(world: World, request: Request) -> Response:
    form = await _form(request)
    app = _client(world, request, form)
    grant_type = form.get("grant_type")
    with world.store.transaction():
        if grant_type == "authorization_code":
            answer = _redeem(world, app, form)
        elif grant_type == "refresh_token":
            answer = _refresh(world, app, form)
        else:
            raise _refused("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")
    if isinstance(answer, Refused):
        raise answer
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def revoke(world: World, request: Request) -> Response:
    form = await _form(request)
    app = _client(world, request, form)
    if not form.get("token"):
        raise _refused("invalid_request", "Missing required parameter [token].")
    now = world.clock()
    for kind in ("access", "refresh"):
        found = grants.find_token(world.store, KEY, kind, form["token"], now)
        if found and found.client_id == app.client_id:
            _revoke(world, found, now)
    return JSONResponse({"revoked": True})


def _revoke(world: World, found: grants.Token, now: float) -> None:
    """A refresh token takes its whole grant with it, an access token only itself."""
    if found.kind == "refresh":
        grants.revoke_grant(world.store, found.grant_id, now)
    else:
        grants.revoke(world.store, found, now)


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise _refused("invalid_request", f"The body must be {FORM}.")
    raw = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(raw, keep_blank_values=True))


def _client(world: World, request: Request, form: dict[str, str]) -> App:
    """A confidential client proves itself by HTTP Basic; a public one names itself in the body."""
    client = _basic(request) or Client(form.get("client_id", ""), None)
    app = apps.find(world.store, KEY, client.id)
    if app is not None and not app.client_secret and client.secret is None:
        return app
    if client.secret is None:
        raise _refused("unauthorized_client", "Missing valid authorization header", 401)
    if app is None or not apps.is_secret(app, client.secret):
        raise _refused("unauthorized_client", "Value passed for the client credentials was invalid.", 401)
    return app


def _basic(request: Request) -> Client | None:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        identity, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Client(unquote(identity), unquote(secret))


def _redeem(world: World, app: App, form: dict[str, str]) -> dict[str, object] | Refused:
    now = world.clock()
    code = grants.find_code(world.store, KEY, form.get("code", ""), now)
    if code is None or code.client_id != app.client_id:
        return _refused("invalid_request", BAD_CODE)
    if form.get("redirect_uri") != code.redirect_uri:
        return _refused("invalid_request", "Value passed for the redirect uri did not match the uri of the code.")
    if not pkce.is_verified(code.challenge, code.challenge_method, form.get("code_verifier", "")):
        return _refused("invalid_request", "Value passed for the code verifier did not match the code challenge.")
    grants.redeem_code(world.store, form["code"], now)
    grant_id = grants.open_grant(world.store, KEY, client_id=app.client_id, person_id=code.person_id, scope=code.scope, now=now)
    return _tokens(world, grant_id, code.scope)


def _refresh(world: World, app: App, form: dict[str, str]) -> dict[str, object] | Refused:
    now = world.clock()
    found = grants.find_token(world.store, KEY, "refresh", form.get("refresh_token", ""), now)
    if found is None or found.client_id != app.client_id:
        return _refused("invalid_request", BAD_TOKEN)
    if found.is_spent:
        # somebody else has this token too: nobody may go on with the grant
        grants.revoke_grant(world.store, found.grant_id, now)
    if not found.is_live:
        return _refused("invalid_request", BAD_TOKEN)
    grants.spend(world.store, found, now)
    return _tokens(world, found.grant_id, found.scope)


def _tokens(world: World, grant_id: int, scope: str) -> dict[str, object]:
    chosen, now = settings.of(world), world.clock()
    answer: dict[str, object] = {
        "token_type": "bearer",
        "expires_in": chosen.access_token_seconds,
        "access_token": grants.issue_token(world.store, grant_id, "access", now=now, lives=chosen.access_token_seconds),
        "scope": scope,
    }
    if "offline.access" in scope.split():
        lives = chosen.refresh_token_seconds
        answer["refresh_token"] = grants.issue_token(world.store, grant_id, "refresh", now=now, lives=lives)
    return answer
