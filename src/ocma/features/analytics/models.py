"""Posts as platforms have them, the figures of them, and whose turn it is to be looked at.

The columns are explained at the tables: migrations/sql/0004_analytics.sql. Samples, spans and roll-ups are written by record.py
alone, many at a time.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocma.ids import new_id
from ocma.infra.database import Model

Instant = DateTime(timezone=True)


class AccountPost(Model):
    """Published by us (`publication_id`) or seen there."""

    __tablename__ = "account_posts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    account_id: Mapped[UUID]
    platform_post_id: Mapped[str]
    content: Mapped[str | None]
    url: Mapped[str | None]
    published_at: Mapped[datetime] = mapped_column(Instant)
    publication_id: Mapped[UUID | None]
    part: Mapped[int | None]
    seen_at: Mapped[datetime] = mapped_column(Instant)
    gone_at: Mapped[datetime | None] = mapped_column(Instant)
    next_measure_at: Mapped[datetime | None] = mapped_column(Instant)
    measured_at: Mapped[datetime | None] = mapped_column(Instant)
    billed_on: Mapped[date | None]


class MetricSeries(Model):
    """One figure over time; `post_id` None: of the account itself."""

    __tablename__ = "metric_series"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[UUID]
    account_id: Mapped[UUID]
    post_id: Mapped[UUID | None]
    metric: Mapped[str]
    name: Mapped[str]
    unit: Mapped[str]
    kind: Mapped[str]
    grp: Mapped[str] = mapped_column(default="")
    latest: Mapped[float | None]
    latest_at: Mapped[datetime | None] = mapped_column(Instant)


class MetricSample(Model):
    """As it was read; never changed."""

    __tablename__ = "metric_samples"

    workspace_id: Mapped[UUID]
    series_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    value: Mapped[float]
    start_at: Mapped[datetime | None] = mapped_column(Instant, primary_key=True)
    end_at: Mapped[datetime | None] = mapped_column(Instant, primary_key=True)
    fetched_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)


class MetricSpan(Model):
    """The newest revision of a figure that is of a span of time."""

    __tablename__ = "metric_spans"

    workspace_id: Mapped[UUID]
    series_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    start_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    end_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    value: Mapped[float]
    fetched_at: Mapped[datetime] = mapped_column(Instant)


class MetricRollup(Model):
    """`grain`: hour, day or week (ISO), in UTC. `growth` and `gap` None: not known."""

    __tablename__ = "metric_rollups"

    workspace_id: Mapped[UUID]
    series_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    bucket_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    first: Mapped[float]
    last: Mapped[float]
    min: Mapped[float]
    max: Mapped[float]
    count: Mapped[int]
    growth: Mapped[float | None]
    gap: Mapped[float | None]
    fell: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)


class Measurement(Model):
    """When an account is looked at next, and how the last look went: one row per account, made by the database."""

    __tablename__ = "measurements"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    fetched_at: Mapped[datetime | None] = mapped_column(Instant)
    account_at: Mapped[datetime | None] = mapped_column(Instant)
    listed_at: Mapped[datetime | None] = mapped_column(Instant)
    live_until: Mapped[datetime | None] = mapped_column(Instant)
    days_until: Mapped[datetime | None] = mapped_column(Instant)
    succeeded_at: Mapped[datetime | None] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class MetricSpending(Model):
    """What reading posts of a billed platform has cost a workspace on a UTC day."""

    __tablename__ = "metric_spending"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    usd: Mapped[Decimal] = mapped_column(Numeric(12, 6))
