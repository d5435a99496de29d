"""/api/webhook-endpoints: events, sent to servers of yours."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from ocma.bootstrap import Resources
from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.entrypoints.api.schemas import Cursor, Limit
from ocma.features.notifications import deliveries, endpoints
from ocma.features.notifications.catalogue import EVENTS
from ocma.features.notifications.endpoints import Registry
from ocma.features.notifications.schemas import (
    CreatedEndpoint,
    DeliveryDetails,
    DeliveryStatus,
    DeliveryView,
    EndpointChange,
    EndpointView,
    EventTypeView,
    NewEndpoint,
    RotatedSecret,
)
from ocma.features.schema import Page
from ocma.features.workspaces.caller import Caller

router = APIRouter(prefix="/api/webhook-endpoints", tags=["webhooks"], route_class=IdempotentRoute)
types_router = APIRouter(prefix="/api/webhook-event-types", tags=["webhooks"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("webhooks:read")]
Writer = Annotated[Caller, needs("webhooks:write")]


def _registry(resources: Resources) -> Registry:
    return Registry(resources.vault, resources.clock, resources.settings.trusted_hosts)


@types_router.get("")
async def list_event_types(_: Reader) -> Page[EventTypeView]:
    """Everything an endpoint can subscribe to, by name, by family (`publication.*`), or as `*`."""
    return Page(data=[EventTypeView.model_validate(each) for each in EVENTS.values()])


@router.post("", status_code=201)
async def create_endpoint(resources: ResourcesDep, caller: Writer, body: NewEndpoint) -> CreatedEndpoint:
    """The secret is shown in this answer and never again. Events from now on are sent."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await endpoints.create_endpoint(session, caller, _registry(resources), body)


@router.get("")
async def list_endpoints(resources: ResourcesDep, caller: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[EndpointView]:
    """Newest first."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await endpoints.list_endpoints(session, cursor=cursor, limit=limit)


@router.get("/{endpoint_id}")
async def show_endpoint(resources: ResourcesDep, caller: Reader, endpoint_id: UUID) -> EndpointView:
    async with resources.database.transaction(caller.workspace_id) as session:
        return EndpointView.model_validate(await endpoints.get_endpoint(session, endpoint_id))


@router.patch("/{endpoint_id}")
async def change_endpoint(resources: ResourcesDep, caller: Writer, endpoint_id: UUID, body: EndpointChange) -> EndpointView:
    """While it is disabled nothing is sent or kept for it; what was pending has failed and can be replayed."""
    changes = body.model_dump(exclude_unset=True)
    async with resources.database.transaction(caller.workspace_id) as session:
        row = await endpoints.change_endpoint(session, caller, _registry(resources), endpoint_id, changes)
        return EndpointView.model_validate(row)


@router.delete("/{endpoint_id}", status_code=204)
async def delete_endpoint(resources: ResourcesDep, caller: Writer, endpoint_id: UUID) -> None:
    """With its log of deliveries."""
    async with resources.database.transaction(caller.workspace_id) as session:
        await endpoints.delete_endpoint(session, caller, endpoint_id)


@router.post("/{endpoint_id}/rotate-secret")
async def rotate_secret(resources: ResourcesDep, caller: Writer, endpoint_id: UUID) -> RotatedSecret:
    """A new secret, shown this once. For 24 hours messages carry signatures of both."""
    async with resources.database.transaction(caller.workspace_id) as session:
        secret, until = await endpoints.rotate_secret(session, caller, _registry(resources), endpoint_id)
    return RotatedSecret(secret=secret, previous_until=until)


@router.post("/{endpoint_id}/test", status_code=202)
async def test_endpoint(resources: ResourcesDep, caller: Writer, endpoint_id: UUID) -> DeliveryView:
    """Sends a `webhook.tested`, once, within a second or two; the delivery says how it went."""
    async with resources.database.transaction(caller.workspace_id) as session:
        row = await deliveries.send_test(session, caller, endpoint_id, resources.clock())
        return DeliveryView.model_validate(row)


@router.get("/{endpoint_id}/deliveries")
async def list_deliveries(
    resources: ResourcesDep,
    caller: Reader,
    endpoint_id: UUID,
    status: DeliveryStatus | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[DeliveryView]:
    """Newest first."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return await deliveries.list_deliveries(session, endpoint_id, status=status, cursor=cursor, limit=limit)


@router.get("/{endpoint_id}/deliveries/{delivery_id}")
async def show_delivery(resources: ResourcesDep, caller: Reader, endpoint_id: UUID, delivery_id: UUID) -> DeliveryDetails:
    """With the body that was sent."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return DeliveryDetails.model_validate(await deliveries.get_delivery(session, endpoint_id, delivery_id))


@router.post("/{endpoint_id}/deliveries/{delivery_id}/replay", status_code=202)
async def replay_delivery(resources: ResourcesDep, caller: Writer, endpoint_id: UUID, delivery_id: UUID) -> DeliveryView:
    """The same message again, under the same `webhook-id`, as a delivery of its own."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return DeliveryView.model_validate(await deliveries.replay(session, endpoint_id, delivery_id))
