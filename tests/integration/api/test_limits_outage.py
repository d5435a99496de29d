"""`ocma api` under load while its Redis stops and comes back: nobody gets a 5xx, and the limits hold all the while."""

import asyncio
import math
import statistics
import time
from dataclasses import dataclass

import httpx2
import pytest

import stage
from integration.publishing.gates.cast import Server
from ocma.infra.limiter import TAG
from ocma.infra.redis import connect

QUOTA, WINDOW = 10, 2  # requests, seconds
USUAL, SLOWEST = 1.8, 20.0  # seconds for an answer, on a busy machine too; waiting for Redis' client to give up takes two


@dataclass
class Load:
    """One caller who asks without a pause."""

    client: httpx2.AsyncClient
    headers: dict[str, str]

    async def __call__(self, seconds):
        """The answers' statuses and how long they took."""
        began, statuses, took = time.monotonic(), [], []
        while time.monotonic() - began < seconds:
            asked = time.monotonic()
            answer = await self.client.get("/api/webhook-event-types", headers=self.headers)
            took.append(time.monotonic() - asked)
            statuses.append(answer.status_code)
            assert "ratelimit" in answer.headers
        return statuses, took, time.monotonic() - began


@pytest.fixture
def server(tmp_path):
    found = Server.start(tmp_path / "data")
    yield found
    found.stop()


@pytest.fixture
def url(services, server, tmp_path):
    limits = {**stage.UNLIMITED, "OCMA_RATE_LIMIT_READ": f"{QUOTA}/{WINDOW}s"}
    with stage.served(stage.settings(services.postgres.app_url, server.url, tmp_path) | limits) as found:
        yield found


def held(outcome):
    """Some were let in and some sent away, and not more than the windows that the time can touch grant."""
    statuses, took, seconds = outcome
    assert set(statuses) == {200, 429}
    assert statuses.count(200) <= QUOTA * (math.ceil(seconds / WINDOW) + 1)
    assert statistics.median(took) < USUAL
    assert max(took) < SLOWEST


async def counted(redis):
    return [key async for key in redis.scan_iter(f"{TAG}:read:*")]


async def test_redis_stops_under_load(url, server, make, workspace):
    callers = [await make.key(workspace) for _ in range(2)]
    async with httpx2.AsyncClient(base_url=url, timeout=60) as client:
        loads = [Load(client, headers) for headers in callers]
        for load in loads:
            await load(0)
            await client.get("/api/config")  # the process has started

        async def together(seconds):
            for outcome in await asyncio.gather(*(load(seconds) for load in loads)):
                held(outcome)

        await together(6)
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        await together(6)
        await stopping
        await together(6)
        back = asyncio.create_task(asyncio.to_thread(server.again))
        await together(6)
        await back
        redis, seen = connect(server.url), set()
        await redis.flushall()

        async def shared():
            await together(1.5 * WINDOW)
            seen.update(await counted(redis))  # a window that has just ended is not there
            return seen if len(seen) == len(callers) else None

        await stage.until(shared, 60)
        await redis.aclose()
