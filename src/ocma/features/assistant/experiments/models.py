"""Experiments, their variants, and which of them went where.

The columns are explained at the tables: migrations/sql/0008_experiments.sql, 0010_looks.sql.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocma.ids import new_id
from ocma.infra.database import Model

Instant = DateTime(timezone=True)


class Experiment(Model):
    """`decision` is `{winner, reason, p, blocks}`; `winner` None: none was shown to be the best."""

    __tablename__ = "experiments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    workspace_id: Mapped[UUID]
    name: Mapped[str]
    metric: Mapped[str]
    hours: Mapped[int]
    account_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    alpha: Mapped[float]
    max_posts: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(default="draft")
    decision: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ExperimentVariant(Model):
    """`content` as in features/posts/models.py, of the first round."""

    __tablename__ = "experiment_variants"

    experiment_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    place: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ExperimentPost(Model):
    """One post of a variant. `value` None: not known yet, or never."""

    __tablename__ = "experiment_posts"

    experiment_id: Mapped[UUID] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    round: Mapped[int]
    variant: Mapped[str]
    account_id: Mapped[UUID]
    publication_id: Mapped[UUID]
    value: Mapped[float | None]
    measured_at: Mapped[datetime | None] = mapped_column(Instant)
