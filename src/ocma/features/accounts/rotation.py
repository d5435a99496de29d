"""Every stored secret under the vault's active key, while everything runs."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.accounts.models import AccountToken, OAuthState, PlatformApp
from ocma.infra.database import Database
from ocma.infra.vault import Place, Vault

BATCH = 200
Secret = AccountToken | PlatformApp | OAuthState
FIELDS: dict[str, tuple[type[Secret], tuple[str, ...]]] = {
    "account_tokens": (AccountToken, ("access_token", "refresh_token")),
    "platform_apps": (PlatformApp, ("client_secret",)),
    "oauth_states": (OAuthState, ("verifier",)),
}


async def rotate(database: Database, vault: Vault, progress: Callable[[int], None] = lambda _: None) -> int:
    """Re-encrypts what another key than the active one encrypts. Returns how many rows; may be stopped and begun again."""
    done = 0
    while stale := await database.system("SELECT * FROM list_stale_secrets(:key, :batch)", key=vault.active, batch=BATCH):
        for kind, workspace_id, row_id in stale:
            async with database.transaction(workspace_id) as session:
                done += await _reseal(session, vault, kind, row_id)
        progress(done)
    return done


async def _reseal(session: AsyncSession, vault: Vault, kind: str, row_id: UUID) -> int:
    """The row is locked, so a refresh of the same token waits and is not undone."""
    model, fields = FIELDS[kind]
    row = await session.scalar(select(model).where(_id(model) == row_id).with_for_update())
    if row is None:
        return 0
    for field in fields:
        if (value := getattr(row, field)) is not None:
            place = Place(row.workspace_id, row_id, field)
            setattr(row, field, vault.encrypt(vault.decrypt(value, place), place))
    row.key_id = vault.active
    return 1


def _id(model: type[Secret]):  # noqa: ANN202 - SQLAlchemy's attribute type differs by model
    return model.account_id if issubclass(model, AccountToken) else model.id
