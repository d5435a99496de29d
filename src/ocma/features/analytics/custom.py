"""Custom metrics: formulas that a workspace gave names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ocma.clock import Clock
from ocma.errors import Conflict, Invalid, Issue, NotFound
from ocma.features.analytics.parser import parse
from ocma.features.analytics.schemas import CustomMetricView, NewCustomMetric
from ocma.features.analytics.units import unit_of
from ocma.features.paging import cut, decode_cursor
from ocma.features.schema import Page
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.infra.database import Model
from ocma.platforms.metrics import METRICS

MOST = 50  # of a workspace


class CustomMetric(Model):
    """`formula` was read and checked; `unit` is what its result is in."""

    __tablename__ = "custom_metrics"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    formula: Mapped[str]
    unit: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


async def create_custom(session: AsyncSession, caller: Caller, wanted: NewCustomMetric, clock: Clock) -> CustomMetricView:
    """Raises Invalid for a formula or key that cannot be, Conflict for a key that there is, or too many."""
    if wanted.key in METRICS:
        message = f"`{wanted.key}` is the key of a metric that platforms give."
        raise Invalid(message, code="keyTaken", issues=[Issue("key", "keyTaken", message, "Choose another key.")])
    formula, unit = _checked(wanted.formula)
    await _make_room(session, caller.workspace_id, wanted.key)
    now = clock()
    own = {"workspace_id": caller.workspace_id, "key": wanted.key, "name": wanted.name or wanted.key}
    row = CustomMetric(**own, formula=formula, unit=unit, created_by=caller.name, created_at=now, updated_at=now)
    session.add(row)
    await session.flush()
    await audit.record(session, caller, "metric.created", row.key, {"formula": formula, "unit": unit})
    return CustomMetricView.model_validate(row)


def _checked(formula: str) -> tuple[str, str]:
    """As it is stored, and its unit."""
    tree = parse(formula)
    return str(tree), unit_of(tree).name


async def _make_room(session: AsyncSession, workspace_id: UUID, key: str) -> None:
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended('custom_metrics:' || :workspace, 0))")
    await session.execute(lock, {"workspace": str(workspace_id)})
    if await session.get(CustomMetric, (workspace_id, key)):
        raise Conflict(
            f"There is a custom metric `{key}` already.", code="keyTaken", remediation="Change that one, or delete it."
        )
    if ((await session.scalar(select(func.count()).select_from(CustomMetric))) or 0) >= MOST:
        raise Conflict(
            f"A workspace has at most {MOST} custom metrics.", code="tooManyMetrics", remediation="Delete one you do not need."
        )


async def list_custom(session: AsyncSession, *, cursor: str | None = None, limit: int = 50) -> Page[CustomMetricView]:
    """By key."""
    query = select(CustomMetric).order_by(CustomMetric.key.collate("C")).limit(limit + 1)
    if cursor:
        query = query.where(CustomMetric.key.collate("C") > decode_cursor(cursor, str)[0])
    rows, following = cut((await session.scalars(query)).all(), limit, lambda row: (row.key,))
    return Page(data=[CustomMetricView.model_validate(row) for row in rows], next_cursor=following)


async def get_custom(session: AsyncSession, workspace_id: UUID, key: str, *, lock: bool = False) -> CustomMetric:
    row = await session.get(CustomMetric, (workspace_id, key), with_for_update=lock or None)
    if row is None:
        raise NotFound("There is no such custom metric in this workspace.")
    return row


async def change_custom(
    session: AsyncSession, caller: Caller, key: str, changes: Mapping[str, Any], clock: Clock
) -> CustomMetricView:
    """`changes`: the fields that were sent."""
    row = await get_custom(session, caller.workspace_id, key, lock=True)
    row.name = changes.get("name", row.name)
    if "formula" in changes:
        row.formula, row.unit = _checked(changes["formula"])
    if changes:
        row.updated_at = clock()
        await session.flush()
        await audit.record(session, caller, "metric.updated", key, {"formula": row.formula, "unit": row.unit})
    return CustomMetricView.model_validate(row)


async def delete_custom(session: AsyncSession, caller: Caller, key: str) -> None:
    row = await get_custom(session, caller.workspace_id, key, lock=True)
    await session.delete(row)
    await session.flush()
    await audit.record(session, caller, "metric.deleted", key, {"formula": row.formula})
