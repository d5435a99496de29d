"""/api/workspaces: yours, a new one, one of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from ocma.entrypoints.api.dependencies import IdentityDep, ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.features.schema import Page
from ocma.features.workspaces import workspaces
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.schemas import MembershipView, NewWorkspace, WorkspaceChange, WorkspaceView
from ocma.features.workspaces.scopes import ALL
from ocma.ids import new_id

router = APIRouter(prefix="/api/workspaces", tags=["workspaces"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("workspace:read")]
Writer = Annotated[Caller, needs("workspace:write")]
Publisher = Annotated[Caller, needs("posts:write")]  # who could as well cancel every post


@router.get("")
async def list_workspaces(resources: ResourcesDep, identity: IdentityDep) -> Page[MembershipView]:
    """All you are a member of, the oldest membership first; for an API key the one it belongs to."""
    return Page(data=list(await workspaces.list_own(resources.database, identity)))


@router.post("", status_code=201)
async def create_workspace(resources: ResourcesDep, identity: IdentityDep, body: NewWorkspace) -> WorkspaceView:
    """You become its owner."""
    user_id = identity.get_user_id()
    caller = Caller(new_id(), identity.name, user_id, "owner", ALL)
    async with resources.database.transaction(caller.workspace_id, user_id) as session:
        made = await workspaces.create_workspace(
            session, caller, body.name, resources.clock, timezone=body.timezone, on_unknown=body.on_unknown
        )
        return WorkspaceView.model_validate(made)


@router.get("/{workspace_id}")
async def show_workspace(resources: ResourcesDep, caller: Reader, workspace_id: UUID) -> WorkspaceView:
    async with resources.database.transaction(caller.workspace_id) as session:
        return WorkspaceView.model_validate(await workspaces.get_workspace(session, workspace_id))


@router.patch("/{workspace_id}")
async def update_workspace(resources: ResourcesDep, caller: Writer, workspace_id: UUID, body: WorkspaceChange) -> WorkspaceView:
    """What is left out stays as it is."""
    changes = body.model_dump(exclude_unset=True)
    async with resources.database.transaction(caller.workspace_id) as session:
        changed = await workspaces.update_workspace(session, caller, workspace_id, changes, resources.clock)
        return WorkspaceView.model_validate(changed)


@router.post("/{workspace_id}/pause")
async def pause_workspace(resources: ResourcesDep, caller: Publisher, workspace_id: UUID) -> WorkspaceView:
    """Nothing goes out until it is resumed. What is due waits; what a worker has begun it finishes."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return WorkspaceView.model_validate(await workspaces.pause(session, caller, workspace_id, resources.clock))


@router.post("/{workspace_id}/resume")
async def resume_workspace(resources: ResourcesDep, caller: Publisher, workspace_id: UUID) -> WorkspaceView:
    """What waited goes out at once, unless it is more than `resumeGraceHours` late: that waits for a person."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return WorkspaceView.model_validate(await workspaces.resume(session, caller, workspace_id, resources.clock))
