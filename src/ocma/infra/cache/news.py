"""What other processes declare void, as they say it. Messages get lost: whoever hears them must not rely on hearing them."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing, suppress
from uuid import UUID

import structlog

from ocma.infra.cache.shared import CHANNEL
from ocma.infra.cancellation import end
from ocma.infra.line import AGAIN
from ocma.infra.redis import Client, hear

log = structlog.get_logger(__name__)


class News:
    """`void(workspace, tag)` for each of others that was heard; `missed()` when some may not have been.

    What `me` said is passed over: it was dropped here when it was said, and what is under way was begun after that.
    """

    def __init__(self, redis: Client, me: str, void: Callable[[UUID, str], None], missed: Callable[[], None]) -> None:
        self._redis, self._me, self._void, self._missed = redis, me, void, missed
        self._task: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """From now on; once is enough."""
        if self._task is None:
            self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            with suppress(Exception):  # whatever befell the connection: it is made anew
                async with aclosing(hear(self._redis, CHANNEL)) as messages:
                    async for message in messages:
                        self._hear(message)
            self._missed()
            await asyncio.sleep(AGAIN)

    def _hear(self, message: bytes | None) -> None:
        if message is None:
            self._missed()
            return
        try:
            told = json.loads(message)
            by, workspace_id, tags = told["by"], UUID(told["workspace"]), [str(each) for each in told["tags"]]
        except (ValueError, KeyError, TypeError):
            log.warning("cache.unreadable")
            self._missed()
            return
        for tag in tags if by != self._me else ():
            self._void(workspace_id, tag)

    async def close(self) -> None:
        await end(self._task)
