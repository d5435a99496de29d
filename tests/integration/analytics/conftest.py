"""A platform that counts, an account there, and a clock that can be put forward."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from integration.analytics.tally import Books, Tally, counting
from ocma.features.accounts import connections
from ocma.features.analytics import collect
from ocma.features.analytics.collector import Collector
from ocma.features.analytics.models import AccountPost, Measurement, MetricSpending
from ocma.platforms import registry
from ocma.platforms.grant import Grant


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **more: float) -> None:
        self.now += timedelta(**more)


@dataclass
class World:
    """One account of Tally, and a collector that looks at it when told."""

    books: Books
    clock: Clock
    collector: Collector
    workspace: Any
    caller: Any
    account: Any

    async def claim(self, *, now: bool = False):
        return await collect.claim_these(self.collector, self.workspace, [self.account.id], now=now)

    async def look(self, *, now: bool = False):
        """None: it is not its turn, or nothing was written."""
        claims = await self.claim(now=now)
        return await collect.collect(self.collector, claims[0]) if claims else None

    async def turn(self):
        """The next look, when it comes."""
        self.clock.now = max((await self.row()).next_at, self.clock.now)
        return await self.look()

    async def until(self, at: datetime) -> int:
        looks = 0
        while (await self.row()).next_at <= at:
            await self.turn()
            looks += 1
        self.clock.now = at
        return looks

    async def row(self) -> Measurement:
        async with self.collector.database.transaction(self.workspace) as session:
            return await session.get(Measurement, self.account.id)

    async def posts(self) -> dict[str, AccountPost]:
        async with self.collector.database.transaction(self.workspace) as session:
            rows = await session.scalars(select(AccountPost).where(AccountPost.account_id == self.account.id))
            return {each.platform_post_id: each for each in rows}

    async def samples(self, name: str, post: str | None = None) -> list[tuple[datetime, float]]:
        query = text(
            "SELECT m.fetched_at, m.value FROM metric_samples m JOIN metric_series s ON s.id = m.series_id "
            "LEFT JOIN account_posts p ON p.id = s.post_id WHERE s.account_id = :account AND s.name = :name "
            "AND p.platform_post_id IS NOT DISTINCT FROM CAST(:post AS text) ORDER BY m.fetched_at, m.start_at"
        )
        async with self.collector.database.transaction(self.workspace) as session:
            rows = await session.execute(query, {"account": self.account.id, "name": name, "post": post})
            return [(row[0].astimezone(UTC), row[1]) for row in rows]

    async def spent(self) -> float:
        async with self.collector.database.transaction(self.workspace) as session:
            day = self.clock.now.date()
            row = await session.get(MetricSpending, (self.workspace, "tally", day))
            return float(row.usd) if row else 0.0


@pytest.fixture(scope="session")
async def server():
    async with counting() as found:
        yield found


@pytest.fixture
async def settle(resources, workspace, make, server, monkeypatch):
    """Connects an account of a Tally that measures in such a way."""

    async def connected(**measuring) -> World:
        tally, books = Tally(server.url, **measuring), server.fresh()
        known = {**registry.connectors(), "tally": tally}
        monkeypatch.setattr(registry, "connectors", lambda: known)
        clock, caller = Clock(datetime.now(UTC) + timedelta(seconds=1)), make.caller(workspace)
        (account,) = await connections.adopt(resources.desk, caller, tally, "", Grant("secret"))
        books.asked.clear()
        collector = replace(resources.collector(), clock=clock)
        return World(books, clock, collector, workspace, caller, account)

    return connected


@pytest.fixture
async def world(settle):
    return await settle()
