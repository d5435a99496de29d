"""The log of an endpoint: what was sent there, what came back; sent again when a person says so."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Conflict, NotFound
from ocma.features.notifications.catalogue import TESTED
from ocma.features.notifications.endpoints import get_endpoint
from ocma.features.notifications.models import WebhookDelivery, WebhookEndpoint
from ocma.features.notifications.schemas import DeliveryStatus, DeliveryView
from ocma.features.paging import cut, decode_cursor
from ocma.features.schema import Page
from ocma.features.workspaces.caller import Caller
from ocma.ids import new_id


async def list_deliveries(
    session: AsyncSession, endpoint_id: UUID, *, status: DeliveryStatus | None = None, cursor: str | None = None, limit: int = 50
) -> Page[DeliveryView]:
    """Newest first."""
    await get_endpoint(session, endpoint_id)
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if status:
        query = query.where(WebhookDelivery.status == status)
    if cursor:
        query = query.where(WebhookDelivery.id < decode_cursor(cursor, UUID)[0])
    found = (await session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit + 1))).all()
    rows, following = cut(found, limit, lambda row: (row.id,))
    return Page(data=[DeliveryView.model_validate(row) for row in rows], next_cursor=following)


async def get_delivery(session: AsyncSession, endpoint_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    row = await session.get(WebhookDelivery, delivery_id)
    if row is None or row.endpoint_id != endpoint_id:
        raise NotFound("There is no such delivery to this endpoint.")
    return row


async def replay(session: AsyncSession, endpoint_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Sends the same message again, under the same `webhook-id`. Raises Conflict while it is pending by itself."""
    endpoint = await _get_enabled(session, endpoint_id)
    before = await get_delivery(session, endpoint_id, delivery_id)
    if before.status == "pending":
        raise Conflict("This delivery is still being tried.", code="stillPending")
    return await _add(session, endpoint, before.message_id, before.kind, before.payload, before.id)


async def send_test(session: AsyncSession, caller: Caller, endpoint_id: UUID, now: datetime) -> WebhookDelivery:
    """A `webhook.tested` for this endpoint alone, whatever it subscribes to; it is tried once."""
    endpoint, message_id = await _get_enabled(session, endpoint_id), f"msg_{new_id().hex}"
    payload = {
        "id": message_id,
        "type": TESTED,
        "timestamp": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "workspaceId": str(caller.workspace_id),
        "data": {"endpointId": str(endpoint_id)},
    }
    return await _add(session, endpoint, message_id, TESTED, payload)


async def _get_enabled(session: AsyncSession, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = await get_endpoint(session, endpoint_id)
    if not endpoint.enabled:
        raise Conflict("This endpoint is disabled.", code="endpointDisabled", remediation="Enable it first.")
    return endpoint


async def _add(
    session: AsyncSession,
    endpoint: WebhookEndpoint,
    message_id: str,
    kind: str,
    payload: dict[str, Any],
    replay_of: UUID | None = None,
) -> WebhookDelivery:
    row = WebhookDelivery(
        workspace_id=endpoint.workspace_id,
        endpoint_id=endpoint.id,
        message_id=message_id,
        kind=kind,
        payload=payload,
        replay_of=replay_of,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row
