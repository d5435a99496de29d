"""Many posts of many accounts, published by two workers and two dispatchers while something breaks. The sandbox keeps the books."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import structlog
from sqlalchemy import select

import stage
from ocma.clock import utcnow
from ocma.features.accounts.models import Account
from ocma.features.publishing.models import Publication
from stage import Company, Sandbox

log = structlog.get_logger(__name__)

ACCOUNTS, POSTS = 30, 10
EVERY = timedelta(seconds=0.7)  # between two posts of an account, so that some are under way at every moment
PATIENCE = 120.0  # seconds; longer than a task that nobody took is waited for


@dataclass
class Crowd:
    company: Company
    accounts: list[Account]
    sandbox: Sandbox
    environment: dict[str, str]

    @contextmanager
    def at_work(self, redis_url: str) -> Iterator[None]:
        with ExitStack() as stack:
            for kind in ("worker", "dispatcher") * 2:
                stack.enter_context(stage.process(["-m", "ocma", kind], self.environment | {"REDIS_URL": redis_url}))
            yield

    async def prove(self, story: str, fault: Callable[[], None]) -> None:
        """Each post exactly once on the platform's books, and published on ours, though `fault` comes in the middle.

        Logs how many seconds after it the first post is live that was scheduled after it.
        """
        before = await self._schedule(f"{story}, before", POSTS // 3)
        await self._live(before, before.total() // 2)
        await asyncio.to_thread(fault)
        since = time.monotonic()
        after = await self._schedule(f"{story}, after", POSTS - POSTS // 3)
        await self._live(after, 1)
        seconds = round(time.monotonic() - since, 1)
        await self._live(before + after, ACCOUNTS * POSTS)
        await asyncio.sleep(1)  # whoever would publish one twice
        await self._check(before + after)
        log.info("recovered", story=story, seconds=seconds, posts=ACCOUNTS * POSTS)

    async def _check(self, wanted: Counter[tuple[str, str]]) -> None:
        booked, states = await self._booked(wanted), await self._states()
        lost, doubled = wanted - booked, booked - wanted
        assert not lost, f"lost: {lost}"
        assert not doubled, f"doubled: {doubled}"
        assert set(states) == {"published"}, states

    async def _schedule(self, story: str, posts: int) -> Counter[tuple[str, str]]:
        """By the account's id at the platform and the text."""
        ids, start = [each.id for each in self.accounts], utcnow() + timedelta(seconds=0.5)
        wanted: Counter[tuple[str, str]] = Counter()
        for number in range(posts):
            text, at = f"{story}, post {number} of all", start + number * EVERY
            await self.company.schedule(text, self.accounts[0], accountIds=ids, scheduledAt=at.isoformat())
            wanted.update((each.platform_account_id, text) for each in self.accounts)
        return wanted

    async def _live(self, wanted: Counter[tuple[str, str]], count: int) -> None:
        """Until so many of `wanted` are on the platform's books, or patience ends: the check then says what is missing."""
        deadline = time.monotonic() + PATIENCE
        while (await self._booked(wanted)).total() < count and time.monotonic() < deadline:
            await asyncio.sleep(0.1)

    async def _booked(self, wanted: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
        async with httpx2.AsyncClient(verify=False, timeout=30) as client:
            found = (await client.get(f"{self.sandbox.url}/_control/books", params={"platform": "x"})).raise_for_status()
        texts = {text for _, text in wanted}
        return Counter((each["accountId"], each["content"]) for each in found.json()["data"] if each["content"] in texts)

    async def _states(self) -> Counter[str]:
        """Of our own books, once nothing is under way any more."""

        async def settled() -> Counter[str] | None:
            async with self.company.resources.database.transaction(self.company.caller.workspace_id) as session:
                found = Counter((await session.scalars(select(Publication.state))).all())
            return None if {"scheduled", "publishing", "unknown"} & set(found) else found

        return await stage.until(settled, 60)


async def unlimited(sandbox: Sandbox) -> None:
    """No guard of the platform's own against doubles, no limit."""
    await sandbox.guard(on=False)
    async with httpx2.AsyncClient(timeout=30) as client:
        body = {"platform": "x", "settings": {"rate_factor": 0}}
        (await client.post(f"{sandbox.url}/_control/settings", json=body)).raise_for_status()
