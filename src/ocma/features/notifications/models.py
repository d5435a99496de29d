"""Notifications, who has read them, webhook endpoints, and what is delivered there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, FetchedValue, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocma.ids import new_id
from ocma.infra.database import Model

Instant = DateTime(timezone=True)


class Notification(Model):
    """Something a person has to know; `data` is the event's."""

    __tablename__ = "notifications"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    kind: Mapped[str]
    post_id: Mapped[UUID | None]
    publication_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    at: Mapped[datetime] = mapped_column(Instant)


class NotificationRead(Model):
    """`reader` is the caller's name."""

    __tablename__ = "notification_reads"

    notification_id: Mapped[UUID] = mapped_column(primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    read_at: Mapped[datetime] = mapped_column(Instant)


class WebhookEndpoint(Model):
    """`failing_since`: no delivery succeeded since; `previous_secret` signs beside `secret` until `previous_until`."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    url: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None]
    failing_since: Mapped[datetime | None] = mapped_column(Instant)
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_until: Mapped[datetime | None] = mapped_column(Instant)
    key_id: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class WebhookDelivery(Model):
    """One event for one endpoint. The columns are explained at the table: migrations/sql/0002_notifications.sql."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    endpoint_id: Mapped[UUID]
    message_id: Mapped[str]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(Instant, server_default=FetchedValue())
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    attempted_at: Mapped[datetime | None] = mapped_column(Instant)
    duration_ms: Mapped[int | None]
    response_status: Mapped[int | None]
    response_body: Mapped[str | None]
    error: Mapped[str | None]
    replay_of: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
