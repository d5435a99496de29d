"""What reading posts may cost, where a platform bills it: paid for before it is asked, once per post and UTC day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.analytics.models import MetricSpending
from ocma.features.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Purse:
    """A workspace's for one platform and day. `price` of one post, `most` of the day, in USD."""

    workspace_id: UUID
    platform: str
    day: date
    price: Decimal
    most: Decimal

    async def take(self, session: AsyncSession, posts: int, *, whole: bool = False, leave: int = 0) -> int:
        """How many of so many posts may be read (`whole`: all or none): those are paid for. Others of this workspace wait until
        the transaction ends. `leave`: so many are left for something else, where there is money for twice as many.
        """
        await session.execute(insert(MetricSpending).values(**self._key).on_conflict_do_nothing())
        query = select(MetricSpending).filter_by(**self._key).with_for_update()
        row = (await session.scalars(query.execution_options(populate_existing=True))).one()
        affordable = max(int((self.most - row.usd) // self.price), 0)
        granted = min(posts, affordable - leave if affordable >= 2 * leave else affordable)
        granted = 0 if whole and granted < posts else granted
        row.usd += granted * self.price
        await session.flush()
        return granted

    async def give_back(self, session: AsyncSession, posts: int) -> None:
        """Paid for, and not read."""
        query = update(MetricSpending).filter_by(**self._key)
        await session.execute(query.values(usd=MetricSpending.usd - posts * self.price))

    @property
    def _key(self) -> dict[str, UUID | str | date]:
        return {"workspace_id": self.workspace_id, "platform": self.platform, "day": self.day}


async def open_purse(
    session: AsyncSession, workspace_id: UUID, platform: str, price: float, usual: Decimal, now: datetime
) -> Purse | None:
    """None: the platform bills nothing."""
    if not price:
        return None
    wished: Mapping[str, float] = (await session.get_one(Workspace, workspace_id)).metrics_budget_usd
    most = Decimal(str(wished[platform])) if platform in wished else usual
    return Purse(workspace_id, platform, now.date(), Decimal(str(price)), most)


def next_day(now: datetime) -> datetime:
    """When there is money again; `now` is UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
