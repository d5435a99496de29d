"""The tokens of an account: stored sealed, refreshed by one process at a time, lost only when the platform says so."""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.accounts import apps
from ocma.features.accounts.desk import Desk
from ocma.features.accounts.models import Account, AccountToken
from ocma.infra.vault import Place, Vault
from ocma.platforms.errors import PlatformUnavailable, ReauthorizationRequired, Throttled
from ocma.platforms.oauth import Grant
from ocma.platforms.registry import get_connector

log = structlog.get_logger(__name__)

PATIENCE = 60.0  # seconds for one renewal
LAST_MOMENT = timedelta(seconds=30)
EARLY = timedelta(minutes=5)  # a token is renewed this long before it ends
CONFIRM_AFTER = 60.0  # seconds after a refusal until a second one means something


class TokenDoubted(PlatformUnavailable):
    """The platform refused the account's token, which cannot be renewed: it is over, or the platform is in trouble."""

    code = "tokenDoubted"


def _place(account: Account, field: str) -> Place:
    return Place(account.workspace_id, account.id, field)


def seal(vault: Vault, row: AccountToken, account: Account, grant: Grant) -> None:
    """Puts a grant into a row, encrypted."""
    row.key_id = vault.active
    row.access_token = vault.encrypt(grant.access_token, _place(account, "access_token"))
    refresh = grant.refresh_token
    row.refresh_token = vault.encrypt(refresh, _place(account, "refresh_token")) if refresh else None
    row.expires_at = grant.expires_at


def unseal(vault: Vault, row: AccountToken, account: Account) -> Grant:
    refresh = row.refresh_token
    return Grant(
        access_token=vault.decrypt(row.access_token, _place(account, "access_token")),
        refresh_token=vault.decrypt(refresh, _place(account, "refresh_token")) if refresh else None,
        expires_at=row.expires_at,
        scopes=tuple(account.scopes),
    )


async def find_row(session: AsyncSession, account_id: UUID, *, lock: bool = False) -> AccountToken | None:
    query = select(AccountToken).where(AccountToken.account_id == account_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def store(session: AsyncSession, vault: Vault, account: Account, grant: Grant, desk: Desk) -> None:
    """The grant of a new or renewed connection."""
    row = await find_row(session, account.id, lock=True)
    if row is None:
        row = AccountToken(account_id=account.id, workspace_id=account.workspace_id, version=0)
        session.add(row)
    row.version, row.updated_at = row.version + 1, desk.clock()
    seal(vault, row, account, grant)


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
    row = await find_row(session, account.id, lock=True)
    if row is None:
        raise ReauthorizationRequired(platform=account.platform)
    grant = unseal(desk.vault, row, account)
    if row.version != seen:
        return grant, row.version
    if grant.refresh_token is None:
        raise TokenDoubted(  # who decides which: publishing/gates.py, confirms
            platform=account.platform,
            status=401,
            retry_after=CONFIRM_AFTER,
            remediation="If it stays, connect the account again.",
        )
    connector = get_connector(account.platform)
    app = await apps.get_app(desk, account.workspace_id, connector, account.host)
    try:
        async with asyncio.timeout(PATIENCE):  # the row is locked meanwhile
            renewed = await desk.gateway.flow(connector.manifest, app, account.host).refresh(grant)
    except TimeoutError as error:
        raise PlatformUnavailable(platform=account.platform, rule="tooSlow") from error
    kept = (
        renewed if renewed.refresh_token else Grant(renewed.access_token, grant.refresh_token, renewed.expires_at, renewed.scopes)
    )
    row.version, row.updated_at = row.version + 1, desk.clock()
    seal(desk.vault, row, account, kept)
    log.info("token.refreshed", account=str(account.id), platform=account.platform, version=row.version)
    return kept, row.version


async def mark(desk: Desk, account: Account, status: str, reason: str | None, seen_version: int | None = None) -> None:
    """The status of an account that was active, for everybody to see; not when it was connected again since `seen_version`."""
    async with desk.database.transaction(account.workspace_id) as session:
        query = select(Account).where(Account.id == account.id, Account.status == "active").with_for_update()
        row = await session.scalar(query)
        token = await find_row(session, account.id)
        if row is None or (seen_version is not None and token is not None and token.version != seen_version):
            return
        row.status, row.status_reason, row.updated_at = status, reason, desk.clock()
