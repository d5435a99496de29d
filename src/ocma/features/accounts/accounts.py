"""Reading connected accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import NotFound
from ocma.features.accounts.models import Account, AccountToken


async def get_account(session: AsyncSession, account_id: UUID) -> Account:
    """Raises NotFound for one that was disconnected, too."""
    account = await session.get(Account, account_id)
    if account is None or account.status == "revoked":
        raise NotFound("There is no such account in this workspace.")
    return account


async def list_accounts(
    session: AsyncSession, *, platform: str | None = None, after: UUID | None = None, limit: int = 100
) -> Sequence[Account]:
    """Oldest first; without those that were disconnected."""
    query = select(Account).where(Account.status != "revoked").order_by(Account.id).limit(limit)
    if platform:
        query = query.where(Account.platform == platform)
    if after:
        query = query.where(Account.id > after)
    return (await session.scalars(query)).all()


async def list_hosts(session: AsyncSession) -> set[tuple[str, str]]:
    """(platform, host) of every account; the host is empty but on platforms that are many servers."""
    query = select(Account.platform, Account.host).where(Account.status != "revoked").distinct()
    return {(row.platform, row.host) for row in await session.execute(query)}


@dataclass(frozen=True, slots=True)
class Ends:
    """When an account's token ends, and when the owner has to have connected again. None: not by itself, or not known."""

    token: datetime | None
    connection: datetime | None


async def expiries(session: AsyncSession, account_ids: Sequence[UUID]) -> dict[UUID, Ends]:
    """By account."""
    renewable = AccountToken.refresh_token.is_not(None).label("renewable")
    query = select(AccountToken.account_id, AccountToken.expires_at, AccountToken.ends_at, renewable)
    rows = await session.execute(query.where(AccountToken.account_id.in_(account_ids)))
    return {row.account_id: Ends(row.expires_at, row.ends_at if row.renewable else row.expires_at) for row in rows}
