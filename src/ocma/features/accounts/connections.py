"""From an authorization code (or a token in hand) to connected accounts, and back."""

from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Invalid, Issue
from ocma.features.accounts import apps, authorizations, tokens
from ocma.features.accounts.accounts import get_account
from ocma.features.accounts.authorizations import Pending
from ocma.features.accounts.desk import Desk
from ocma.features.accounts.models import Account, AccountToken
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.ids import new_id
from ocma.platforms.connector import Connector, Profile
from ocma.platforms.errors import PlatformError, ReauthorizationRequired
from ocma.platforms.grant import Grant
from ocma.platforms.registry import get_connector

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Code:
    """What a client sends to connect; with neither state nor verifier its pending authorization is used.

    `issuer` is what some platforms send back beside the code: which server it is from.
    """

    platform: str
    code: str
    state: str | None = None
    verifier: str | None = None
    redirect_uri: str | None = None
    host: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class InHand:
    """An operator's own token, or whatever a platform takes in its place; without `scopes`: all that OCMA asks for."""

    token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()


async def connect(desk: Desk, caller: Caller, given: Code) -> list[Account]:
    """Redeems the code and stores every account the login brought. Raises Invalid when the platform refuses the code."""
    connector = get_connector(given.platform)
    pending = await _pending(desk, caller, connector, given)
    return await _redeem(desk, caller, connector, pending, given)


async def _pending(desk: Desk, caller: Caller, connector: Connector, given: Code) -> Pending:
    key = connector.manifest.key
    if given.state:
        pending = await authorizations.use(desk, caller.workspace_id, given.state, caller.name)
        if pending.platform != key:
            message = f"This state belongs to {pending.platform}, not {key}."
            raise Invalid(message, code="stateRefused", issues=[Issue("state", "stateRefused", message)])
        return pending
    if given.verifier:
        host = authorizations.clean_host(connector.manifest, desk, given.host)
        redirect = authorizations.clean_redirect(given.redirect_uri or desk.callback_url)
        return Pending(key, host, redirect, caller.name, given.verifier)
    return await authorizations.use_newest(desk, caller, key)


async def come_back(desk: Desk, state: str, code: str, issuer: str | None = None) -> list[Account]:
    """The browser's way: the state says whose authorization it is."""
    workspace_id = await authorizations.find_workspace(desk, state)
    pending = await authorizations.use(desk, workspace_id or new_id(), state)
    caller = Caller(workspace_id or new_id(), pending.caller, None, "key", frozenset())
    given = Code(pending.platform, code, state, issuer=issuer)
    return await _redeem(desk, caller, get_connector(pending.platform), pending, given)


async def refuse(desk: Desk, state: str) -> None:
    """The user said no at the platform: that authorization is over."""
    if (workspace_id := await authorizations.find_workspace(desk, state)) is not None:
        await authorizations.use(desk, workspace_id, state)


async def _redeem(desk: Desk, caller: Caller, connector: Connector, pending: Pending, given: Code) -> list[Account]:
    app = await apps.get_app(desk, caller.workspace_id, connector, pending.host, pending.redirect_uri)
    flow = desk.gateway.flow(connector, app, pending.host)
    try:
        grant = await flow.exchange(given.code, pending.redirect_uri, pending.verifier, pending.kept, given.issuer)
    except Invalid as error:
        if error.rule == "appForgotten":  # the next authorization registers anew
            await apps.forget_app(desk, caller.workspace_id, connector.manifest.key, pending.host)
        raise
    return await adopt(desk, caller, connector, pending.host, grant)


async def take(desk: Desk, caller: Caller, connector: Connector, host: str, given: InHand) -> list[Account]:
    """Connects with a token that somebody has already."""
    flow = desk.gateway.flow(connector, apps.app_at_hand(desk, connector), host)
    return await adopt(desk, caller, connector, host, await flow.in_hand(given.token, given.refresh_token, given.scopes))


async def adopt(desk: Desk, caller: Caller, connector: Connector, host: str, grant: Grant) -> list[Account]:
    """Asks the platform whose grant this is and stores it with each account it opens, or the account's own."""
    profiles = await connector.identify(desk.gateway.access(connector, grant, host))
    login_id = new_id()
    async with desk.database.transaction(caller.workspace_id) as session:
        found = [(await _upsert(desk, session, caller, connector, host, each, grant), each.grant or grant) for each in profiles]
        for account, own in sorted(found, key=lambda each: each[0].id):  # as a refresh locks them
            await tokens.store(session, desk.vault, account, own, desk, login_id)
            await audit.record(session, caller, "account.connected", str(account.id), {"platform": account.platform})
    return [account for account, _ in found]


async def _upsert(
    desk: Desk, session: AsyncSession, caller: Caller, connector: Connector, host: str, profile: Profile, grant: Grant
) -> Account:
    key = [Account.platform == connector.manifest.key, Account.platform_account_id == profile.id]
    key += [Account.host == host] if profile.host is None else []  # else it may have moved
    account = await session.scalar(select(Account).where(*key).order_by(Account.id).limit(1).with_for_update())
    now = desk.clock()
    if account is None:
        account = Account(
            id=new_id(),
            workspace_id=caller.workspace_id,
            platform=connector.manifest.key,
            platform_account_id=profile.id,
            connected_at=now,
        )
        session.add(account)
    describe(account, profile)
    granted = (profile.grant or grant).scopes
    account.host, account.scopes = profile.host or host, list(granted)
    account.missing = [*connector.manifest.oauth.missing("publish", granted), *profile.missing]
    account.status, account.status_reason, account.updated_at = "active", None, now
    await session.flush()
    return account


def describe(account: Account, profile: Profile) -> None:
    account.name, account.handle = profile.name, profile.handle
    account.profile_url, account.profile_image = profile.url, profile.avatar_url
    account.followers, account.following, account.posts = profile.followers, profile.following, profile.posts


async def refresh(desk: Desk, caller: Caller, account_id: UUID) -> Account:
    """Renews the token where the platform's tokens end, and reads the profile again.

    An account that needed reauthorization or was restricted is usable again when it answers; if it is not, the next post says so.
    """
    async with desk.database.transaction(caller.workspace_id) as session:
        account = await get_account(session, account_id)
        row = await tokens.find_row(session, account_id)
    if row is None:
        raise ReauthorizationRequired(platform=account.platform)
    connector = get_connector(account.platform)
    oauth = connector.manifest.oauth
    renews = oauth.refreshes and row.refresh_token is not None and desk.clock() >= row.updated_at + oauth.renew_after
    grant, _ = await (tokens.refresh(desk, account, row.version) if renews else tokens.fresh(desk, account))
    profiles = await connector.identify(
        desk.gateway.access(connector, grant, account.host, account.platform_account_id, account.handle)
    )
    async with desk.database.transaction(caller.workspace_id) as session:
        await session.get(Account, account_id, with_for_update={"key_share": True})  # nobody disconnects it meanwhile
        found = await get_account(session, account_id)
        for profile in profiles:
            if profile.id == found.platform_account_id:
                describe(found, profile)
                found.status, found.status_reason = "active", None
        found.updated_at = desk.clock()
        await audit.record(session, caller, "account.refreshed", str(account_id), {"platform": account.platform})
    return found


async def disconnect(desk: Desk, caller: Caller, account_id: UUID) -> str | None:
    """Revokes at the platform, then forgets the tokens. Returns a warning when the platform could not be told."""
    async with desk.database.transaction(caller.workspace_id) as session:
        account = await get_account(session, account_id)
        row = await tokens.find_row(session, account_id)
        alone = row is None or await tokens.is_alone(session, row)
    warning = await _revoke(desk, account, tokens.unseal(desk.vault, row, account), alone=alone) if row else None
    async with desk.database.transaction(caller.workspace_id) as session:
        gone = await get_account(session, account_id)
        gone.status, gone.status_reason, gone.updated_at = "revoked", "disconnected", desk.clock()
        await session.execute(delete(AccountToken).where(AccountToken.account_id == account_id))
        await audit.record(session, caller, "account.disconnected", str(account_id), {"platform": account.platform})
    return warning


_UNTOLD = "could not be told; remove OCMA's access in the account's own settings there."


async def _revoke(desk: Desk, account: Account, grant: Grant, *, alone: bool) -> str | None:
    connector = get_connector(account.platform)
    if not alone:  # it would end them all
        return f"OCMA's access at {connector.manifest.name} stays: other accounts of the same login are connected."
    try:
        app = await apps.get_app(desk, account.workspace_id, connector, account.host)
        told = await desk.gateway.flow(connector, app, account.host).revoke(grant)
    except (PlatformError, Invalid) as error:
        log.warning("account.revoke", account=str(account.id), error=error.rule)
        told = False
    return None if told else f"{connector.manifest.name} {_UNTOLD}"
