"""What a user may see of themselves."""

from uuid import UUID

from ocma.features.workspaces.models import User
from ocma.infra.database import Database


async def find_email(database: Database, user_id: UUID | None) -> str | None:
    """None for API keys, and for users whose issuer named no e-mail."""
    if user_id is None:
        return None
    async with database.transaction(None, user_id) as session:
        user = await session.get(User, user_id)
    return user.email or None if user else None
