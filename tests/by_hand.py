"""A worker that acts when a test says so, on servers where no other process acts: what happens between two steps is the test's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ocma.bootstrap import Resources, resources
from ocma.entrypoints.worker.worker import work
from ocma.features.publishing import claims
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.dispatch import dispatch
from ocma.features.publishing.jobs import Job
from ocma.features.publishing.press import Press
from ocma.features.publishing.work import work_batch
from ocma.infra.embedded import Services
from ocma.infra.tasks import Tasks
from stage import Company, Sandbox, environment

LEASE = timedelta(seconds=30)  # on a busy machine, too, longer than what a test does between two steps


def settings(services: Services, sandbox: Sandbox, media: Path) -> dict[str, str]:
    """Next to no wait before a platform is asked."""
    return environment(services.postgres.app_url, services.valkey.url, sandbox, media) | {
        "OCMA_LEASE_SECONDS": str(LEASE.total_seconds()),
        "OCMA_PUBLISH_TIMEOUT_SECONDS": "10",
        "OCMA_SETTLE_PATIENCE": "0.01",
    }


@asynccontextmanager
async def opened(variables: dict[str, str]) -> AsyncIterator[Resources]:
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            found = await stack.enter_async_context(resources())
        yield found


@dataclass
class Hand:
    """`press` as a worker has one; its keeper runs."""

    company: Company
    press: Press

    async def claim(self) -> list[Claim]:
        """What a dispatcher would hand out now, of this company."""
        database = self.press.database
        await claims.sweep(database)
        found = await claims.claim(database, 500, self.press.lease, timedelta(0))
        return [each for each in found if each.workspace_id == self.company.caller.workspace_id]

    async def work(self, found: list[Claim]) -> None:
        await work_batch(self.press, [(str(each.id), each.fence) for each in found])

    async def step(self) -> int:
        """One round of everything. Returns how many publications were worked."""
        found = await self.claim()
        await self.work(found)
        return len(found)

    async def rounds(self, job: Job, *statuses: str, hours: int = 0, most: int = 20, pause: float = 0.0) -> Job:
        """Steps until the job has one of `statuses`; before each of them the wait is over, and it was as long as `hours`.

        `pause`: real seconds, where a platform works on something and limits how often it is asked.
        """
        for _ in range(most):
            if (now := await self.company.job(job.post.id)).status in statuses:
                return now
            await asyncio.sleep(pause)
            await self.pass_time(job, hours)
            await self.step()
        states = [[each.state, each.error, each.progress] for each in now.publications]
        raise AssertionError(f"{now.status} instead of {statuses} after {most} steps: {states}")

    async def pass_time(self, job: Job, hours: int = 0) -> None:
        """As if it had been so long since the last step: what was to happen by now is due, calls were made then."""
        values = {"post": job.post.id, "by": timedelta(hours=hours)}
        due = "UPDATE publications SET due_at = now() WHERE post_id = :post AND due_at > now() AND lease_until IS NULL"
        sent = """UPDATE attempts SET started_at = started_at - CAST(:by AS interval), finished_at = finished_at - CAST(:by AS interval)
            WHERE publication_id IN (SELECT id FROM publications WHERE post_id = :post)"""
        await self.sql(due, post=job.post.id)
        await self.sql(sent, **values)

    async def overtake(self, claim: Claim, state: str | None = None) -> Claim:
        """As if the claim had lapsed and somebody had claimed anew (in `state`)."""
        query = """UPDATE publications SET attempt = attempt + 1, taken_at = NULL, state = coalesce(:state, state),
            lease_until = clock_timestamp() + CAST(:lease AS interval) WHERE id = :id RETURNING attempt, state"""
        (row,) = await self.sql(query, id=claim.id, state=state, lease=self.press.lease)
        return replace(claim, fence=row.attempt, state=row.state)

    async def lapse(self, claim: Claim) -> None:
        """The lease runs out this instant, and a dispatcher takes the publication back."""
        await self.sql("UPDATE publications SET lease_until = now() - interval '1 ms' WHERE id = :id", id=claim.id)
        await claims.sweep(self.press.database)

    async def sql(self, query: str, **values: Any) -> list[Any]:
        async with self.press.database.transaction(self.company.caller.workspace_id) as session:
            found = await session.execute(text(query), values)
            return list(found.all()) if found.returns_rows else []


async def hand_over(resources: Resources, tasks: Tasks) -> None:
    """One round of a dispatcher whose way to Redis is `tasks`. Raises Unavailable when Redis does not take it."""
    await claims.sweep(resources.database)
    await dispatch(resources.database, tasks)


@asynccontextmanager
async def worker(resources: Resources, press: Press) -> AsyncIterator[None]:
    """A real worker in this process, fed by Redis."""
    stop = asyncio.Event()
    running = asyncio.create_task(work(resources, stop, press))
    try:
        yield
    finally:
        stop.set()
        await running


@asynccontextmanager
async def hand(company: Company, **changes: Any) -> AsyncIterator[Hand]:
    """`changes`: of the press."""
    press = replace(company.resources.press(), **changes)
    keeper = asyncio.create_task(press.keeper.run())
    try:
        yield Hand(company, press)
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


class Gate:
    """For `Press.reached`: whoever comes to `stage` first waits there; who comes later passes."""

    def __init__(self, stage: str, number: int = 1) -> None:
        """`number`: which arrival is stopped."""
        self.stage, self.number = stage, number
        self.arrived, self.open = asyncio.Event(), asyncio.Event()

    async def __call__(self, stage: str) -> None:
        if stage != self.stage:
            return
        self.number -= 1
        if self.number == 0:
            self.arrived.set()
            await asyncio.wait_for(self.open.wait(), 20)
