"""How old an answer about numbers may be, and who says that it is good no more."""

from collections.abc import Iterable
from uuid import UUID

from ocma.features.accounts.models import Account
from ocma.infra.cache import Cache

TTL = 60.0  # seconds; whatever tells of itself below is seen at once
CUSTOM = "customMetrics"


def tag(platform: str | None = None, account_id: UUID | None = None) -> str:
    """Of answers about one account, about one platform, or about all there is."""
    return f"metrics:{account_id or platform or 'all'}"


async def forget_account(cache: Cache, workspace_id: UUID, account_id: UUID, platform: str) -> None:
    """Call it after the commit of what was written about this account."""
    await cache.invalidate(workspace_id, tag(), tag(platform), tag(None, account_id))


async def forget_accounts(cache: Cache, accounts: Iterable[Account]) -> None:
    """The same of some: they were connected, connected again, or disconnected."""
    for each in accounts:
        await forget_account(cache, each.workspace_id, each.id, each.platform)


async def forget_custom(cache: Cache, workspace_id: UUID) -> None:
    """After a custom metric was changed or removed."""
    await cache.invalidate(workspace_id, CUSTOM)
