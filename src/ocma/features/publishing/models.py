"""Publications (one post on one account), their attempts, and the events that tell of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, FetchedValue
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocma.ids import new_id
from ocma.infra.database import Model

Instant = DateTime(timezone=True)


class Publication(Model):
    """The columns are explained at the table: migrations/sql/0001_initial.sql.

    `progress` is `{steps: {key: {id or sealed, at}}, parts: [{id, url}], processing?: id}`.
    """

    __tablename__ = "publications"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    post_id: Mapped[UUID]
    account_id: Mapped[UUID]
    platform: Mapped[str]
    state: Mapped[str] = mapped_column(default="scheduled")
    scheduled_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    attempt: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    hold: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    looks: Mapped[int] = mapped_column(default=0)
    lapses: Mapped[int] = mapped_column(default=0)
    on_unknown: Mapped[str]
    progress: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    platform_post_id: Mapped[str | None]
    url: Mapped[str | None]
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant, server_onupdate=FetchedValue())


class Attempt(Model):
    """One publishing call, written down before it is made."""

    __tablename__ = "attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    publication_id: Mapped[UUID]
    account_id: Mapped[UUID]
    attempt: Mapped[int]
    part: Mapped[int]
    fingerprint: Mapped[str]
    state: Mapped[str] = mapped_column(default="sending")
    platform_post_id: Mapped[str | None]
    url: Mapped[str | None]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class Event(Model):
    """Something that happened to a publication, in the order of commits (`xid`, `id`). Written by the database itself."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    xid: Mapped[int] = mapped_column(BigInteger)
    workspace_id: Mapped[UUID]
    kind: Mapped[str]
    post_id: Mapped[UUID | None]
    publication_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(Instant)
