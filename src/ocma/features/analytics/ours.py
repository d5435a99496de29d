"""Posts that we have published: OCMA knows them by itself, so that they count wherever a look gives nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.accounts.models import Account
from ocma.features.analytics import timeline
from ocma.features.analytics.models import Measurement
from ocma.infra.database import Database
from ocma.platforms.registry import get_connector

BACK = timedelta(days=90)  # how far the first listing goes, and the first question for single days
UNSURE = timedelta(days=1)  # a publication may be told of later than it went live


async def take_up(session: AsyncSession, account: Account, row: Measurement, now: datetime, *, far: bool = False) -> None:
    """What went live since that was last done; `far`: long before as well. Whoever calls holds the lock on the row."""
    since = now - BACK if far or row.live_until is None else row.live_until - UNSURE
    await timeline.take_up(session, account, get_connector(account.platform).manifest.measuring, since, now)
    row.live_until = now


async def take_up_at(database: Database, workspace_id: UUID, account_ids: Sequence[UUID], now: datetime) -> None:
    """Of these accounts; who looks at one of them meanwhile keeps its claim."""
    query = select(Account, Measurement).join(Measurement, Measurement.account_id == Account.id)
    ours = query.where(Account.id.in_(account_ids)).order_by(Account.id)
    async with database.transaction(workspace_id) as session:
        for account, row in (await session.execute(ours.with_for_update(of=Measurement))).all():
            await take_up(session, account, row, now)
