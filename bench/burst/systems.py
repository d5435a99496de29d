"""What is measured: each system as processes that are ready to work, ended with their block."""

import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.burst import details
from bench.burst.stage import FLOOR, HERE, Stage, said, started, until_beating
from redis.asyncio import Redis

from ocma.infra.embedded.process import Child

APP = "ocma_app"
NAMES: Mapping[str, str] = {"product": "OCMA", "floor": "floor", "httpx2": "floor, httpx2", "bullmq": "BullMQ"}


@dataclass(frozen=True, slots=True)
class System:
    """`kind` is one of NAMES. `extra`: variables of the product, set by the operator. `folder`: where BullMQ is installed.

    `details`: a worker is profiled, which makes it slower.
    """

    kind: str
    processes: int
    concurrency: int
    extra: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    details: bool = False

    @property
    def name(self) -> str:
        return NAMES[self.kind]

    @property
    def role(self) -> str:
        """Whose statements in the database are its own."""
        return APP if self.kind == "product" else FLOOR


@asynccontextmanager
async def running(stage: Stage, system: System) -> AsyncGenerator[dict[str, list[Child]]]:
    """Its processes by kind, on an empty Redis; the ones called `worker` make the calls."""
    redis: Redis = Redis.from_url(stage.valkey.url)
    await redis.flushall()
    try:
        with ExitStack() as stack:
            if system.kind == "product":
                yield await _product(stage, system, redis, stack)
            else:
                yield {"worker": await _loops(stage, system, stack)}
    finally:
        await redis.aclose()


async def _product(stage: Stage, system: System, redis: Redis, stack: ExitStack) -> dict[str, list[Child]]:
    environment = {**stage.environment(), "OCMA_PLATFORM_CONCURRENCY": str(system.concurrency), **system.extra}
    found: dict[str, list[Child]] = {"worker": [], "dispatcher": []}
    for kind, count in (("worker", system.processes), ("dispatcher", 1)):
        for _ in range(count):
            watched = system.details and kind == "worker"
            argv = details.profiled(stage, [kind]) if watched else [sys.executable, "-m", "ocma", kind]
            found[kind].append(stack.enter_context(started(stage.path, kind, argv, environment)))
    for kind, children in found.items():
        for child in children:
            await until_beating(redis, kind, child)
    return found


async def _loops(stage: Stage, system: System, stack: ExitStack) -> list[Child]:
    words = [stage.url(FLOOR), stage.platform_url, str(system.concurrency)]
    argv = [sys.executable, str(HERE / "floor.py"), *words, "httpx2" if system.kind == "httpx2" else "aiohttp"]
    if system.kind == "bullmq":
        argv = ["node", str(_folder(system) / "jobs.mjs"), "work", stage.valkey.url, *words]
    found = [stack.enter_context(started(stage.path, system.kind, argv)) for _ in range(system.processes)]
    for child in found:
        await said(child, "ready")
    return found


def _folder(system: System) -> Path:
    if system.folder is None:
        raise ValueError("BullMQ is not installed.")
    return system.folder
