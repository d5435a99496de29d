"""Whose history counts for a draft."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Invalid, Issue
from ocma.features.accounts.accounts import get_account, list_accounts
from ocma.features.assistant.learned import Subject
from ocma.features.workspaces.models import Workspace
from ocma.platforms.registry import get_connector


async def find_subject(session: AsyncSession, workspace_id: UUID, platform: str, account_id: UUID | None) -> Subject | None:
    """The named account, else the only one of that platform. Raises NotFound; Invalid for one of another platform."""
    zone = await session.scalar(select(Workspace.timezone).where(Workspace.id == workspace_id)) or "UTC"
    if account_id is not None:
        account = await get_account(session, account_id)
        if account.platform != platform:
            raise _elsewhere(account.platform, platform)
        return Subject(account.id, platform, zone)
    found = await list_accounts(session, platform=platform, limit=2)
    return Subject(found[0].id, platform, zone) if len(found) == 1 else None


def _elsewhere(platform: str, wanted: str) -> Invalid:
    name, other = get_connector(platform).manifest.name, get_connector(wanted).manifest.name
    message = f"That account is on {name}, and the draft is for {other}."
    remediation = "Name an account of that platform, or leave `accountId` out."
    return Invalid(message, code="otherPlatform", issues=[Issue("accountId", "otherPlatform", message, remediation)])
