"""Servers of the bench's own, and processes that end with it."""

import asyncio
import base64
import json
import secrets
import shutil
import socket
import sys
import tempfile
import urllib.request
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
from redis.asyncio import Redis

from ocma.infra import migrations
from ocma.infra.embedded import folder, postgres, process, valkey
from ocma.infra.embedded.database import ensure_database
from ocma.infra.embedded.process import Child, Command
from ocma.infra.vault import Vault, parse_keys

HERE = Path(__file__).parent
START_LIMIT = 120.0  # seconds
# As many quotas as X's own, so that counting costs what it costs, and wide enough for any number of posts.
QUOTAS = "publish:account=1000000/15m,publish:app=10000000/24h,media:account=500/15m"
WATCHER = "bench"  # the role that fills and looks; what it does is not counted
FLOOR = "bench_floor"


@dataclass(frozen=True, slots=True)
class Stage:
    """PostgreSQL (durable, with pg_stat_statements), Valkey, and the platform's side."""

    path: Path
    postgres: postgres.Postgres
    valkey: valkey.Valkey
    servers: tuple[Child, Child]
    responder: Child
    platform_url: str
    key: str = field(repr=False)

    @property
    def vault(self) -> Vault:
        return Vault(parse_keys(self.key))

    def url(self, role: str) -> str:
        return self.postgres.owner_url.replace("//postgres:", f"//{role}:")

    def environment(self) -> dict[str, str]:
        """For the product's own processes: its defaults, but for where everything is and that no figures are read."""
        return {
            "DATABASE_URL": self.postgres.app_url,
            "REDIS_URL": self.valkey.url,
            "OCMA_VAULT_KEYS": self.key,
            "OCMA_MEDIA_DIR": str(self.path / "media"),
            "OCMA_X_API_URL": self.platform_url,
            "OCMA_X_AUTH_URL": self.platform_url,
            "OCMA_X_QUOTAS": QUOTAS,
            "OCMA_METRICS_ENABLED": "false",  # it is publishing that is measured, and the platform here has no figures
            "TWITTER_CLIENT_ID": "bench",
            "TWITTER_CLIENT_SECRET": "bench",
        }

    async def connect(self) -> Any:
        return await asyncpg.connect(self.url(WATCHER))

    def ask(self, path: str, method: str = "GET") -> Any:
        """The platform's books."""
        request = urllib.request.Request(self.platform_url + path, method=method, headers={"Content-Length": "0"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@asynccontextmanager
async def stage(pause: float) -> AsyncGenerator[Stage]:
    """`pause` in seconds: how long the platform takes for an answer."""
    path = Path(tempfile.mkdtemp(prefix="ocma-bench-"))
    try:
        with _servers(path) as (database, cache, servers):
            await _prepare(database)
            with started(path, "responder", [sys.executable, str(HERE / "responder.py"), str(pause)]) as responder:
                url = await said(responder, "http://")
                key = f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
                yield Stage(path, database, cache, servers, responder, url, key)
    finally:
        folder.remove(path)


@contextmanager
def _servers(path: Path) -> Generator[tuple[postgres.Postgres, valkey.Valkey, tuple[Child, Child]]]:
    """As `ocma up` runs them, rows safe on disk; in addition, statements are counted and slow plans can be shown."""
    where = folder.prepare(folder.create(path), lambda _: None)
    database, cache = postgres.prepare(where, durable=True), valkey.prepare(where)
    counted = ("-c", "shared_preload_libraries=pg_stat_statements", "-c", "track_io_timing=on")
    command = replace(database.command, argv=(*database.command.argv, *counted))
    children: list[Child] = []
    try:
        children += [process.spawn(command)]
        children += [process.spawn(cache.command)]
        first, second = children
        process.wait_until(lambda: postgres.is_ready(database, first.pid), first, "PostgreSQL", START_LIMIT)
        process.wait_until(lambda: valkey.is_ready(cache), second, "Valkey", START_LIMIT)
        ensure_database(database)
        yield database, cache, (first, second)
    finally:
        process.end(*reversed(children))


async def _prepare(database: postgres.Postgres) -> None:
    await migrations.migrate(database.owner_url)
    raw: Any = await asyncpg.connect(database.owner_url)
    await raw.execute("CREATE EXTENSION pg_stat_statements")
    for role in (WATCHER, FLOOR):
        await raw.execute(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD '{database.owner_password}'")
    await raw.close()


@contextmanager
def started(
    path: Path, name: str, argv: list[str], environment: Mapping[str, str] | None = None, grace: float = 30.0
) -> Generator[Child]:
    """A process of ours; ends with the block, or with us. What it says goes to a file of its own."""
    program = shutil.which(argv[0]) or argv[0]
    child = process.spawn(
        Command(
            argv=(program, *argv[1:]),
            log=path / f"{name}-{secrets.token_hex(3)}.log",
            folder=path,
            environment={**process.bare_environment(), "HOME": str(path), **(environment or {})},
            grace=grace,
        )
    )
    try:
        yield child
    finally:
        if child.ended() is None:
            process.end(child)


async def said(child: Child, start: str) -> str:
    """The first line that begins so."""
    found: list[str] = []

    def look() -> bool:
        found[:] = [line for line in child.command.log.read_text(errors="replace").splitlines() if line.startswith(start)]
        return bool(found)

    await until(look, child)
    return found[0]


async def until(condition: Callable[[], bool], child: Child, limit: float = 60.0) -> None:
    """Raises with the process's last words when it ends or stays silent."""
    deadline = asyncio.get_running_loop().time() + limit
    while not condition():
        if child.ended() is not None or asyncio.get_running_loop().time() > deadline:
            raise process.failed(child, child.command.log.stem)
        await asyncio.sleep(0.05)


async def until_beating(redis: Redis, kind: str, child: Child) -> None:
    """Until a process of the product says that it lives."""
    key, name = f"ocma:heartbeats:{kind}", f"{socket.gethostname()}:{child.pid}"
    deadline = asyncio.get_running_loop().time() + 60
    while await redis.zscore(key, name) is None:
        if child.ended() is not None or asyncio.get_running_loop().time() > deadline:
            raise process.failed(child, kind)
        await asyncio.sleep(0.05)
