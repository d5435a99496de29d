"""/api/keys: API keys of the workspace."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.entrypoints.api.schemas import Cursor, Limit
from ocma.features.schema import Page
from ocma.features.workspaces import keys
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.schemas import ApiKeyView, CreatedKey, NewKey

router = APIRouter(prefix="/api/keys", tags=["keys"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("keys:read")]
Writer = Annotated[Caller, needs("keys:write")]


@router.post("", status_code=201)
async def create_key(resources: ResourcesDep, caller: Writer, body: NewKey) -> CreatedKey:
    """The key is shown in this answer and never again."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await keys.create_key(session, caller, body.name, resources.clock, scopes=body.scopes, expires_at=body.expires_at)


@router.get("")
async def list_keys(resources: ResourcesDep, caller: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[ApiKeyView]:
    """Newest first, revoked ones included."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await keys.list_keys(session, cursor=cursor, limit=limit)


@router.get("/{key_id}")
async def show_key(resources: ResourcesDep, caller: Reader, key_id: UUID) -> ApiKeyView:
    async with resources.database.transaction(caller.workspace_id) as session:
        return ApiKeyView.model_validate(await keys.get_key(session, key_id))


@router.delete("/{key_id}", status_code=204)
async def revoke_key(resources: ResourcesDep, caller: Writer, key_id: UUID) -> None:
    """For good; it stops working within five seconds."""
    async with resources.database.transaction(caller.workspace_id) as session:
        await keys.revoke_key(session, caller, key_id, resources.clock)
