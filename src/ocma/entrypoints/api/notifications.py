"""/api/notifications: what you have to know."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.entrypoints.api.schemas import Cursor, Limit
from ocma.features.notifications import inbox
from ocma.features.notifications.schemas import Inbox, MarkedRead, NotificationView
from ocma.features.workspaces.caller import Caller

router = APIRouter(prefix="/api/notifications", tags=["notifications"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("posts:read")]


@router.get("")
async def list_notifications(
    resources: ResourcesDep,
    caller: Reader,
    unread: Annotated[bool, Query(description="Only those you have not read.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Inbox:
    """Newest first. Each member, and each API key, has read what they have read; what is older than they are counts as read."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await inbox.list_notifications(session, caller, unread=unread, cursor=cursor, limit=limit)


@router.post("/read")
async def read_all_notifications(resources: ResourcesDep, caller: Reader) -> MarkedRead:
    """Marks everything there is as read by you."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return MarkedRead(marked=await inbox.mark_all_read(session, caller))


@router.post("/{notification_id}/read")
async def read_notification(resources: ResourcesDep, caller: Reader, notification_id: UUID) -> NotificationView:
    """Marks one as read by you."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await inbox.mark_read(session, caller, notification_id)
