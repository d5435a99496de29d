"""Accounts, posts and figures of one workspace, written as the collector writes them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text, update

from ocma.features.accounts.models import Account
from ocma.features.analytics.models import AccountPost, Measurement
from ocma.features.analytics.record import Figure, record
from ocma.ids import new_id
from ocma.platforms.metrics import METRICS, Measure, Reading

NOW = datetime.now(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Ledger:
    def __init__(self, database, workspace):
        self.database, self.workspace = database, workspace
        self._tick = NOW - timedelta(days=100)

    async def account(self, platform="mastodon", handle="@a", **more):
        account = Account(
            id=new_id(), workspace_id=self.workspace, platform=platform, platform_account_id=str(new_id()), name="A", handle=handle,
            connected_at=NOW, updated_at=NOW, **more,
        )  # fmt: skip
        async with self.database.transaction(self.workspace) as session:
            session.add(account)
        await self.looked(account.id)
        return account.id

    async def looked(self, account, error=None, succeeded_at=NOW):
        query = update(Measurement).where(Measurement.account_id == account).values(error=error, succeeded_at=succeeded_at)
        async with self.database.transaction(self.workspace) as session:
            await session.execute(query)

    async def post(self, account, at, content="A post", figures=None, read_at=None, **more):
        """`figures`: by metric, or by (metric, the platform's name)."""
        post = AccountPost(
            id=new_id(), workspace_id=self.workspace, account_id=account, platform_post_id=str(new_id()), content=content,
            published_at=at, seen_at=at, **more,
        )  # fmt: skip
        async with self.database.transaction(self.workspace) as session:
            session.add(post)
        await self.read(account, post.id, figures or {}, read_at)
        return str(post.id)

    async def read(self, account, post, figures, at=None, kind="total", **more):
        post = UUID(str(post)) if post else None
        readings = []
        for name, value in figures.items():
            key, own = name if isinstance(name, tuple) else (name, f"{name}_count")
            of = "post" if post else "account"
            measure = Measure(METRICS[key], own, of, "rate" if METRICS[key].unit == "percent" else kind)
            readings.append(Figure(post, Reading(measure, float(value), **more)))
        self._tick += timedelta(seconds=1)
        async with self.database.transaction(self.workspace) as session:
            await record(session, self.workspace, account, readings, at or self._tick)

    async def run(self, statement, **values):
        async with self.database.transaction(self.workspace) as session:
            return await session.execute(text(statement), values)
