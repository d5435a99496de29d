"""Webhook endpoints: where events go, and the secrets that sign them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.errors import Conflict, NotFound
from ocma.features.notifications.catalogue import check_subscription
from ocma.features.notifications.destination import check_url
from ocma.features.notifications.models import WebhookDelivery, WebhookEndpoint
from ocma.features.notifications.schemas import CreatedEndpoint, EndpointView, NewEndpoint
from ocma.features.notifications.signature import new_secret
from ocma.features.paging import cut, decode_cursor
from ocma.features.schema import Page
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.ids import new_id
from ocma.infra.vault import Place, Vault

MOST = 20  # endpoints of a workspace
OVERLAP = timedelta(hours=24)  # in which the secret before is good, too


@dataclass(frozen=True, slots=True)
class Registry:
    """What endpoints are kept with, in one hand."""

    vault: Vault
    clock: Clock
    trusted_hosts: Collection[str]


async def create_endpoint(session: AsyncSession, caller: Caller, registry: Registry, wanted: NewEndpoint) -> CreatedEndpoint:
    """Raises Invalid for a destination or event type that cannot be, Conflict when there are too many."""
    check_url(wanted.url, registry.trusted_hosts)
    events = check_subscription(wanted.events)
    await _keep_few(session, caller.workspace_id)
    secret, endpoint_id = new_secret(), new_id()
    row = WebhookEndpoint(
        id=endpoint_id,
        workspace_id=caller.workspace_id,
        url=wanted.url,
        description=wanted.description,
        events=events,
        secret=registry.vault.encrypt(secret, Place(caller.workspace_id, endpoint_id, "secret")),
        key_id=registry.vault.active,
        created_by=caller.name,
        created_at=func.now(),  # the clock that events are dated by
        updated_at=func.now(),
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    await audit.record(session, caller, "webhook.created", str(row.id), {"events": events})
    return CreatedEndpoint(**EndpointView.model_validate(row).model_dump(), secret=secret)


async def _keep_few(session: AsyncSession, workspace_id: UUID) -> None:
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended('webhooks:' || :workspace, 0))")
    await session.execute(lock, {"workspace": str(workspace_id)})
    if ((await session.scalar(select(func.count()).select_from(WebhookEndpoint))) or 0) >= MOST:
        raise Conflict(
            f"A workspace has at most {MOST} webhook endpoints.",
            code="tooManyEndpoints",
            remediation="Delete one you do not need.",
        )


async def list_endpoints(session: AsyncSession, *, cursor: str | None = None, limit: int = 50) -> Page[EndpointView]:
    """Newest first."""
    query = select(WebhookEndpoint).order_by(WebhookEndpoint.id.desc()).limit(limit + 1)
    if cursor:
        query = query.where(WebhookEndpoint.id < decode_cursor(cursor, UUID)[0])
    rows, following = cut((await session.scalars(query)).all(), limit, lambda row: (row.id,))
    return Page(data=[EndpointView.model_validate(row) for row in rows], next_cursor=following)


async def get_endpoint(session: AsyncSession, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
    row = await session.get(WebhookEndpoint, endpoint_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("There is no such webhook endpoint in this workspace.")
    return row


async def change_endpoint(
    session: AsyncSession, caller: Caller, registry: Registry, endpoint_id: UUID, changes: Mapping[str, Any]
) -> WebhookEndpoint:
    """`changes`: url, events, description, enabled. Disabling ends what is pending; enabling forgives."""
    row = await get_endpoint(session, endpoint_id, lock=True)
    if "url" in changes:
        check_url(changes["url"], registry.trusted_hosts)
    if "events" in changes:
        changes = {**changes, "events": check_subscription(changes["events"])}
    if changes.get("enabled") and not row.enabled:
        row.disabled_reason, row.failing_since = None, None
    for field, value in changes.items():
        setattr(row, field, value)
    row.updated_at = registry.clock()
    await session.flush()
    if changes.get("enabled") is False:
        await end_pending(session, row.id)
    if changes:
        await audit.record(session, caller, "webhook.updated", str(row.id), {"changed": sorted(changes)})
    return row


async def give_up(session: AsyncSession, endpoint_id: UUID, reason: str) -> None:
    """The database tells of it (webhook.disabled), and so a notification does."""
    query = update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.enabled)
    await session.execute(query.values(enabled=False, disabled_reason=reason, updated_at=func.now()))
    await end_pending(session, endpoint_id)


async def end_pending(session: AsyncSession, endpoint_id: UUID) -> None:
    """They stay in the log, and can be replayed. What is at work just now ends by itself."""
    pending = (
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.status == "pending",
        WebhookDelivery.lease_until.is_(None),
    )
    query = update(WebhookDelivery).where(*pending).values(status="failed", due_at=None, error="endpointDisabled")
    await session.execute(query)


async def delete_endpoint(session: AsyncSession, caller: Caller, endpoint_id: UUID) -> None:
    """With its log."""
    await session.delete(await get_endpoint(session, endpoint_id, lock=True))
    await session.flush()
    await audit.record(session, caller, "webhook.deleted", str(endpoint_id), {})


async def rotate_secret(session: AsyncSession, caller: Caller, registry: Registry, endpoint_id: UUID) -> tuple[str, datetime]:
    """The new secret, and until when the one before signs, too."""
    row, vault = await get_endpoint(session, endpoint_id, lock=True), registry.vault
    before, secret = vault.decrypt(row.secret, _place(row, "secret")), new_secret()
    until = registry.clock() + OVERLAP
    row.previous_secret, row.previous_until = vault.encrypt(before, _place(row, "previous_secret")), until
    row.secret, row.key_id = vault.encrypt(secret, _place(row, "secret")), vault.active
    row.updated_at = registry.clock()
    await session.flush()
    await audit.record(session, caller, "webhook.secretRotated", str(endpoint_id), {})
    return secret, until


def valid_secrets(vault: Vault, row: WebhookEndpoint, now: datetime) -> list[str]:
    """The newest first. Raises Sealed."""
    secrets = [vault.decrypt(row.secret, _place(row, "secret"))]
    if row.previous_secret and row.previous_until and now < row.previous_until:
        secrets.append(vault.decrypt(row.previous_secret, _place(row, "previous_secret")))
    return secrets


def _place(row: WebhookEndpoint, field: str) -> Place:
    return Place(row.workspace_id, row.id, field)
