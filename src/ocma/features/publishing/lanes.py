"""How much a process does at once: publications in all, calls to each platform (each host, where it is many servers)."""

import asyncio
from collections import defaultdict

Place = tuple[str, str]  # platform, host


class Lanes:
    """A platform's own lane is narrower than the road, so that one that hangs leaves room for the others.

    While some of a platform's publications are at their calls, as many others may be written down.
    """

    def __init__(self, most: int, per_platform: int) -> None:
        self._road = asyncio.Semaphore(most)
        self._queues: dict[Place, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_platform * 2))
        self._calls: dict[Place, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_platform))

    def enter(self, platform: str, host: str) -> tuple[asyncio.Semaphore, asyncio.Semaphore]:
        """To be held, one after the other, from the first look at a publication to the last."""
        return self._queues[platform, host], self._road

    def calls(self, platform: str, host: str) -> asyncio.Semaphore:
        """To be held while the platform is asked for something."""
        return self._calls[platform, host]
