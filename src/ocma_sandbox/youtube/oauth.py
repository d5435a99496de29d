"""OAuth as Google does it: offline access, a refresh token at the first consent only, no rotation.

Unsure, and chosen here: a wrong verifier, address or code is `invalid_grant`, and a refused code stays good.
"""

import re
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import apps, consent, grants, pages, people, pkce
from ocma_sandbox.apps import App
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World
from ocma_sandbox.youtube import settings
from ocma_sandbox.youtube.calls import KEY, PREFIX

_NAMES = (
    "youtube youtube.channel-memberships.creator youtube.force-ssl youtube.readonly youtube.upload youtubepartner "
    "youtubepartner-channel-audit yt-analytics.readonly yt-analytics-monetary.readonly"
)
SCOPES = frozenset(PREFIX + name for name in _NAMES.split())
FORM = "application/x-www-form-urlencoded"
OFFLINE = "offline"
"""A word among a code's scopes, never among a token's: the code gives a refresh token."""
WEEK = 7 * 86400


def register(world: World) -> None:
    """The one app that the settings name: a Google Cloud project with one client."""
    chosen = settings.of(world)
    uris = tuple(chosen.redirect_uris.split())
    app = App(KEY, chosen.client_id, chosen.client_secret, chosen.app_name, uris, " ".join(sorted(SCOPES)))
    apps.save(world.store, app, world.clock())


def make_person(world: World, handle: str, name: str | None) -> Person:
    return people.ensure(world.store, KEY, handle, new_id=world.store.next_id(KEY, 1), now=world.clock(), name=name)


def authorize(world: World, request: Request) -> Response:
    query = request.query_params
    app = apps.find(world.store, KEY, query.get("client_id", ""))
    wrong = _wrong(app, query)
    if app is None or wrong:
        return pages.refusal("Google", wrong or "Error 401: invalid_client")
    ask = consent.Ask(KEY, "YouTube", app.name, query["scope"].split(), lambda handle: make_person(world, handle, None))
    decided = consent.decide(world, ask, query)
    if isinstance(decided, Response):
        return decided
    back, state = query["redirect_uri"], query.get("state")
    if isinstance(decided, str):
        return consent.redirect(back, error="access_denied", state=state)
    granted = _granted(world, query, decided)
    return consent.redirect(back, state=state, code=_code(world, query, decided, granted), scope=" ".join(granted))


def _wrong(app: App | None, query: QueryParams) -> str | None:
    """Why Google would show an error page instead of going on."""
    uri, method = query.get("redirect_uri", ""), query.get("code_challenge_method", "plain")
    checks = {
        "Error 401: invalid_client: client_id is not registered": app is not None,
        "Error 400: invalid_request: response_type must be code": query.get("response_type") == "code",
        "Error 400: redirect_uri_mismatch": consent.is_redirect_uri(uri)
        and (app is None or not app.redirect_uris or uri in app.redirect_uris),
        "Error 400: invalid_request: scope is missing": bool(query.get("scope", "").split()),
        "Error 400: invalid_scope": set(query.get("scope", "").split()) <= SCOPES,
        "Error 400: invalid_request: access_type must be online or offline": query.get("access_type", "online")
        in {"online", "offline"},
        "Error 400: invalid_request: code_challenge_method must be S256 or plain": not query.get("code_challenge")
        or method in pkce.METHODS,
    }
    return next((why for why, fine in checks.items() if not fine), None)


def _granted(world: World, query: QueryParams, person: Person) -> list[str]:
    """A user may untick scopes; what was granted before is kept with include_granted_scopes=true."""
    denied = re.split(r"[,\s]+", query.get("deny_scopes", "")) + settings.of(world).withheld_scopes.split()
    withheld = {name if name.startswith(PREFIX) else PREFIX + name for name in denied}
    granted = [scope for scope in dict.fromkeys(query["scope"].split()) if scope not in withheld]
    if query.get("include_granted_scopes") == "true":
        granted += [scope for scope in _earlier(world, query["client_id"], person) if scope not in granted]
    return granted


def _earlier(world: World, client_id: str, person: Person) -> list[str]:
    rows = world.store.all(
        "SELECT scope FROM grants WHERE platform = ? AND client_id = ? AND person_id = ? AND revoked_at IS NULL ORDER BY id",
        *(KEY, client_id, person.id),
    )
    return list(dict.fromkeys(scope for row in rows for scope in row["scope"].split()))


def _code(world: World, query: QueryParams, person: Person, granted: list[str]) -> str:
    is_first = not _earlier(world, query["client_id"], person)
    wants_refresh = query.get("access_type") == "offline" and (is_first or "consent" in query.get("prompt", "").split())
    code = grants.Code(
        platform=KEY,
        client_id=query["client_id"],
        person_id=person.id,
        redirect_uri=query["redirect_uri"],
        scope=" ".join([*granted, OFFLINE] if wants_refresh else granted),
        challenge=query.get("code_challenge", ""),
        challenge_method=query.get("code_challenge_method", "plain"),
    )
    return grants.issue_code(world.store, code, expires_at=world.clock() + settings.of(world).code_seconds)


def _refused(error: str, description: str, status: int = 400) -> Refused:
    return Refused(JSONResponse({"error": error, "error_description": description}, status))


async def token(world: World, request: Request) -> Response:
    form = await _form(request)
    app = apps.find(world.store, KEY, form.get("client_id", ""))
    if app is None:
        raise _refused("invalid_client", "The OAuth client was not found.", 401)
    if not apps.is_secret(app, form.get("client_secret", "")):
        raise _refused("invalid_client", "Unauthorized", 401)
    grant_type = form.get("grant_type", "")
    with world.store.transaction():
        if grant_type == "authorization_code":
            answer = _redeem(world, app, form)
        elif grant_type == "refresh_token":
            answer = _refresh(world, app, form)
        else:
            raise _refused("unsupported_grant_type", f"Invalid grant_type: {grant_type}")
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def revoke(world: World, request: Request) -> Response:
    """Either token ends everything that this user granted to this client."""
    raw = (await _form(request)).get("token") or request.query_params.get("token", "")
    now = world.clock()
    kinds = (grants.find_token(world.store, KEY, kind, raw, now) for kind in ("access", "refresh"))
    found = next((token for token in kinds if token and token.is_live), None)
    if found is None:
        raise _refused("invalid_token", "Token expired or revoked")
    world.store.run(
        "UPDATE grants SET revoked_at = ? WHERE platform = ? AND client_id = ? AND person_id = ? AND revoked_at IS NULL",
        *(now, KEY, found.client_id, found.person_id),
    )
    return JSONResponse({})


async def _form(request: Request) -> dict[str, str]:
    raw = (await request.body()).decode("utf-8", "replace")
    if raw and request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise _refused("invalid_request", f"The body must be {FORM}.")
    return dict(parse_qsl(raw, keep_blank_values=True))


def _redeem(world: World, app: App, form: dict[str, str]) -> dict[str, object]:
    now = world.clock()
    if not form.get("code"):
        raise _refused("invalid_request", "Missing required parameter: code")
    code = grants.find_code(world.store, KEY, form["code"], now)
    if code is None or code.client_id != app.client_id:
        raise _refused("invalid_grant", "Malformed auth code.")
    if form.get("redirect_uri") != code.redirect_uri:
        raise _refused("redirect_uri_mismatch", "Bad Request")
    if code.challenge and not pkce.is_verified(code.challenge, code.challenge_method, form.get("code_verifier", "")):
        raise _refused("invalid_grant", "Invalid code verifier." if form.get("code_verifier") else "Missing code verifier.")
    grants.redeem_code(world.store, form["code"], now)
    scopes = code.scope.split()
    scope = " ".join(name for name in scopes if name != OFFLINE)
    opened = grants.open_grant(world.store, KEY, client_id=app.client_id, person_id=code.person_id, scope=scope, now=now)
    answer = _access(world, opened, scope)
    return {**answer, **_offline(world, opened)} if OFFLINE in scopes else answer


def _access(world: World, grant_id: int, scope: str) -> dict[str, object]:
    lives = settings.of(world).access_token_seconds
    return {
        "access_token": grants.issue_token(world.store, grant_id, "access", now=world.clock(), lives=lives),
        "expires_in": lives,
        "scope": scope,
        "token_type": "Bearer",
    }


def _offline(world: World, grant_id: int) -> dict[str, object]:
    chosen, now = settings.of(world), world.clock()
    lives = WEEK if chosen.testing else chosen.refresh_token_seconds
    fresh = grants.issue_token(world.store, grant_id, "refresh", now=now, lives=lives)
    _retire(world, grant_id)
    return {"refresh_token": fresh, **({"refresh_token_expires_in": lives} if chosen.testing else {})}


def _retire(world: World, grant_id: int) -> None:
    """The oldest refresh token of the same account and client dies when there are too many; nobody is told."""
    world.store.run(
        "UPDATE tokens SET revoked_at = ?1 WHERE hash IN (SELECT t.hash FROM tokens t JOIN grants g ON g.id = t.grant_id"
        " JOIN grants mine ON mine.id = ?2 AND mine.person_id = g.person_id AND mine.client_id = g.client_id"
        " AND mine.platform = g.platform WHERE t.kind = 'refresh' AND t.revoked_at IS NULL AND g.revoked_at IS NULL"
        " ORDER BY t.grant_id DESC LIMIT -1 OFFSET ?3)",
        *(world.clock(), grant_id, settings.of(world).live_refresh_tokens),
    )


def _refresh(world: World, app: App, form: dict[str, str]) -> dict[str, object]:
    """The refresh token stays what it is; half a year without use ends it."""
    now, chosen = world.clock(), settings.of(world)
    if not form.get("refresh_token"):
        raise _refused("invalid_request", "Missing required parameter: refresh_token")
    found = grants.find_token(world.store, KEY, "refresh", form["refresh_token"], now)
    if found is None or found.client_id != app.client_id or not found.is_live:
        raise _refused("invalid_grant", "Token has been expired or revoked.")
    if not chosen.testing:
        grants.expire(world.store, found, now + chosen.refresh_token_seconds)
    return _access(world, found.grant_id, found.scope)
