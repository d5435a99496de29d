"""API keys: made, listed, revoked. They belong to the workspace."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.errors import Forbidden, Invalid, Issue, NotFound
from ocma.features.paging import cut, decode_cursor
from ocma.features.schema import Page
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.credentials import API_KEY, SHOWN, digest, new_token
from ocma.features.workspaces.models import ApiKey
from ocma.features.workspaces.schemas import ApiKeyView, CreatedKey
from ocma.features.workspaces.scopes import check_scopes
from ocma.ids import new_id
from ocma.infra.database import Database

USED_RESOLUTION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FoundKey:
    id: UUID
    workspace_id: UUID
    scopes: frozenset[str]
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


async def create_key(
    session: AsyncSession,
    caller: Caller,
    name: str,
    clock: Clock,
    *,
    scopes: Collection[str] | None = None,
    expires_at: datetime | None = None,
) -> CreatedKey:
    """Nobody gives a key more than they have themselves; `scopes` None gives all of it."""
    granted = _granted(caller, scopes)
    _check_expiry(expires_at, clock)
    token = new_token(API_KEY)
    row = ApiKey(
        id=new_id(),
        workspace_id=caller.workspace_id,
        name=name,
        prefix=token[:SHOWN],
        hash=digest(token),
        scopes=sorted(granted),
        created_by=caller.name,
        created_at=clock(),
        expires_at=expires_at,
    )
    session.add(row)
    await session.flush()
    await audit.record(session, caller, "key.created", str(row.id), {"name": name, "scopes": row.scopes})
    return CreatedKey(**ApiKeyView.model_validate(row).model_dump(), key=token)


def _granted(caller: Caller, scopes: Collection[str] | None) -> frozenset[str]:
    if scopes is None:
        return caller.scopes
    wanted = frozenset(scopes)
    check_scopes(wanted)
    if beyond := sorted(wanted - caller.scopes):
        raise Forbidden(
            f"A key cannot have scopes that its maker lacks: {', '.join(beyond)}.",
            code="scopeMissing",
            remediation="Leave them out, or ask an owner of the workspace to make this key.",
        )
    return wanted


def _check_expiry(expires_at: datetime | None, clock: Clock) -> None:
    if expires_at is not None and expires_at <= clock():
        message = "This time is in the past."
        raise Invalid(message, issues=[Issue("expiresAt", "past", message, "Give a later time, or none.")])


async def list_keys(session: AsyncSession, *, cursor: str | None = None, limit: int = 50) -> Page[ApiKeyView]:
    """Newest first; revoked ones too, as a record."""
    query = select(ApiKey).order_by(ApiKey.id.desc()).limit(limit + 1)
    if cursor:
        query = query.where(ApiKey.id < decode_cursor(cursor, UUID)[0])
    rows, following = cut((await session.scalars(query)).all(), limit, lambda row: (row.id,))
    return Page(data=[ApiKeyView.model_validate(row) for row in rows], next_cursor=following)


async def get_key(session: AsyncSession, key_id: UUID) -> ApiKey:
    row = await session.get(ApiKey, key_id)
    if row is None:
        raise NotFound("There is no such API key in this workspace.")
    return row


async def revoke_key(session: AsyncSession, caller: Caller, key_id: UUID, clock: Clock) -> None:
    """For good. A second time changes nothing."""
    row = await get_key(session, key_id)
    if row.revoked_at is None:
        row.revoked_at = clock()
        await audit.record(session, caller, "key.revoked", str(key_id), {"name": row.name})


_REVOKE_MADE_BY = text("""
    WITH RECURSIVE made (id) AS (
        SELECT id FROM api_keys WHERE created_by = :maker
        UNION
        SELECT k.id FROM api_keys k JOIN made m ON k.created_by = 'key:' || m.id::text
    )
    UPDATE api_keys SET revoked_at = :now
    WHERE id IN (SELECT id FROM made) AND revoked_at IS NULL AND NOT scopes <@ CAST(:kept AS text[])
    RETURNING id""")


async def revoke_keys_made_by(session: AsyncSession, user_id: UUID, kept: Collection[str], clock: Clock) -> list[str]:
    """Those that somebody made, or that keys of theirs made, and that reach beyond the scopes `kept`. Returns their ids."""
    values = {"maker": f"user:{user_id}", "now": clock(), "kept": list(kept)}
    return [str(key_id) for key_id in await session.scalars(_REVOKE_MADE_BY, values)]


async def find_key(database: Database, token: str) -> FoundKey | None:
    """By the key itself, in whatever workspace; one query."""
    rows = await database.system("SELECT * FROM find_api_key($1)", digest(token))
    if not rows:
        return None
    row = rows[0]
    return FoundKey(row.id, row.workspace_id, frozenset(row.scopes), row.expires_at, row.revoked_at)


async def mark_used(database: Database, key: FoundKey, clock: Clock) -> None:
    """At most one write a minute, however many processes see the key."""
    now = clock()
    stale = (ApiKey.last_used_at.is_(None)) | (ApiKey.last_used_at < now - USED_RESOLUTION)
    async with database.transaction(key.workspace_id) as session:
        await session.execute(update(ApiKey).where(ApiKey.id == key.id, stale).values(last_used_at=now))
