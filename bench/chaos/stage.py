"""All processes of one run, as an operator would start them, in a folder of their own; all gone at its end."""

import asyncio
import base64
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncGenerator, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from bench.chaos.company import Company, open_company
from bench.chaos.crew import Crew
from bench.chaos.ledger import Ledger
from bench.chaos.options import SETTINGS, Options
from bench.chaos.platforms import Platforms, open_platforms
from bench.chaos.servers import Servers, command

from ocma.bootstrap import Resources, resources
from ocma.infra import migrations
from ocma.infra.embedded import folder, ports
from ocma.infra.embedded.process import Command
from ocma.settings import Settings

BLIND = str(Path(__file__).with_name("blind_worker.py"))


@dataclass(frozen=True, slots=True)
class Stage:
    """`resources` is our own, for the planning function."""

    options: Options
    seed: int
    data: Path
    servers: Servers
    platforms: Platforms
    company: Company
    crew: Crew
    resources: Resources
    ledger: Ledger


@contextmanager
def open_folder(options: Options, seed: int) -> Generator[Path]:
    """A new one; removed afterwards unless it is to be kept."""
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-", dir=options.keep))
    try:
        yield folder.create(path)
    finally:
        if not options.keep:
            folder.remove(path)


@asynccontextmanager
async def open_stage(options: Options, seed: int, data: Path, servers: Servers) -> AsyncGenerator[Stage]:
    owner_url, bare = servers.services.postgres.owner_url, _bare_environment()
    await migrations.migrate(owner_url)
    settings = _settings(data, servers, ports.keep(data, "api"))
    async with (
        open_platforms(options, data, seed, bare) as platforms,
        resources(Settings(_env_file=None, **settings)) as own,  # pyright: ignore[reportCallIssue] - pydantic-settings takes it
        open_company(settings["OCMA_PUBLIC_URL"]) as company,
    ):
        environment = bare | settings | SETTINGS | platforms.environment()
        crew = Crew(_commands(options, data, environment), Random(f"{seed}:crew"))
        try:
            async with beside(crew.keep()):
                await company.until_up()
                yield Stage(options, seed, data, servers, platforms, company, crew, own, Ledger(owner_url))
        finally:
            crew.end()


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Runs as long as the block; its failure ends the block, too."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        yield
        for task in tasks:
            task.cancel()


def _settings(data: Path, servers: Servers, api_port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": servers.services.postgres.app_url,
        "REDIS_URL": servers.services.valkey.url,
        "OCMA_VAULT_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "OCMA_MEDIA_DIR": str(data / "media"),
        "OCMA_PUBLIC_URL": f"http://127.0.0.1:{api_port}",
    }


def _bare_environment() -> dict[str, str]:
    """Nothing of what the user has set up for real."""
    theirs = ("OCMA_", "DATABASE_", "REDIS_", "TWITTER_")
    return {name: value for name, value in os.environ.items() if not name.startswith(theirs)}


def _commands(options: Options, data: Path, environment: dict[str, str]) -> list[tuple[str, Command]]:
    python, port = sys.executable, environment["OCMA_PUBLIC_URL"].rpartition(":")[2]
    worker = (python, BLIND) if options.blind else (python, "-m", "ocma", "worker")
    wanted = [("api", (python, "-m", "ocma", "api", "--port", port))]
    wanted += [("worker", worker)] * options.workers
    wanted += [("dispatcher", (python, "-m", "ocma", "dispatcher"))] * options.dispatchers
    return [(role, command(argv, f"{role}-{index}", data, environment)) for index, (role, argv) in enumerate(wanted)]
