"""What asking language models has cost; the columns are explained at the tables: migrations/sql/0007_assistant.sql."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from ocma.infra.database import Model

Instant = DateTime(timezone=True)


class AiSpending(Model):
    """Of a UTC day."""

    __tablename__ = "ai_spending"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    usd: Mapped[Decimal] = mapped_column(Numeric, default=Decimal(0))
    tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    open_usd: Mapped[Decimal] = mapped_column(Numeric, default=Decimal(0))
    open_tokens: Mapped[int] = mapped_column(BigInteger, default=0)


class AiReservation(Model):
    """Of a question that is being answered."""

    __tablename__ = "ai_reservations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    day: Mapped[date]
    usd: Mapped[Decimal] = mapped_column(Numeric)
    tokens: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[datetime] = mapped_column(Instant)


class AiCall(Model):
    """A question that a model was asked: the ledger's line."""

    __tablename__ = "ai_calls"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(Instant)
    question: Mapped[str]
    model: Mapped[str]
    outcome: Mapped[str]
    calls: Mapped[int]
    prompt_tokens: Mapped[int | None] = mapped_column(BigInteger)
    completion_tokens: Mapped[int | None] = mapped_column(BigInteger)
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric)
    seconds: Mapped[float]
