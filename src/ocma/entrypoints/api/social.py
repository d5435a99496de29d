"""/api/social: platforms, authorizations, connected accounts."""

from collections.abc import Sequence
from html import escape
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from ocma.bootstrap import Resources
from ocma.entrypoints.api import standing
from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.errors import Invalid, Issue, NotFound, OcmaError
from ocma.features.accounts import apps, authorizations, connections
from ocma.features.accounts.accounts import expiries, get_account, list_accounts
from ocma.features.accounts.connections import Code
from ocma.features.accounts.facts import PlatformView, platform_view
from ocma.features.accounts.models import Account
from ocma.features.accounts.schemas import (
    AccountView,
    Authorization,
    Authorize,
    Connect,
    Connected,
    Disconnected,
    Visible,
    account_view,
    connected,
)
from ocma.features.analytics import freshness
from ocma.features.paging import cut, decode_cursor
from ocma.features.publishing.holds import count_waiting
from ocma.features.schema import Page
from ocma.features.workspaces.caller import Caller
from ocma.platforms.configuration import find_app, quotas
from ocma.platforms.connector import Announces
from ocma.platforms.registry import connectors, get_connector

router = APIRouter(prefix="/api/social", tags=["social"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("accounts:read")]
Writer = Annotated[Caller, needs("accounts:write")]


@router.get("/platforms")
async def list_platforms(resources: ResourcesDep, caller: Reader) -> Page[PlatformView]:
    """Every platform: what it can do, its limits, whether this server has an app there, and whether it works at the moment."""
    environment = resources.environment
    configured = {
        key: each.manifest.oauth.per_host or find_app(each.manifest, environment) is not None
        for key, each in connectors().items()
    }
    hosts = await standing.hosts_of(resources, caller.workspace_id)
    breakers = await standing.of_platforms(resources, hosts)
    views = [
        platform_view(each, configured, quotas(each.manifest, environment), breakers.get(key))
        for key, each in connectors().items()
    ]
    return Page(data=views)


@router.post("/authorize")
async def authorize(resources: ResourcesDep, caller: Writer, body: Authorize) -> Authorization:
    """Where to send the user. State and PKCE verifier are kept here, for you, once, for ten minutes."""
    begun = await authorizations.begin(resources.desk, caller, body.platform, body.redirect_uri, body.host, body.handle)
    return Authorization(url=begun.url, state=begun.state, expires_at=begun.expires_at)


@router.post("/connect")
async def connect(resources: ResourcesDep, caller: Writer, body: Connect) -> Connected:
    """Redeems the code that the platform sent back, and stores the accounts it opens."""
    given = Code(body.platform, body.auth_code, body.state, body.code_verifier, body.redirect_uri, body.host, body.issuer)
    accounts = await connections.connect(resources.desk, caller, given)
    await _changed(resources, accounts)
    return connected(await _views(resources, caller.workspace_id, accounts, body.platform))


@router.get("/callback", response_class=HTMLResponse, responses={200: {"content": {"application/json": {}}}})
async def callback(
    resources: ResourcesDep,
    request: Request,
    state: Annotated[str, Query(min_length=1, max_length=500)],
    code: Annotated[Visible | None, Query(max_length=4000)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
    iss: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Where a platform sends the browser back to: the state says whose authorization it was. A page, or JSON when asked for."""
    page = "text/html" in request.headers.get("accept", "")
    try:
        found = await _come_back(resources, state, code, error, iss)
    except OcmaError as problem:
        if not page:
            raise
        return HTMLResponse(_page("Not connected", f"{problem.detail} {problem.remediation or ''}"), status_code=400)
    if page:
        told = " ".join([found.message, *found.warnings, "You can close this window."])
        return HTMLResponse(_page("Connected", told))
    return Response(found.model_dump_json(by_alias=True), media_type="application/json")


@router.get("/clients/{platform}.json")
async def show_client(resources: ResourcesDep, platform: Annotated[str, Path(max_length=40)]) -> dict[str, Any]:
    """Who OCMA is, for platforms that read that here instead of giving out app ids. Public."""
    try:
        connector = get_connector(platform)
    except Invalid as error:  # here the name is an address, and there is nothing at it
        raise NotFound(error.detail) from error
    if not isinstance(connector, Announces):
        raise NotFound(f"{connector.manifest.name} gives out app ids.")
    desk = resources.desk
    return dict(connector.document(apps.announced(desk, connector, desk.callback_url), [desk.callback_url]))


async def _come_back(resources: Resources, state: str, code: str | None, error: str | None, issuer: str | None) -> Connected:
    if code is None or error:
        await connections.refuse(resources.desk, state)
        detail = f"The platform sent no code ({error})." if error else "The platform sent no code."
        issue = Issue("code", "authorizationRefused", detail)
        raise Invalid(detail, code="authorizationRefused", issues=[issue], remediation="Authorize again, and say yes.")
    accounts = await connections.come_back(resources.desk, state, code, issuer)
    await _changed(resources, accounts)
    return connected(await _views(resources, accounts[0].workspace_id, accounts))


def _page(title: str, text: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)} - OCMA</title>'
        f'<body style="font:16px/1.5 system-ui;max-width:34rem;margin:15vh auto"><h1>{escape(title)}</h1><p>{escape(text)}</p>'
    )


@router.get("/accounts")
async def list_connected(
    resources: ResourcesDep,
    caller: Reader,
    platform: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Page[AccountView]:
    """Connected accounts, oldest first."""
    key = get_connector(platform).manifest.key if platform else None
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    async with resources.database.transaction(caller.workspace_id) as session:
        found = await list_accounts(session, platform=key, after=after, limit=limit + 1)
    rows, following = cut(found, limit, lambda row: (row.id,))
    return Page(data=await _views(resources, caller.workspace_id, list(rows), platform), next_cursor=following)


@router.get("/accounts/{account_id}")
async def show_account(resources: ResourcesDep, caller: Reader, account_id: UUID) -> AccountView:
    """One account and its health: status, scopes, when the token ends, last success."""
    async with resources.database.transaction(caller.workspace_id) as session:
        account = await get_account(session, account_id)
    return (await _views(resources, caller.workspace_id, [account]))[0]


@router.post("/accounts/{account_id}/refresh")
async def refresh_account(resources: ResourcesDep, caller: Writer, account_id: UUID) -> AccountView:
    """Renews the token where tokens end, and reads the profile again; an account that answers is usable again."""
    account = await connections.refresh(resources.desk, caller, account_id)
    await _changed(resources, [account])
    return (await _views(resources, caller.workspace_id, [account]))[0]


@router.delete("/accounts/{account_id}")
async def disconnect_account(resources: ResourcesDep, caller: Writer, account_id: UUID) -> Disconnected:
    """Revokes our access at the platform, then forgets the tokens. What is scheduled waits until it is connected again."""
    async with resources.database.transaction(caller.workspace_id) as session:
        account = await get_account(session, account_id)
    warning = await connections.disconnect(resources.desk, caller, account_id)
    await _changed(resources, [account])
    async with resources.database.transaction(caller.workspace_id) as session:
        waiting = await count_waiting(session, account_id)
    held = " 1 scheduled post waits for it." if waiting == 1 else f" {waiting} scheduled posts wait for it." if waiting else ""
    return Disconnected(message=f"Disconnected.{held}", waiting=waiting, warning=warning)


async def _changed(resources: Resources, accounts: Sequence[Account]) -> None:
    """What is kept of answers about them is good no more."""
    for workspace_id in {each.workspace_id for each in accounts}:
        await resources.cache.invalidate(workspace_id, standing.ACCOUNTS)
    await freshness.forget_accounts(resources.cache, accounts)


async def _views(resources: Resources, workspace_id: UUID, accounts: list[Account], name: str | None = None) -> list[AccountView]:
    async with resources.database.transaction(workspace_id) as session:
        ends = await expiries(session, [each.id for each in accounts])
    breakers, throttled = await standing.of_accounts(resources, accounts)
    return [account_view(each, ends.get(each.id), name, breakers.get(each.id), throttled.get(each.id)) for each in accounts]
