"""The authorize page and what its code is good for: the part of OAuth that Meta's three logins share. None has PKCE."""

import re

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import apps, consent, grants, pages
from ocma_sandbox.apps import App
from ocma_sandbox.graph import errors
from ocma_sandbox.graph.house import House
from ocma_sandbox.graph.params import Params
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

_BETWEEN = re.compile(r"[,\s]+")
NO_STORE = {"Cache-Control": "no-store"}
DECLINED = "-"
"""Stands before a scope that was asked for and that the user unticked: the grant keeps both, as the platform does."""


def scopes_in(text: str | None) -> list[str]:
    return [scope for scope in _BETWEEN.split(text or "") if scope]


def granted(scope: str) -> list[str]:
    return [word for word in scope.split() if not word.startswith(DECLINED)]


def authorize(world: World, house: House, request: Request, *, tail: str = "", default_scope: str = "") -> Response:
    """`tail` is what the login leaves at the end of the address; `deny_scopes` is what the user unticks."""
    query = request.query_params
    app = apps.find(world.store, house.key, query.get("client_id", ""))
    wanted = scopes_in(query.get("scope")) or scopes_in(default_scope)
    wrong = _wrong(world, house, app, query, wanted)
    if app is None or wrong:
        return pages.refusal(house.name, wrong or "Invalid App ID: client_id is not registered")
    ask = consent.Ask(house.people, house.name, app.name, wanted, lambda handle: house.make_user(world, handle))
    decided = consent.decide(world, ask, query)
    if isinstance(decided, Response):
        return decided
    if isinstance(decided, str):
        return _denied(query)
    denied = {*scopes_in(query.get("deny_scopes")), *scopes_in(house.settings(world).deny_scopes)}
    words = [f"{DECLINED}{scope}" if scope in denied else scope for scope in wanted]
    back = consent.redirect(query["redirect_uri"], code=_code(world, house, query, decided, words), state=query.get("state"))
    back.headers["location"] += tail
    return back


def _denied(query: QueryParams) -> Response:
    return consent.redirect(
        query["redirect_uri"],
        error="access_denied",
        error_code="200",
        error_description="Permissions error",
        error_reason="user_denied",
        state=query.get("state"),
    )


def _wrong(world: World, house: House, app: App | None, query: QueryParams, wanted: list[str]) -> str | None:
    """Why the page cannot go on; it never redirects from here."""
    uri = query.get("redirect_uri", "")
    unknown = sorted(set(wanted) - house.scopes)
    checks = {
        "Invalid App ID: client_id is not registered": app is not None and app.client_id == house.client(world).id,
        "response_type must be code": query.get("response_type", "code") == "code",
        "redirect_uri must be absolute": consent.is_redirect_uri(uri),
        "URL blocked: redirect_uri is not registered": app is None or not app.redirect_uris or uri in app.redirect_uris,
        "scope is missing": bool(wanted),
        f"Invalid Scopes: {', '.join(unknown)}": not unknown,
    }
    return next((why for why, fine in checks.items() if not fine), None)


def _code(world: World, house: House, query: QueryParams, person: Person, words: list[str]) -> str:
    code = grants.Code(
        platform=house.key,
        client_id=query["client_id"],
        person_id=person.id,
        redirect_uri=query["redirect_uri"],
        scope=" ".join(words),
        challenge="",
        challenge_method="",
    )
    return grants.issue_code(world.store, code, expires_at=world.clock() + house.settings(world).code_seconds)


def prove_client(world: World, house: House, params: Params) -> App:
    app = apps.find(world.store, house.key, params.text("client_id") or "")
    if app is None or app.client_id != house.client(world).id:
        raise errors.refuse(101, "Error validating application. Cannot get application info due to a system error.")
    prove_secret(app, params)
    return app


def prove_secret(app: App, params: Params) -> None:
    if not apps.is_secret(app, params.text("client_secret") or ""):
        raise errors.refuse(1, "Error validating client secret.")


def redeem(world: World, house: House, params: Params) -> tuple[int, grants.Code]:
    """A new grant for a code; a code is good once, for the app and the redirect_uri that asked for it."""
    app = prove_client(world, house, params)
    raw, now = params.text("code") or "", world.clock()
    with world.store.transaction():
        code = grants.find_code(world.store, house.key, raw, now)
        if code is None or code.client_id != app.client_id:
            raise errors.invalid("This authorization code is unknown, has expired or has been used.", 36009)
        if params.text("redirect_uri") != code.redirect_uri:
            why = "Error validating verification code. redirect_uri must be identical to the one of the dialog request"
            raise errors.invalid(why, 36008)
        grants.redeem_code(world.store, raw, now)
        grant_id = grants.open_grant(
            world.store, house.key, client_id=app.client_id, person_id=code.person_id, scope=code.scope, now=now
        )
    return grant_id, code


def issue(world: World, grant_id: int, seconds: float) -> str:
    return grants.issue_token(world.store, grant_id, "access", now=world.clock(), lives=seconds)


def token_answer(raw: str, seconds: int | None, **more: object) -> Response:
    ends = {} if seconds is None else {"expires_in": seconds}
    return JSONResponse({"access_token": raw, "token_type": "bearer", **ends, **more}, headers=NO_STORE)
