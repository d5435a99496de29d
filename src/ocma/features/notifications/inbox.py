"""What the members of a workspace have to know, and what each of them has read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, column, exists, func, literal, or_, select, table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import NotFound
from ocma.features.notifications.models import Notification, NotificationRead
from ocma.features.notifications.schemas import Inbox, NotificationView
from ocma.features.notifications.wording import words
from ocma.features.paging import cut, decode_cursor
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.models import ApiKey, Member

_ACCOUNTS = table("accounts", column("id"), column("handle"))


async def list_notifications(
    session: AsyncSession, caller: Caller, *, unread: bool = False, cursor: str | None = None, limit: int = 50
) -> Inbox:
    """Newest first."""
    since = await _since(session, caller)
    query = _shown(caller, since).order_by(Notification.id.desc()).limit(limit + 1)
    if unread:
        query = query.where(~_is_read(caller, since))
    if cursor:
        query = query.where(Notification.id < decode_cursor(cursor, UUID)[0])
    rows, following = cut((await session.execute(query)).all(), limit, lambda row: (row[0].id,))
    count = select(func.count()).select_from(Notification).where(~_is_read(caller, since))
    return Inbox(data=[_view(*row) for row in rows], next_cursor=following, unread=(await session.scalar(count)) or 0)


async def mark_read(session: AsyncSession, caller: Caller, notification_id: UUID) -> NotificationView:
    """A second time changes nothing."""
    since = await _since(session, caller)
    query = _shown(caller, since).where(Notification.id == notification_id)
    if (await session.execute(query)).first() is None:
        raise NotFound("There is no such notification in this workspace.")
    await _mark(session, caller, Notification.id == notification_id)
    return _view(*(await session.execute(query)).one())


async def mark_all_read(session: AsyncSession, caller: Caller) -> int:
    """What there is now. Returns how many were unread."""
    return await _mark(session, caller, ~_is_read(caller, await _since(session, caller)))


async def _mark(session: AsyncSession, caller: Caller, which: ColumnElement[bool]) -> int:
    columns = ("workspace_id", "notification_id", "reader")
    read = select(Notification.workspace_id, Notification.id, literal(caller.name)).where(which)
    query = insert(NotificationRead).from_select(columns, read).on_conflict_do_nothing()
    return len((await session.execute(query.returning(NotificationRead.notification_id))).all())


async def _since(session: AsyncSession, caller: Caller) -> datetime | None:
    """What happened before somebody came is not news to them."""
    if caller.user_id is not None:
        return await session.scalar(select(Member.created_at).where(Member.user_id == caller.user_id))
    if caller.role == "key":
        return await session.scalar(select(ApiKey.created_at).where(ApiKey.id == UUID(caller.name.removeprefix("key:"))))
    return None


def _is_read(caller: Caller, since: datetime | None) -> ColumnElement[bool]:
    mine = (NotificationRead.notification_id == Notification.id, NotificationRead.reader == caller.name)
    read = exists().where(*mine)
    return read if since is None else or_(read, Notification.at < since)


def _shown(caller: Caller, since: datetime | None) -> Any:
    account = select(_ACCOUNTS.c.handle).where(_ACCOUNTS.c.id == Notification.account_id).scalar_subquery()
    return select(Notification, account, _is_read(caller, since))


def _view(row: Notification, handle: str | None, read: bool) -> NotificationView:
    severity, title, detail, remediation = words(row, handle)
    return NotificationView(
        id=row.id,
        type=row.kind,
        severity=severity,
        title=title,
        detail=detail,
        remediation=remediation,
        platform=row.data.get("platform"),
        account_id=row.account_id,
        account_handle=handle,
        job_id=row.post_id,
        publication_id=row.publication_id,
        endpoint_id=row.data.get("endpointId"),
        at=row.at,
        read=read,
    )
