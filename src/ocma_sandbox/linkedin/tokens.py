"""LinkedIn's token, revoke and introspection calls."""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import apps, grants
from ocma_sandbox.apps import App
from ocma_sandbox.linkedin import problems, settings
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, object]
Form = dict[str, str]

FORM = "application/x-www-form-urlencoded"
NO_CODE = "Unable to retrieve access token: authorization code not found"
MISMATCH = (
    "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
    "Or authorization code expired. Or external member binding exists"
)
BAD_REFRESH = "The provided authorization grant or refresh token is invalid, expired or revoked"


def _refused(error: str, description: str, status: int = 400) -> Refused:
    headers = {"Cache-Control": "no-store", **problems.trace()}
    return Refused(JSONResponse({"error": error, "error_description": description}, status, headers=headers))


async def token(world: World, request: Request) -> Response:
    """POST /oauth/v2/accessToken"""
    form = await _form(request)
    grant_type = _needed(form, "grant_type")
    readers = {"authorization_code": _redeem, "refresh_token": _refresh}
    if grant_type not in readers:
        raise _refused("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")
    with world.store.transaction():
        answer = readers[grant_type](world, _client(world, form), form)
    return JSONResponse(answer, headers={"Cache-Control": "no-store", **problems.trace()})


async def _form(request: Request) -> Form:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise _refused("invalid_request", f"The body must be {FORM}")
    raw = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(raw, keep_blank_values=True))


def _needed(form: Form, name: str) -> str:
    if not form.get(name):
        raise _refused("invalid_request", f'A required parameter "{name}" is missing')
    return form[name]


def _client(world: World, form: Form) -> App:
    """The secret stands in the body; HTTP Basic is not read."""
    client_id, secret = _needed(form, "client_id"), _needed(form, "client_secret")
    app = apps.find(world.store, KEY, client_id)
    if app is None or not apps.is_secret(app, secret):
        raise _refused("invalid_client", "Client authentication failed", 401)
    return app


def _redeem(world: World, app: App, form: Form) -> Json:
    raw, redirect_uri, now = _needed(form, "code"), _needed(form, "redirect_uri"), world.clock()
    code = grants.find_code(world.store, KEY, raw, now)
    if code is None:
        raise _refused("invalid_request", NO_CODE, 401)
    if code.client_id != app.client_id or code.redirect_uri != redirect_uri:
        raise _refused("invalid_request", MISMATCH)
    grants.redeem_code(world.store, raw, now)
    _end_others(world, code, now)
    grant_id = grants.open_grant(world.store, KEY, client_id=app.client_id, person_id=code.person_id, scope=code.scope, now=now)
    return {**_access(world, grant_id, code.scope), **_new_refresh(world, grant_id)}


def _end_others(world: World, code: grants.Code, now: float) -> None:
    """Several grants of the same scopes live side by side; other scopes end what was there before."""
    if not settings.of(world).scope_change_revokes:
        return
    rows = world.store.all(
        "SELECT id FROM grants WHERE platform = ? AND client_id = ? AND person_id = ? AND scope <> ? AND revoked_at IS NULL",
        *(KEY, code.client_id, code.person_id, code.scope),
    )
    for row in rows:
        grants.revoke_grant(world.store, row["id"], now)


def _refresh(world: World, app: App, form: Form) -> Json:
    chosen, now, raw = settings.of(world), world.clock(), _needed(form, "refresh_token")
    found = grants.find_token(world.store, KEY, "refresh", raw, now)
    if found is None or found.client_id != app.client_id or not found.is_live:
        raise _refused("invalid_request", BAD_REFRESH)
    answer = _access(world, found.grant_id, found.scope)
    left = int((_expires_at(world, found) or now) - now)
    if chosen.rotate_refresh_tokens:
        grants.revoke(world.store, found, now)
        raw = grants.issue_token(world.store, found.grant_id, "refresh", now=now, lives=left)
    # refreshing does not prolong: the day on which the member has to log in again stays
    return {**answer, "refresh_token": raw, "refresh_token_expires_in": left}


def _access(world: World, grant_id: int, scope: str) -> Json:
    chosen, now = settings.of(world), world.clock()
    return {
        "access_token": grants.issue_token(world.store, grant_id, "access", now=now, lives=chosen.access_token_seconds),
        "expires_in": chosen.access_token_seconds,
        "scope": chosen.scope_separator.join(scope.split()),
        "token_type": "Bearer",
    }


def _new_refresh(world: World, grant_id: int) -> Json:
    chosen, now = settings.of(world), world.clock()
    if not chosen.refresh_tokens:
        return {}
    lives = chosen.refresh_token_seconds
    raw = grants.issue_token(world.store, grant_id, "refresh", now=now, lives=lives)
    return {"refresh_token": raw, "refresh_token_expires_in": lives}


def _expires_at(world: World, found: grants.Token) -> float | None:
    row = world.store.one("SELECT expires_at FROM tokens WHERE hash = ?", found.hash)
    return row["expires_at"] if row else None


def _presented(world: World, app: App, form: Form) -> grants.Token | None:
    raw, now = _needed(form, "token"), world.clock()
    tokens = [grants.find_token(world.store, KEY, kind, raw, now) for kind in ("access", "refresh")]
    return next((found for found in tokens if found and found.client_id == app.client_id), None)


async def revoke(world: World, request: Request) -> Response:
    """POST /oauth/v2/revoke: 200 with nothing, also for what is no token."""
    form = await _form(request)
    found, now = _presented(world, _client(world, form), form), world.clock()
    if found and found.kind == "refresh":
        grants.revoke_grant(world.store, found.grant_id, now)
    elif found:
        grants.revoke(world.store, found, now)
    return Response(status_code=200, headers=problems.trace())


async def introspect(world: World, request: Request) -> Response:
    """POST /oauth/v2/introspectToken"""
    form = await _form(request)
    found = _presented(world, _client(world, form), form)
    if found is None:
        return JSONResponse({"active": False}, headers=problems.trace())
    status = "revoked" if found.is_revoked else "expired" if found.is_expired else "active"
    body: Json = {"active": found.is_live, "status": status, "client_id": found.client_id, "auth_type": "3L"}
    times = {"authorized_at": int(found.created_at), "created_at": int(found.created_at)}
    expires_at = int(_expires_at(world, found) or 0)
    scope = settings.of(world).scope_separator.join(found.scope.split())
    return JSONResponse({**body, **times, "expires_at": expires_at, "scope": scope}, headers=problems.trace())
