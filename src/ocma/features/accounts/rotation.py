"""Every stored secret under the vault's active key, while everything runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import column, select, table, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.infra.database import Database
from ocma.infra.vault import Place, Sealed, Vault

BATCH = 200
# Every table with sealed fields, of whatever feature: what its rows are known by, and the fields.
FIELDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "account_tokens": ("account_id", ("access_token", "refresh_token", "extra")),
    "platform_apps": ("id", ("client_secret",)),
    "oauth_states": ("id", ("verifier", "kept")),
    "webhook_endpoints": ("id", ("secret", "previous_secret")),
}
_STALE = """
    SELECT * FROM list_stale_secrets($1, $2)
    UNION ALL SELECT * FROM list_stale_webhook_secrets($1, $2) LIMIT $2"""


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many rows were re-encrypted, and which could not be opened with any key at hand (they stay as they are)."""

    rows: int
    unreadable: tuple[str, ...]


async def rotate(database: Database, vault: Vault, progress: Callable[[int], None] = lambda _: None) -> Rotated:
    """Re-encrypts what another key than the active one encrypts; may be stopped and begun again."""
    done, unreadable = 0, set[tuple[str, UUID]]()
    while True:
        found = await database.system(_STALE, vault.active, BATCH + len(unreadable))
        stale = [each for each in found if (each[0], each[2]) not in unreadable]
        if not stale:
            return Rotated(done, tuple(sorted(f"{kind} {row_id}" for kind, row_id in unreadable)))
        for kind, workspace_id, row_id in stale:
            try:
                async with database.transaction(workspace_id) as session:
                    done += await _reseal(session, vault, kind, workspace_id, row_id)
            except Sealed:
                unreadable.add((kind, row_id))
        progress(done)


async def _reseal(session: AsyncSession, vault: Vault, kind: str, workspace_id: UUID, row_id: UUID) -> int:
    """The row is locked, so a refresh of the same token waits and is not undone."""
    known_by, fields = FIELDS[kind]
    rows = table(kind, column(known_by), column("key_id"), *(column(field) for field in fields))
    ours = rows.c[known_by] == row_id
    row = (await session.execute(select(rows).where(ours).with_for_update())).first()
    if row is None:
        return 0
    values = {"key_id": vault.active}
    for field in fields:
        if (value := getattr(row, field)) is not None:
            place = Place(workspace_id, row_id, field)
            values[field] = vault.encrypt(vault.decrypt(value, place), place)
    await session.execute(update(rows).where(ours).values(**values))
    return 1
