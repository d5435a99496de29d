"""OAuth as TikTok does it: client_key, scopes with commas, a challenge in hex, flat answers, rotation.

Unsure, and chosen here: an access token stays good until it expires when its refresh token is rotated; each refresh
token lives its whole time again; a rotated one is refused and nothing else happens; a refused code stays good.
"""

import base64
import hashlib
import re
import secrets
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import apps, consent, grants, pages, people, pkce
from ocma_sandbox.apps import App
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.tiktok import errors, settings
from ocma_sandbox.tiktok.calls import KEY
from ocma_sandbox.world import World

BASIC = "user.info.basic"
SCOPES = frozenset({BASIC, "user.info.profile", "user.info.stats", "video.list", "video.publish", "video.upload"})
FORM = "application/x-www-form-urlencoded"
MAX_URI = 512
LOOPBACK = frozenset({"localhost", "127.0.0.1"})
ENDING = "*2!5063.va"
"""TikTok's codes end so: they are broken for a client that does not decode the address that it is called back at."""

BAD_CODE = "Authorization code is invalid or expired."
BAD_VERIFIER = "Code verifier or code challenge is invalid."
BAD_REFRESH = "Refresh token is invalid or expired."


def register(world: World) -> None:
    """The one app that the settings name."""
    chosen = settings.of(world)
    uris = tuple(chosen.redirect_uris.split())
    app = App(KEY, chosen.client_id, chosen.client_secret, chosen.app_name, uris, " ".join(sorted(SCOPES)))
    apps.save(world.store, app, world.clock())


def new_id(world: World) -> int:
    """19 digits: seconds in the upper half. Too large for a float."""
    return world.store.next_id(KEY, int(world.clock()) << 32)


def make_person(world: World, handle: str, name: str | None) -> Person:
    return people.ensure(world.store, KEY, handle, new_id=new_id(world), now=world.clock(), name=name)


def open_id(person: Person) -> str:
    """A person's id for this app."""
    return f"-000{person.id}"


def _listed(text: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", text) if part]


def authorize(world: World, request: Request) -> Response:
    query = request.query_params
    app = apps.find(world.store, KEY, query.get("client_key", ""))
    wrong = _wrong(world, app, query)
    if app is None or wrong:
        return pages.refusal("TikTok", wrong or "client_key is not registered")
    ask = consent.Ask(KEY, "TikTok", app.name, _listed(query["scope"]), lambda handle: make_person(world, handle, None))
    decided = consent.decide(world, ask, query)
    if isinstance(decided, Response):
        return decided
    back, state = query["redirect_uri"], query.get("state")
    if isinstance(decided, str):
        return consent.redirect(back, error="access_denied", error_description="User denied the request", state=state)
    granted = _granted(world, query)
    code = _code(world, query, decided, granted)
    return consent.redirect(back, code=code + ENDING, scopes=",".join(granted), state=state)


def _wrong(world: World, app: App | None, query: QueryParams) -> str | None:
    """Why TikTok would show an error page instead of going on."""
    uri, chosen = query.get("redirect_uri", ""), settings.of(world)
    asked = _listed(query.get("scope", ""))
    checks = {
        "client_key: is not registered": app is not None,
        "response_type: must be code": query.get("response_type") == "code",
        "redirect_uri: must be static, under 512 characters, and https or a loopback address": _is_uri(uri, chosen.app_type),
        "redirect_uri: is not registered": app is None or not app.redirect_uris or uri in app.redirect_uris,
        "scope: is missing": bool(asked),
        "scope: has an unknown value": set(asked) <= SCOPES,
        "code_challenge: is missing": chosen.app_type != "desktop" or bool(query.get("code_challenge")),
        "code_challenge_method: must be S256": not query.get("code_challenge") or query.get("code_challenge_method") == "S256",
    }
    return next((why for why, fine in checks.items() if not fine), None)


def _is_uri(uri: str, app_type: str) -> bool:
    if not consent.is_redirect_uri(uri) or len(uri) >= MAX_URI or urlsplit(uri).query:
        return False
    is_local = urlsplit(uri).hostname in LOOPBACK
    is_secure = urlsplit(uri).scheme == "https"
    return {"web": is_secure, "desktop": is_local}.get(app_type, is_secure or is_local)


def _granted(world: World, query: QueryParams) -> list[str]:
    """A user may grant less than was asked for, but not less than who they are."""
    withheld = {*_listed(settings.of(world).withheld_scopes), *_listed(query.get("deny_scopes", ""))} - {BASIC}
    return [scope for scope in dict.fromkeys(_listed(query["scope"])) if scope not in withheld]


def _code(world: World, query: QueryParams, person: Person, granted: list[str]) -> str:
    code = grants.Code(
        platform=KEY,
        client_id=query["client_key"],
        person_id=person.id,
        redirect_uri=query["redirect_uri"],
        scope=" ".join(granted),
        challenge=query.get("code_challenge", ""),
        challenge_method=query.get("code_challenge_method", ""),
    )
    return grants.issue_code(world.store, code, expires_at=world.clock() + settings.of(world).code_seconds)


def _refused(world: World, error: str, description: str, status: int = 400) -> Refused:
    body = {"error": error, "error_description": description, "log_id": errors.log_id()}
    shown = 200 if settings.of(world).oauth_errors_with_200 else status
    return Refused(JSONResponse(body, shown, headers={"Cache-Control": "no-store"}))


async def token(world: World, request: Request) -> Response:
    form, app = await _read(world, request)
    grant_type = form.get("grant_type")
    with world.store.transaction():
        if grant_type == "authorization_code":
            answer = _redeem(world, app, form)
        elif grant_type == "refresh_token":
            answer = _refresh(world, app, form)
        else:
            raise _refused(world, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def revoke(world: World, request: Request) -> Response:
    form, app = await _read(world, request)
    now = world.clock()
    kinds = (grants.find_token(world.store, KEY, kind, form.get("token", ""), now) for kind in ("access", "refresh"))
    found = next((token for token in kinds if token and token.client_id == app.client_id), None)
    if found is None:
        raise _refused(world, "invalid_request", "token is missing or invalid.")
    grants.revoke_grant(world.store, found.grant_id, now)
    return JSONResponse({})


async def _read(world: World, request: Request) -> tuple[dict[str, str], App]:
    """The form and the client that proved itself in it."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise _refused(world, "invalid_request", f"Only `{FORM}` is accepted as Content-Type.")
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    app = apps.find(world.store, KEY, form.get("client_key", ""))
    if app is None or not apps.is_secret(app, form.get("client_secret", "")):
        raise _refused(world, "invalid_client", "Client key or secret is incorrect.", 401)
    return form, app


def _redeem(world: World, app: App, form: dict[str, str]) -> dict[str, object]:
    now, raw = world.clock(), form.get("code", "").removesuffix(ENDING)
    is_whole = form.get("code", "").endswith(ENDING)
    code = grants.find_code(world.store, KEY, raw, now) if is_whole else None
    if code is None or code.client_id != app.client_id:
        raise _refused(world, "invalid_grant", BAD_CODE)
    if form.get("redirect_uri") != code.redirect_uri:
        raise _refused(world, "invalid_request", "Redirect_uri is not matched with the uri when requesting code.")
    if code.challenge and not _is_verified(world, code.challenge, form.get("code_verifier", "")):
        raise _refused(world, "invalid_request", BAD_VERIFIER)
    grants.redeem_code(world.store, raw, now)
    opened = grants.open_grant(world.store, KEY, client_id=app.client_id, person_id=code.person_id, scope=code.scope, now=now)
    return _tokens(world, opened, code.person_id, code.scope)


def _is_verified(world: World, challenge: str, verifier: str) -> bool:
    if not pkce.VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    forms = {"hex": digest.hex(), "base64url": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()}
    wanted = settings.of(world).pkce_encoding
    return any(
        secrets.compare_digest(form.encode(), challenge.encode()) for name, form in forms.items() if wanted in {name, "any"}
    )


def _refresh(world: World, app: App, form: dict[str, str]) -> dict[str, object]:
    now = world.clock()
    found = grants.find_token(world.store, KEY, "refresh", form.get("refresh_token", ""), now)
    if found is None or found.client_id != app.client_id or not found.is_live:
        raise _refused(world, "invalid_grant", BAD_REFRESH)
    grants.spend(world.store, found, now)
    return _tokens(world, found.grant_id, found.person_id or "", found.scope)


def _tokens(world: World, grant_id: int, person_id: str, scope: str) -> dict[str, object]:
    chosen, now = settings.of(world), world.clock()
    lives, refresh_lives = chosen.access_token_seconds, chosen.refresh_token_seconds
    return {
        "access_token": grants.issue_token(world.store, grant_id, "access", now=now, lives=lives),
        "expires_in": lives,
        "open_id": open_id(people.get(world.store, KEY, person_id)),
        "refresh_token": grants.issue_token(world.store, grant_id, "refresh", now=now, lives=refresh_lives),
        "refresh_expires_in": refresh_lives,
        "scope": scope.replace(" ", ","),
        "token_type": "Bearer",
    }
