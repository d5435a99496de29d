"""The tokens of an account: stored sealed, refreshed by one process at a time, lost only when the platform says so."""

import asyncio
import json
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.accounts import apps
from ocma.features.accounts.desk import Desk
from ocma.features.accounts.models import Account, AccountToken
from ocma.infra.vault import Place, Vault
from ocma.platforms.connector import Connector
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.grant import Grant
from ocma.platforms.manifest import OAuth2
from ocma.platforms.registry import get_connector

log = structlog.get_logger(__name__)

PATIENCE = 60.0  # seconds for one renewal
LAST_MOMENT = timedelta(seconds=30)
EARLY = timedelta(minutes=5)  # a token is renewed this long before it ends
CONFIRM_AFTER = 60.0  # seconds after a refusal until a second one means something


class TokenDoubted(PlatformUnavailable):
    """The platform refused the account's token, which cannot be renewed: it is over, or the platform is in trouble."""

    code = "tokenDoubted"


def _place(row: AccountToken | Account, field: str) -> Place:
    return Place(row.workspace_id, row.account_id if isinstance(row, AccountToken) else row.id, field)


def seal(vault: Vault, row: AccountToken, grant: Grant, oauth: OAuth2) -> None:
    """Puts a grant into a row, encrypted."""
    row.key_id = vault.active
    row.access_token = vault.encrypt(grant.access_token, _place(row, "access_token"))
    refresh, extra = grant.refresh_token, grant.extra
    row.refresh_token = vault.encrypt(refresh, _place(row, "refresh_token")) if refresh else None
    row.extra = vault.encrypt(json.dumps(dict(extra)), _place(row, "extra")) if extra else None
    row.expires_at, row.ends_at, row.early = grant.expires_at, grant.ends_at, oauth.renew_before


def unseal(vault: Vault, row: AccountToken, account: Account) -> Grant:
    refresh = row.refresh_token
    return Grant(
        access_token=vault.decrypt(row.access_token, _place(account, "access_token")),
        refresh_token=vault.decrypt(refresh, _place(account, "refresh_token")) if refresh else None,
        expires_at=row.expires_at,
        scopes=tuple(account.scopes),
        ends_at=row.ends_at,
        extra=json.loads(vault.decrypt(row.extra, _place(account, "extra"))) if row.extra else {},
    )


async def find_row(session: AsyncSession, account_id: UUID, *, lock: bool = False) -> AccountToken | None:
    query = select(AccountToken).where(AccountToken.account_id == account_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def store(session: AsyncSession, vault: Vault, account: Account, grant: Grant, desk: Desk, login_id: UUID) -> None:
    """The grant of a new or renewed connection; `login_id` is one for all accounts that came with it."""
    row = await find_row(session, account.id, lock=True)
    if row is None:
        row = AccountToken(account_id=account.id, workspace_id=account.workspace_id, version=0)
        session.add(row)
    row.version, row.updated_at, row.login_id = row.version + 1, desk.clock(), login_id
    seal(vault, row, grant, get_connector(account.platform).manifest.oauth)


async def is_alone(session: AsyncSession, row: AccountToken) -> bool:
    """Is this the only account left of its login?"""
    others = (AccountToken.login_id == row.login_id, AccountToken.account_id != row.account_id)
    return row.login_id is None or await session.scalar(select(AccountToken.account_id).where(*others).limit(1)) is None


async def fresh(desk: Desk, account: Account, early: timedelta = EARLY) -> tuple[Grant, int]:
    """A grant that is good for at least `early`, and its version. Raises ReauthorizationRequired when there is none."""
    async with desk.database.transaction(account.workspace_id) as session:
        row = await find_row(session, account.id)
    if row is None:
        raise ReauthorizationRequired(platform=account.platform)
    return await good(desk, account, unseal(desk.vault, row, account), row.version, early)


async def good(desk: Desk, account: Account, grant: Grant, version: int, early: timedelta = EARLY) -> tuple[Grant, int]:
    """This grant when it is good for at least `early`, else a new one."""
    if grant.refresh_token and grant.expires_at and grant.expires_at < desk.clock() + early:
        return await _renewed(desk, account, grant, version)
    return grant, version


async def _renewed(desk: Desk, account: Account, grant: Grant, version: int) -> tuple[Grant, int]:
    """When the platform cannot renew just now, a token that is still good is good enough."""
    try:
        return await refresh(desk, account, version)
    except (PlatformUnavailable, Throttled):
        if grant.expires_at and grant.expires_at > desk.clock() + LAST_MOMENT:
            return grant, version
        raise


async def refresh(desk: Desk, account: Account, seen_version: int) -> tuple[Grant, int]:
    """Renews the grant, unless somebody did since `seen_version`: the row is locked while the platform is asked.

    Raises ReauthorizationRequired (and marks the account) only when the platform says so for certain; TokenDoubted when there is
    nothing to renew it with.
    """
    try:
        async with desk.refreshing, desk.database.transaction(account.workspace_id) as session:
            return await _refresh_locked(desk, session, account, seen_version)
    except ReauthorizationRequired as error:
        await mark(desk, account, "needsReauthorization", error.rule, seen_version)
        raise


async def _refresh_locked(desk: Desk, session: AsyncSession, account: Account, seen: int) -> tuple[Grant, int]:
    rows = await _lock_login(session, account.id)
    row = next((each for each in rows if each.account_id == account.id), None)
    if row is None:
        raise ReauthorizationRequired(platform=account.platform)
    grant = unseal(desk.vault, row, account)
    if row.version != seen:
        return grant, row.version
    connector = get_connector(account.platform)
    too_young = desk.clock() < row.updated_at + connector.manifest.oauth.renew_after
    if grant.refresh_token is None or too_young:
        raise TokenDoubted(  # who decides which: publishing/gates.py, confirms
            platform=account.platform,
            status=401,
            retry_after=CONFIRM_AFTER,
            remediation="If it stays, connect the account again.",
        )
    renewed = await _counted(desk, account, _renew(desk, account, connector, grant))
    for each in rows:
        if each is row or _shares(desk.vault, each, grant):
            each.version, each.updated_at = each.version + 1, desk.clock()
            seal(desk.vault, each, renewed, connector.manifest.oauth)
    log.info("token.refreshed", account=str(account.id), platform=account.platform, version=row.version)
    return renewed, row.version


async def _lock_login(session: AsyncSession, account_id: UUID) -> Sequence[AccountToken]:
    """The token of an account and those of the same login, which may be the same token: one refresh serves all of them."""
    login = select(AccountToken.login_id).where(AccountToken.account_id == account_id).scalar_subquery()
    ours = or_(AccountToken.account_id == account_id, AccountToken.login_id == login)
    return (await session.scalars(select(AccountToken).where(ours).order_by(AccountToken.account_id).with_for_update())).all()


def _shares(vault: Vault, row: AccountToken, grant: Grant) -> bool:
    return row.refresh_token is not None and vault.decrypt(row.refresh_token, _place(row, "refresh_token")) == grant.refresh_token


async def _counted(desk: Desk, account: Account, renewing: Awaitable[Grant]) -> Grant:
    outcome = "failed"
    try:
        renewed = await renewing
        outcome = "renewed"
    except ReauthorizationRequired:
        outcome = "refused"
        raise
    finally:
        desk.meters.refreshed(account.platform, outcome)
    return renewed


async def _renew(desk: Desk, account: Account, connector: Connector, grant: Grant) -> Grant:
    app = await apps.get_app(desk, account.workspace_id, connector, account.host)
    try:
        async with asyncio.timeout(PATIENCE):  # the row is locked meanwhile
            renewed = await desk.gateway.flow(connector, app, account.host).refresh(grant)
    except TimeoutError as error:
        raise PlatformUnavailable(platform=account.platform, rule="tooSlow") from error
    return renewed if renewed.refresh_token else replace(renewed, refresh_token=grant.refresh_token)


async def mark(desk: Desk, account: Account, status: str, reason: str | None, seen_version: int | None = None) -> None:
    """The status of an account that was active, for everybody to see; not when it was connected again since `seen_version`."""
    async with desk.database.transaction(account.workspace_id) as session:
        query = select(Account).where(Account.id == account.id, Account.status == "active").with_for_update()
        row = await session.scalar(query)
        token = await find_row(session, account.id)
        if row is None or (seen_version is not None and token is not None and token.version != seen_version):
            return
        row.status, row.status_reason, row.updated_at = status, reason, desk.clock()
