"""Tasks on a Redis stream, acknowledged. They carry ids; what is due and what became of it stands in PostgreSQL.

So a lost or doubled task is harmless: a sweeper takes back what nobody took, and a claim is taken once. It is the same on one
server, behind sentinels and in a cluster: one key, and nothing that cannot be made anew. `entrypoints/worker/engine.py` runs what
is read here.
"""

import asyncio
import json
import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from redis.exceptions import RedisError, ResponseError

from ocma.errors import Unavailable
from ocma.infra.redis import connect

log = structlog.get_logger(__name__)

STREAM, GROUP = "ocma:tasks", "taskiq"
LIMIT = 100_000  # tasks; more than anybody can be behind
BLOCK = 1.0  # seconds that a read waits for a task
ABANDONED = 60.0  # seconds after which a task that is not acknowledged goes to another worker
GONE = 600.0  # seconds of silence after which a worker's name is forgotten; a living one reads every BLOCK
LEAVING = 5.0  # seconds
_LET_GO = "redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) return redis.call('XDEL', KEYS[1], ARGV[2])"
_RETURN = """
local found = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])
if found[1] then redis.call('XADD', KEYS[1], '*', unpack(found[1][2])) end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""


@dataclass(frozen=True, slots=True)
class Task:
    """As it was read: `id` is the stream's, `body` what `send` wrote."""

    id: bytes
    body: bytes


class Tasks:
    """Sends tasks by name; and, for a worker, reads them one by one, so that none waits for a worker that is busy."""

    def __init__(self, redis_url: str) -> None:
        self._redis = connect(redis_url)
        self._reader = connect(redis_url, waits=BLOCK + 2)  # what a read got and could not finish waits for the sweeper
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    async def send(self, name: str, *arguments: Any) -> None:
        """Raises Unavailable when Redis does not take it."""
        body = {"task_id": secrets.token_hex(8), "task_name": name, "labels": {}, "args": arguments, "kwargs": {}}
        try:
            await self.put(json.dumps(body, separators=(",", ":")).encode())
        except (RedisError, OSError) as error:
            raise Unavailable("The task queue does not answer.") from error

    async def put(self, body: bytes) -> None:
        """Raises RedisError or OSError."""
        await self._redis.xadd(STREAM, {b"data": body}, maxlen=LIMIT, approximate=True)

    async def count_waiting(self) -> int:
        """How many no worker has read, at least; 0 when Redis cannot tell. Raises Unavailable when it does not answer."""
        try:
            groups: Any = await self._redis.xinfo_groups(STREAM)
        except ResponseError:  # no stream yet
            return 0
        except (RedisError, OSError) as error:
            raise Unavailable("The task queue does not answer.") from error
        return int(sum(each.get("lag") or 0 for each in groups))

    async def read(self) -> list[Task]:
        """At most one; waits BLOCK seconds for it. Raises RedisError or OSError."""
        try:
            found: Any = await self._reader.xreadgroup(GROUP, self._name, {STREAM: ">"}, count=1, block=int(BLOCK * 1000))
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self._declare()
            return []
        return [task for entries in _streams(found) for task in _tasks(entries)]

    async def reclaim(self) -> list[Task]:
        """What other workers read long ago and never finished. Forgets the names of those that are gone."""
        await self._forget_gone()
        found: Any = await self._redis.xautoclaim(STREAM, GROUP, self._name, int(ABANDONED * 1000), count=100)
        return _tasks(found[1])

    async def acknowledge(self, task: Task) -> None:
        """Done: it need not come again. Never raises: if it comes all the same, there is nothing left to take."""
        try:
            await self._redis.execute_command("EVAL", _LET_GO, 1, STREAM, GROUP, task.id)
        except (RedisError, OSError) as error:
            log.warning("tasks.unacknowledged", error=type(error).__name__)

    async def leave(self) -> None:
        """Hands what this worker read and did not finish to the others, at once, and takes its name away. Never raises."""
        try:
            async with asyncio.timeout(LEAVING):
                for each in await self._redis.xpending_range(STREAM, GROUP, "-", "+", 1000, self._name):
                    await self._redis.execute_command("EVAL", _RETURN, 1, STREAM, GROUP, each["message_id"])
                await self._redis.xgroup_delconsumer(STREAM, GROUP, self._name)
        except (RedisError, OSError) as error:
            log.warning("tasks.leave", error=type(error).__name__)

    async def close(self) -> None:
        for each in (self._redis, self._reader):
            try:
                await each.aclose()
            except (RedisError, OSError) as error:
                log.debug("tasks.close", error=type(error).__name__)

    async def _declare(self) -> None:
        """What was sent before the first worker came counts, hence 0."""
        try:
            await self._redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _forget_gone(self) -> None:
        for each in await self._redis.xinfo_consumers(STREAM, GROUP):
            if each["pending"] == 0 and each["idle"] > GONE * 1000:
                await self._redis.xgroup_delconsumer(STREAM, GROUP, each["name"])


def _streams(found: Any) -> Iterable[Any]:
    """A list of pairs from RESP2, a mapping to lists of lists from RESP3."""
    if isinstance(found, dict):
        return (part for parts in found.values() for part in parts)
    return (entries for _, entries in found or ())


def _tasks(entries: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> list[Task]:
    return [Task(number, fields[b"data"]) for number, fields in entries if fields]
