"""The tables of tenants (made by migrations/sql/0001_initial.sql)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import FetchedValue

from ocma.infra.database import SCHEMA, Model

INSTANT = DateTime(timezone=True)


class Workspace(Model):
    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    on_unknown: Mapped[str] = mapped_column(server_default="settle")
    paused_at: Mapped[datetime | None] = mapped_column(INSTANT)
    resume_grace_hours: Mapped[int] = mapped_column(server_default="24")
    metrics_budget_usd: Mapped[dict[str, float]] = mapped_column(JSONB, default=dict)
    ai_budget_usd: Mapped[float | None]
    ai_budget_tokens: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(INSTANT, server_default=FetchedValue())


class User(Model):
    """`password_hash` for those who registered here, `issuer` and `subject` for those a JWT brought."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str | None]
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=FetchedValue())


class Member(Model):
    __tablename__ = "members"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id"), primary_key=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=FetchedValue())


class ApiKey(Model):
    """`prefix` is what people recognise a key by; the key itself is only here as SHA-256."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id"))
    name: Mapped[str]
    prefix: Mapped[str]
    hash: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=FetchedValue())
    expires_at: Mapped[datetime | None] = mapped_column(INSTANT)
    last_used_at: Mapped[datetime | None] = mapped_column(INSTANT)
    revoked_at: Mapped[datetime | None] = mapped_column(INSTANT)


class AuditEvent(Model):
    """`seq`, `previous` and `hash` are set by a trigger: each hash covers the one before."""

    __tablename__ = "audit_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id"))
    seq: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    at: Mapped[datetime] = mapped_column(INSTANT, server_default=FetchedValue())
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    previous: Mapped[bytes] = mapped_column(server_default=FetchedValue())
    hash: Mapped[bytes] = mapped_column(server_default=FetchedValue())


class IdempotentRequest(Model):
    """One write that carried an Idempotency-Key. `body` is encrypted: answers may hold a new API key."""

    __tablename__ = "idempotent_requests"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id"), primary_key=True)
    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    started_at: Mapped[datetime] = mapped_column(INSTANT, server_default=FetchedValue())
    finished_at: Mapped[datetime | None] = mapped_column(INSTANT)
    status: Mapped[int | None]
    media_type: Mapped[str | None]
    body: Mapped[str | None]
