"""How many publications a process works at once: in all, and for each platform (each host, where a platform is many servers)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ocma.features.publishing.load import Work


class Lanes:
    """A platform's own lane is narrower than the road, so that one that hangs leaves room for the others."""

    def __init__(self, most: int, per_platform: int) -> None:
        self._all = asyncio.Semaphore(most)
        self._lanes: dict[tuple[str, str], asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_platform))

    @asynccontextmanager
    async def enter(self, work: Work) -> AsyncGenerator[None]:
        async with self._lanes[work.account.platform, work.account.host], self._all:
            yield
