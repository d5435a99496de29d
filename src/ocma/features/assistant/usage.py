"""What a workspace's questions to language models took, day by day in UTC, as providers counted it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.assistant.budget import Limits
from ocma.features.assistant.models import AiSpending
from ocma.features.notifications import retention
from ocma.features.schema import Schema
from ocma.features.workspaces.models import Workspace
from ocma.infra.database import Database

MOST_DAYS = 366  # that are offered; migrations/sql/0009_old_ai_calls.sql guards their lines
_KEPT = timedelta(days=MOST_DAYS + 1)  # clocks may differ

_CALLS = text("""
    SELECT (at AT TIME ZONE 'UTC')::date AS day, model, count(*) AS questions,
        count(*) FILTER (WHERE outcome = 'answered') AS answered, count(*) FILTER (WHERE prompt_tokens IS NULL) AS uncounted,
        sum(prompt_tokens)::bigint AS prompt_tokens, sum(completion_tokens)::bigint AS completion_tokens,
        sum(cost_usd) AS cost_usd
    FROM ai_calls WHERE workspace_id = :workspace AND at >= :since GROUP BY 1, 2 ORDER BY 1 DESC, 2""")


class ModelUse(Schema):
    """`answered` of the `questions` had an answer that could be used. Of `uncounted` ones the provider told no tokens.

    Tokens and cost are of the others; null: nothing is known. A cost is known where prices are set.
    """

    model: str
    questions: int
    answered: int
    uncounted: int
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None


class Day(Schema):
    day: date
    models: list[ModelUse]


class Budget(Schema):
    """Of today, in UTC. `spent…` is what was counted; `held…` the most that calls may have taken that nobody counted."""

    usd: float
    tokens: int
    spent_usd: float
    spent_tokens: int
    held_usd: float
    held_tokens: int


class AiUsage(Schema):
    """Days with questions, the newest first."""

    budget: Budget
    data: list[Day]


async def get_usage(session: AsyncSession, workspace_id: UUID, now: datetime, days: int, limits: Limits) -> AiUsage:
    """Of the session's workspace; `limits` are those where it says nothing itself."""
    since = datetime.combine(now.astimezone(UTC).date() - timedelta(days=days - 1), time(), UTC)
    of_days: dict[date, list[ModelUse]] = defaultdict(list)
    for row in (await session.execute(_CALLS, {"workspace": workspace_id, "since": since})).all():
        of_days[row.day].append(_use(row))
    budget = await _budget(session, workspace_id, now.astimezone(UTC).date(), limits)
    return AiUsage(budget=budget, data=[Day(day=day, models=models) for day, models in of_days.items()])


async def forget_old(database: Database, history: timedelta) -> int:
    """Lines of the ledger older than `history`, and older than all that is offered. Returns how many are gone."""
    return await retention.forget(database, "SELECT forget_old_ai_calls($1, $2)", max(history, _KEPT))


def _use(row: Row[Any]) -> ModelUse:
    names: Sequence[str] = ("model", "questions", "answered", "uncounted", "prompt_tokens", "completion_tokens", "cost_usd")
    return ModelUse(**{name: getattr(row, name) for name in names})


async def _budget(session: AsyncSession, workspace_id: UUID, day: date, limits: Limits) -> Budget:
    workspace = await session.get_one(Workspace, workspace_id)
    spent = (await session.scalars(select(AiSpending).filter_by(workspace_id=workspace_id, day=day))).one_or_none()
    usd, tokens = workspace.ai_budget_usd, workspace.ai_budget_tokens
    return Budget(
        usd=float(limits.usd) if usd is None else usd,
        tokens=limits.tokens if tokens is None else tokens,
        spent_usd=float(spent.usd if spent else Decimal(0)),
        spent_tokens=spent.tokens if spent else 0,
        held_usd=float(spent.open_usd if spent else Decimal(0)),
        held_tokens=spent.open_tokens if spent else 0,
    )
