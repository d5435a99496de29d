"""Tokens are renewed ahead of their end, so that nothing waits for it when a post is due."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from ocma.errors import OcmaError
from ocma.features.accounts import tokens
from ocma.features.accounts.desk import Desk
from ocma.features.accounts.models import Account
from ocma.infra.database import Database
from ocma.platforms.registry import get_connector

log = structlog.get_logger(__name__)

TASK = "accounts.refresh"
HORIZON = timedelta(minutes=10)
BATCH = 100


async def find_expiring(database: Database) -> list[tuple[str, str]]:
    """(workspace, account) of tokens that end within the horizon, soonest first."""
    query = "SELECT * FROM list_expiring_tokens($1, $2)"
    return [(str(row[0]), str(row[1])) for row in await database.system(query, HORIZON, BATCH)]


async def refresh_all(desk: Desk, message: Sequence[tuple[str, str]]) -> None:
    """Never raises for one of them: what failed is tried again in the next round, or when a post needs it."""
    await asyncio.gather(*(_refresh(desk, UUID(workspace), UUID(account)) for workspace, account in message))


async def _refresh(desk: Desk, workspace_id: UUID, account_id: UUID) -> None:
    async with desk.database.transaction(workspace_id) as session:
        account = await session.scalar(select(Account).where(Account.id == account_id, Account.status == "active"))
    if account is None:
        return
    try:
        await tokens.fresh(desk, account, early=max(HORIZON, get_connector(account.platform).manifest.oauth.renew_before))
    except OcmaError as error:
        log.warning("token.refresh", account=str(account_id), platform=account.platform, error=error.rule)
