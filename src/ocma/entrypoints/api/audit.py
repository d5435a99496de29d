"""/api/audit: who did what, and whether the trail is whole."""

from typing import Annotated

from fastapi import APIRouter

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.entrypoints.api.schemas import Cursor, Limit
from ocma.features.schema import Page
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.schemas import AuditEntry, AuditVerdict

router = APIRouter(prefix="/api/audit", tags=["audit"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("audit:read")]


@router.get("")
async def list_audit(resources: ResourcesDep, caller: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[AuditEntry]:
    """Newest first."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await audit.list_entries(session, cursor=cursor, limit=limit)


@router.get("/verify")
async def verify_audit(resources: ResourcesDep, caller: Reader) -> AuditVerdict:
    """Computes every hash anew. Keep `head` elsewhere to notice a cut-off end."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await audit.verify(session)
