"""The floor: the same claims, HTTP calls and result writes in a bare asyncio loop. No product code, and none of its safety.

`floor.py <database url> <platform url> <concurrency> <aiohttp|httpx2>`, until SIGTERM. Prints `ready` first.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import asyncpg
import httpx2
import uvloop
from httpx_aiohttp.httpx2 import AiohttpTransport

BATCH = 500
WINDOW = 0.005  # seconds between two writes of results
IDLE = 0.1  # seconds between two looks when there is nothing
CLAIM = """
    WITH due AS (
        SELECT p.id FROM ocma.publications p
        WHERE p.lease_until IS NULL AND p.hold IS NULL AND p.state IN ('scheduled', 'publishing', 'unknown')
            AND p.due_at <= now() + interval '1 second'
        ORDER BY p.due_at, p.id LIMIT 500 FOR UPDATE OF p SKIP LOCKED
    ), claimed AS (
        UPDATE ocma.publications p
        SET state = 'publishing', attempt = attempt + 1, lease_until = clock_timestamp() + interval '30 seconds'
        FROM due WHERE p.id = due.id RETURNING p.id, p.post_id, p.account_id, p.due_at
    )
    SELECT c.id, c.due_at, o.content #>> '{parts,0,text}' AS text, 'token-' || a.platform_account_id AS token
    FROM claimed c JOIN ocma.posts o ON o.id = c.post_id JOIN ocma.accounts a ON a.id = c.account_id ORDER BY c.due_at, c.id"""
RECORD = """
    UPDATE ocma.publications p
    SET state = 'published', platform_post_id = r.external, published_at = now(), due_at = NULL, lease_until = NULL
    FROM unnest($1::uuid[], $2::text[]) AS r(id, external) WHERE p.id = r.id"""

Post = Callable[[str, str], Awaitable[str]]


class Desk:
    """What is claimed and not finished; each waits for its own instant."""

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.results: list[tuple[Any, str]] = []

    def add(self, rows: list[Any]) -> None:
        loop, now = asyncio.get_running_loop(), datetime.now(UTC)
        self.held += len(rows)
        for row in rows:
            early = (row["due_at"] - now).total_seconds()
            if early > 0:
                loop.call_later(early, self.queue.put_nowait, row)
            else:
                self.queue.put_nowait(row)


async def claim(pool: Any, desk: Desk) -> None:
    while True:
        if desk.held > desk.most:
            await asyncio.sleep(0.005)
            continue
        rows = await pool.fetch(CLAIM)
        desk.add(rows)
        if not rows:
            await asyncio.sleep(IDLE)


async def work(desk: Desk, post: Post) -> None:
    while True:
        row = await desk.queue.get()
        external_id = await post(row["text"], row["token"])
        desk.results.append((row["id"], external_id))


async def record(pool: Any, desk: Desk) -> None:
    while True:
        await asyncio.sleep(WINDOW if desk.held else IDLE)
        if desk.results:
            batch, desk.results = desk.results, []
            desk.held -= len(batch)
            await pool.execute(RECORD, [each[0] for each in batch], [each[1] for each in batch])


def through_aiohttp(session: aiohttp.ClientSession, url: str) -> Post:
    async def post(text: str, token: str) -> str:
        headers = {"Authorization": f"Bearer {token}"}
        async with session.post(f"{url}/2/tweets", json={"text": text}, headers=headers) as answer:
            answer.raise_for_status()
            return (await answer.json())["data"]["id"]

    return post


def through_httpx2(session: aiohttp.ClientSession, url: str) -> Post:
    client = httpx2.AsyncClient(transport=AiohttpTransport(client=session), trust_env=False)

    async def post(text: str, token: str) -> str:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.post(f"{url}/2/tweets", json={"text": text}, headers=headers)
        return answer.raise_for_status().json()["data"]["id"]

    return post


async def main(database: str, url: str, concurrency: int, client: str) -> None:
    pool = await asyncpg.create_pool(database, min_size=3, max_size=3)
    desk = Desk(concurrency + BATCH // 2)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
        post = (through_httpx2 if client == "httpx2" else through_aiohttp)(session, url)
        loops = [claim(pool, desk), record(pool, desk), *(work(desk, post) for _ in range(concurrency))]
        tasks = [asyncio.create_task(each) for each in loops]
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, tasks[0].cancel)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with contextlib.suppress(asyncio.CancelledError):
            for done in asyncio.as_completed(tasks):  # the first to end is the signal, or a mistake
                await done
        for each in tasks:
            each.cancel()
    await pool.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
