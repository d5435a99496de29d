"""Workspaces: made, shown, changed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.errors import NotFound
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.identity import Identity, Membership
from ocma.features.workspaces.models import Member, Workspace
from ocma.features.workspaces.schemas import MembershipView
from ocma.infra.database import Database


async def create_workspace(
    session: AsyncSession,
    caller: Caller,
    name: str,
    clock: Clock,
    *,
    timezone: str = "UTC",
    on_unknown: str = "settle",
) -> Workspace:
    """In a transaction of the new workspace itself (`caller.workspace_id`); a calling user becomes its owner."""
    now = clock()
    workspace = Workspace(
        id=caller.workspace_id, name=name, timezone=timezone, on_unknown=on_unknown, created_at=now, updated_at=now
    )
    session.add(workspace)
    await session.flush()  # before what refers to it
    if caller.user_id is not None:
        session.add(Member(workspace_id=workspace.id, user_id=caller.user_id, role="owner", created_at=now))
    await session.flush()
    await audit.record(session, caller, "workspace.created", str(workspace.id), {"name": name})
    return workspace


async def get_workspace(session: AsyncSession, workspace_id: UUID) -> Workspace:
    workspace = await session.get(Workspace, workspace_id)
    if workspace is None:
        raise NotFound("There is no such workspace, or it is not yours.")
    return workspace


async def update_workspace(
    session: AsyncSession, caller: Caller, workspace_id: UUID, changes: Mapping[str, Any], clock: Clock
) -> Workspace:
    """`changes`: fields of WorkspaceChange, checked by it."""
    workspace = await get_workspace(session, workspace_id)
    if not changes:
        return workspace
    for field, value in changes.items():
        setattr(workspace, field, value)
    workspace.updated_at = clock()
    await audit.record(session, caller, "workspace.updated", str(workspace_id), changes)
    return workspace


async def pause(session: AsyncSession, caller: Caller, workspace_id: UUID, clock: Clock) -> Workspace:
    """From now on nothing of it is handed out; what a worker has already, within a second or so, still goes out."""
    workspace = await _lock(session, workspace_id)
    if workspace.paused_at is None:
        workspace.paused_at = workspace.updated_at = clock()
        await session.flush()
        await audit.record(session, caller, "workspace.paused", str(workspace_id), {})
    return workspace


async def resume(session: AsyncSession, caller: Caller, workspace_id: UUID, clock: Clock) -> Workspace:
    """The database lifts the holds: see `resume_publications` in migrations/sql/0001_initial.sql."""
    workspace = await _lock(session, workspace_id)
    if workspace.paused_at is not None:
        workspace.paused_at, workspace.updated_at = None, clock()
        await session.flush()
        await audit.record(session, caller, "workspace.resumed", str(workspace_id), {})
    return workspace


async def _lock(session: AsyncSession, workspace_id: UUID) -> Workspace:
    workspace = await session.get(Workspace, workspace_id, with_for_update={"key_share": True})
    if workspace is None:
        raise NotFound("There is no such workspace, or it is not yours.")
    return workspace


async def list_memberships(database: Database, user_id: UUID) -> Sequence[Membership]:
    """All workspaces of a user, the oldest membership first."""
    rows = await database.system("SELECT * FROM list_memberships($1)", user_id)
    return [Membership(row.workspace_id, row.name, row.role) for row in rows]


async def list_own(database: Database, identity: Identity) -> Sequence[MembershipView]:
    """A user's workspaces, or the one of an API key."""
    if identity.key is None:
        return [MembershipView.model_validate(each) for each in identity.memberships]
    async with database.transaction(identity.key.workspace_id) as session:
        own = await get_workspace(session, identity.key.workspace_id)
    return [MembershipView(workspace_id=own.id, name=own.name, role="key")]
