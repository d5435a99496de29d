"""Every stored secret under the vault's active key, while everything runs."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.accounts.models import AccountToken, OAuthState, PlatformApp
from ocma.infra.database import Database
from ocma.infra.vault import Place, Sealed, Vault

BATCH = 200
Secret = AccountToken | PlatformApp | OAuthState
FIELDS: dict[str, tuple[type[Secret], tuple[str, ...]]] = {
    "account_tokens": (AccountToken, ("access_token", "refresh_token")),
    "platform_apps": (PlatformApp, ("client_secret",)),
    "oauth_states": (OAuthState, ("verifier",)),
}


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many rows were re-encrypted, and which could not be opened with any key at hand (they stay as they are)."""

    rows: int
    unreadable: tuple[str, ...]


async def rotate(database: Database, vault: Vault, progress: Callable[[int], None] = lambda _: None) -> Rotated:
    """Re-encrypts what another key than the active one encrypts; may be stopped and begun again."""
    done, unreadable = 0, set[tuple[str, UUID]]()
    query = "SELECT * FROM list_stale_secrets(:key, :batch)"
    while True:
        found = await database.system(query, key=vault.active, batch=BATCH + len(unreadable))
        stale = [each for each in found if (each[0], each[2]) not in unreadable]
        if not stale:
            return Rotated(done, tuple(sorted(f"{kind} {row_id}" for kind, row_id in unreadable)))
        for kind, workspace_id, row_id in stale:
            try:
                async with database.transaction(workspace_id) as session:
                    done += await _reseal(session, vault, kind, row_id)
            except Sealed:
                unreadable.add((kind, row_id))
        progress(done)


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
