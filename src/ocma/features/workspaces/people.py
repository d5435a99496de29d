"""Users whom a JWT brings: known by issuer and subject, made on first sight."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from ocma.clock import Clock
from ocma.features.workspaces.issuer import Claims
from ocma.features.workspaces.login import add_with_workspace
from ocma.features.workspaces.models import User
from ocma.ids import new_id
from ocma.infra.database import Database


async def get_or_add(database: Database, claims: Claims, clock: Clock) -> UUID:
    """With a workspace of their own when new. Two first requests at once make one user."""
    if known := await _find(database, claims):
        return known
    user = User(
        id=new_id(), email=claims.email, name=claims.name, issuer=claims.issuer, subject=claims.subject, created_at=clock()
    )
    try:
        await add_with_workspace(database, user, "My workspace", clock)
    except IntegrityError:
        if known := await _find(database, claims):
            return known
        raise
    return user.id


async def _find(database: Database, claims: Claims) -> UUID | None:
    query = "SELECT find_subject($1, $2)"
    rows = await database.system(query, claims.issuer, claims.subject)
    return rows[0][0] if rows else None
