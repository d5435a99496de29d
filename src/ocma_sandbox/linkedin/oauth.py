"""OAuth 2.0 as LinkedIn does it: the client's secret in the body, no PKCE, tokens for 60 days.

Unsure, and chosen here: a refresh token does not rotate; consent to other scopes ends the member's earlier grants
whole, not the access tokens alone; a refresh token that is revoked takes its grant with it, an access token only itself.
"""

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from ocma_sandbox import apps, consent, grants, pages
from ocma_sandbox.apps import App
from ocma_sandbox.linkedin import members, settings
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World


def register(world: World) -> None:
    """The one app that the settings name."""
    chosen = settings.of(world)
    uris = tuple(chosen.redirect_uris.split())
    app = App(KEY, chosen.client_id, chosen.client_secret, chosen.app_name, uris, chosen.approved_scopes)
    apps.save(world.store, app, world.clock())


def authorize(world: World, request: Request) -> Response:
    query = request.query_params
    app = apps.find(world.store, KEY, query.get("client_id", ""))
    wrong = _wrong(world, app, query)
    if app is None or wrong:
        return pages.refusal("LinkedIn", wrong or "Client_id doesn't match", 401 if wrong and "match" in wrong else 400)
    refused = _unapproved(world, query)
    if refused:
        # LinkedIn writes its quotation marks as HTML here
        description = f"Scope &quot;{refused}&quot; is not authorized for your application"
        return _back(query, error="unauthorized_scope_error", error_description=description)
    return _ask(world, app, query)


def _wrong(world: World, app: App | None, query: QueryParams) -> str | None:
    """Why LinkedIn would show an error page instead of going on; it never redirects from here."""
    redirect_uri = query.get("redirect_uri", "")
    checks = {
        "response_type must be code": query.get("response_type") == "code",
        "Client_id doesn't match": app is not None,
        "redirect_uri must be absolute": consent.is_redirect_uri(redirect_uri),
        "Redirect_uri doesn't match": app is None or not app.redirect_uris or redirect_uri in app.redirect_uris,
        "scope is missing": bool(query.get("scope", "").split()),
        "code_challenge is for native apps": not (settings.of(world).pkce_refused and query.get("code_challenge")),
    }
    return next((why for why, fine in checks.items() if not fine), None)


def _unapproved(world: World, query: QueryParams) -> str | None:
    """The first scope that the app has no product for: it fails the whole authorization."""
    approved = set(settings.of(world).approved_scopes.split())
    return next((scope for scope in query["scope"].split() if scope not in approved), None)


def _back(query: QueryParams, **answer: str) -> Response:
    return consent.redirect(query["redirect_uri"], **answer, state=query.get("state"))


def _ask(world: World, app: App, query: QueryParams) -> Response:
    scopes = query["scope"].split()
    if "approve" not in query:
        hidden = {name: value for name, value in query.items() if name not in consent.OWN_PARAMETERS}
        handles = [member.handle for member in members.members(world)]
        return pages.consent("LinkedIn", app.name, scopes, handles, hidden)
    ask = consent.Ask(KEY, "LinkedIn", app.name, scopes, lambda handle: _member(world, handle))
    decided = consent.decide(world, ask, query)
    if isinstance(decided, Response):
        return decided
    if isinstance(decided, str):
        description = "The user cancelled the authorization"
        return _back(query, error="user_cancelled_authorize", error_description=description)
    return _back(query, code=_code(world, query, decided))


def _member(world: World, handle: str) -> Person:
    if members.PAGE.fullmatch(handle):
        raise Refused(pages.refusal("LinkedIn", f"{handle} is a page; a member has to log in"))
    return members.make_person(world, handle, None)


def _code(world: World, query: QueryParams, member: Person) -> str:
    chosen = settings.of(world)
    granted = set(query["scope"].split()) - set(chosen.withheld_scopes.split())
    scope = " ".join(sorted(granted))
    code = grants.Code(KEY, query["client_id"], member.id, query["redirect_uri"], scope, "", "")
    return grants.issue_code(world.store, code, expires_at=world.clock() + chosen.code_seconds)
