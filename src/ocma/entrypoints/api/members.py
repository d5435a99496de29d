"""/api/workspaces/{id}/members: who works there."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from ocma.entrypoints.api.dependencies import CallerDep, ResourcesDep, in_workspace, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.entrypoints.api.schemas import Cursor, Limit
from ocma.features.schema import Page
from ocma.features.workspaces import members
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.schemas import MemberView, NewMember, RoleChange

router = APIRouter(
    prefix="/api/workspaces/{workspace_id}/members",
    tags=["members"],
    route_class=IdempotentRoute,
    dependencies=[Depends(in_workspace)],
)

Reader = Annotated[Caller, needs("members:read")]
Writer = Annotated[Caller, needs("members:write")]


@router.get("")
async def list_members(resources: ResourcesDep, caller: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[MemberView]:
    """In the order in which they registered."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await members.list_members(session, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def add_member(resources: ResourcesDep, caller: Writer, body: NewMember) -> MemberView:
    """Somebody who has an account here, by e-mail or id."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await members.add_member(session, caller, body.role, resources.clock, email=body.email, user_id=body.user_id)


@router.get("/{user_id}")
async def show_member(resources: ResourcesDep, caller: Reader, user_id: UUID) -> MemberView:
    async with resources.database.transaction(caller.workspace_id) as session:
        return await members.get_member(session, caller, user_id)


@router.patch("/{user_id}")
async def change_role(resources: ResourcesDep, caller: Writer, user_id: UUID, body: RoleChange) -> MemberView:
    """API keys they made that reach beyond the new role are revoked."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await members.change_role(session, caller, user_id, body.role, resources.clock)


@router.delete("/{user_id}", status_code=204)
async def remove_member(resources: ResourcesDep, caller: CallerDep, user_id: UUID) -> None:
    """Everybody may leave; to remove others takes `members:write`. API keys they made are revoked."""
    if caller.user_id != user_id:
        caller.require("members:write")
    async with resources.database.transaction(caller.workspace_id) as session:
        await members.remove_member(session, caller, user_id, resources.clock)
