"""A process that asks its cache a hundred times at once, and a second time when it reads a line.

    python tests/computing.py REDIS_URL WORKSPACE

It prints a line `ready`; each time what it got, and how often it had to compute it.
"""

import asyncio
import sys
from uuid import UUID

from ocma.infra.cache import Cache
from ocma.infra.line import Line
from ocma.infra.redis import connect


async def main(url: str, workspace: UUID) -> None:
    redis = connect(url)
    cache, computed = Cache(redis, 1_000_000, line=Line(redis, "cache", patience=20.0)), 0

    async def compute() -> bytes:
        nonlocal computed
        computed += 1
        version = await redis.get(f"test:{workspace}")
        await asyncio.sleep(0.5)
        return version

    await redis.ping()
    say("ready")
    while await asyncio.to_thread(sys.stdin.readline):
        found = await asyncio.gather(*(cache.get_or(workspace, ("report",), 100, compute, tags=("account",)) for _ in range(100)))
        say(*{each.decode() for each in found}, str(computed))
    await cache.close()
    await redis.aclose()


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], UUID(sys.argv[2])))
