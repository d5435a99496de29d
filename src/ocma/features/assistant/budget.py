"""What a workspace may spend on language models in a UTC day: set aside before a model is asked, settled by what was counted.

What a question may take at most is a reservation while it is being answered. Should whoever asked die, it lapses.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.features.assistant.models import AiCall, AiReservation, AiSpending
from ocma.features.workspaces.models import Workspace
from ocma.ids import new_id
from ocma.infra.database import Database
from ocma.intelligence.usage import Bill, Prices, Unaffordable, Usage

NOTHING = Decimal(0)


class Disabled(Unaffordable):
    """The workspace may spend nothing at all."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a UTC day, where a workspace does not say otherwise."""

    usd: Decimal
    tokens: int


@dataclass(slots=True)
class Purse:
    """For one question of a workspace. `most_seconds`: after these its reservation lapses."""

    database: Database
    clock: Clock
    workspace_id: UUID
    prices: Prices
    limits: Limits
    most_seconds: float
    id: UUID = field(default_factory=new_id)
    day: date | None = None  # None: nothing was ever set aside

    async def reserve(self, most: Usage) -> bool:
        """For all calls of the question together. Raises Disabled. Others of this workspace wait until it is decided."""
        self.day = self.day or self.clock().date()
        async with self.database.transaction(self.workspace_id) as session:
            limits = await self._limits(session)
            spent = await self._spent(session)
            usd = self.prices.cost(most) or NOTHING
            if spent.usd + usd > limits.usd or spent.tokens + most.total > limits.tokens:
                return False
            await self._hold(session, usd, most.total)
        return True

    async def _limits(self, session: AsyncSession) -> Limits:
        workspace = await session.get_one(Workspace, self.workspace_id)
        usd, tokens = workspace.ai_budget_usd, workspace.ai_budget_tokens
        limits = Limits(self.limits.usd if usd is None else Decimal(str(usd)), self.limits.tokens if tokens is None else tokens)
        if not limits.usd or not limits.tokens:
            raise Disabled
        return limits

    async def _spent(self, session: AsyncSession) -> Limits:
        """And set aside by other questions, and what may have been spent."""
        day = {"workspace_id": self.workspace_id, "day": self.day}
        nothing = {"usd": NOTHING, "tokens": 0, "open_usd": NOTHING, "open_tokens": 0}
        await session.execute(insert(AiSpending).values(**day, **nothing).on_conflict_do_nothing())
        row = (await session.scalars(select(AiSpending).filter_by(**day).with_for_update())).one()
        lapsed = delete(AiReservation).where(AiReservation.until < func.clock_timestamp())
        for each in await session.execute(lapsed.returning(AiReservation.day, AiReservation.usd, AiReservation.tokens)):
            if each.day == self.day:  # of a process that died: it may have spent it
                row.open_usd += each.usd
                row.open_tokens += each.tokens
        others = select(func.coalesce(func.sum(AiReservation.usd), 0), func.coalesce(func.sum(AiReservation.tokens), 0))
        usd, tokens = (await session.execute(others.filter_by(**day).where(AiReservation.id != self.id))).one()
        return Limits(row.usd + row.open_usd + usd, row.tokens + row.open_tokens + int(tokens))

    async def _hold(self, session: AsyncSession, usd: Decimal, tokens: int) -> None:
        until = func.clock_timestamp() + timedelta(seconds=self.most_seconds)
        amounts = {"usd": usd, "tokens": tokens, "until": until}
        values = {"id": self.id, "workspace_id": self.workspace_id, "day": self.day, **amounts}
        await session.execute(insert(AiReservation).values(**values).on_conflict_do_update(index_elements=["id"], set_=amounts))

    async def settle(self, bill: Bill, call: AiCall) -> None:
        """What was counted is spent, what nobody counted is held against the day, the rest is given back; and it is on record."""
        counted, uncounted = bill.counted, bill.open
        async with self.database.transaction(self.workspace_id) as session:
            query = update(AiSpending).where(AiSpending.workspace_id == self.workspace_id, AiSpending.day == self.day)
            await session.execute(
                query.values(
                    usd=AiSpending.usd + (self.prices.cost(counted) or NOTHING),
                    tokens=AiSpending.tokens + counted.total,
                    open_usd=AiSpending.open_usd + (self.prices.cost(uncounted) or NOTHING),
                    open_tokens=AiSpending.open_tokens + uncounted.total,
                )
            )
            await session.execute(delete(AiReservation).where(AiReservation.id == self.id))
            session.add(call)

    async def give_back(self) -> None:
        """No call was made."""
        async with self.database.transaction(self.workspace_id) as session:
            await session.execute(delete(AiReservation).where(AiReservation.id == self.id))
