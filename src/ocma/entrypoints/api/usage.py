"""/api/usage: what a workspace used, month by month."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.features.paging import decode_cursor
from ocma.features.publishing import usage
from ocma.features.publishing.usage import Usage
from ocma.features.workspaces.caller import Caller

router = APIRouter(prefix="/api/usage", tags=["workspaces"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("workspace:read")]


@router.get("")
async def show_usage(
    resources: ResourcesDep,
    caller: Reader,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=usage.MOST)] = 12,
) -> Usage:
    """By calendar month in UTC, the running one first; and how many members, accounts and files there are now."""
    before = decode_cursor(cursor, usage.Cursor)[0] if cursor else None

    async def count(session: AsyncSession) -> Usage:
        return await usage.get_usage(session, caller.workspace_id, resources.clock(), before, limit)

    return await resources.reader.read(caller.workspace_id, count)
