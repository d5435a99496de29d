"""What the limits on our callers cost: one route of `ocma api`, with limits and without, by turns, in one run.

    .venv/bin/python -m bench.rate_limits

Prints, for requests one after the other and for many at once: CPU of the API process and of Valkey per request, and round trips
to Valkey per request; and the ratio to the same route without limits. The route needs an API key, which the process remembers,
and neither PostgreSQL nor Valkey by itself. Bounded, on servers of its own.
"""

import argparse
import asyncio
import base64
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bench.burst.usage import cpu
from bench.stopping import stoppable
from redis.asyncio import Redis

from ocma import bootstrap
from ocma.features.workspaces import keys
from ocma.features.workspaces.caller import operator
from ocma.features.workspaces.workspaces import create_workspace
from ocma.ids import new_id
from ocma.infra import embedded, migrations
from ocma.infra.embedded.servers import Services
from ocma.settings import Settings

PATH = "/api/webhook-event-types"
LIMITS = {"off": "off", "on": "100000000/1m"}
MICROSECONDS = 1_000_000  # in a second
START = 60.0  # seconds that a process has


@dataclass(frozen=True)
class Api:
    port: int
    pid: int


@dataclass(frozen=True)
class Cost:
    """Per request: CPU in µs, round trips to Valkey."""

    api: float
    valkey: float
    trips: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=1600, help="in a turn")
    parser.add_argument("--turns", type=int, default=7, help="of each; the least counts: what else runs on the machine only adds")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 64])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded.temporary() as services, ExitStack() as stack:
        migrations.run(services.postgres.owner_url)
        variables = _variables(services, Path(folder))
        _, token = asyncio.run(key(variables))
        apis = {name: stack.enter_context(api(variables, limit)) for name, limit in LIMITS.items()}
        print("| at once | limits | API, µs | ratio | Valkey, µs | round trips |\n| --: | --- | --: | --: | --: | --: |")
        for at_once in options.at_once:
            found = asyncio.run(_compare(services, apis, token, options.requests, options.turns, at_once))
            for name, cost in found.items():
                figures = f"{cost.api:.0f} | {cost.api / found['off'].api:.2f} | {cost.valkey:.0f} | {cost.trips:.2f}"
                print(f"| {at_once} | {name} | {figures} |", flush=True)


def _variables(services: Services, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": services.postgres.app_url,
        "REDIS_URL": services.valkey.url,
        "OCMA_VAULT_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "OCMA_MEDIA_DIR": str(folder),
    }


async def key(variables: Mapping[str, str]) -> tuple[UUID, str]:
    """A workspace, and a key that may do everything there."""
    caller = operator(new_id())
    settings = Settings(_env_file=None, **variables)  # pyright: ignore[reportCallIssue] - by their aliases
    async with bootstrap.resources(settings) as resources, resources.database.transaction(caller.workspace_id) as session:
        await create_workspace(session, caller, "bench", resources.clock)
        return caller.workspace_id, (await keys.create_key(session, caller, "bench", resources.clock)).key


@contextmanager
def api(variables: Mapping[str, str], limit: str) -> Iterator[Api]:
    """Its log goes nowhere: it costs what it costs, in both."""
    limits = {f"OCMA_RATE_LIMIT_{kind}": limit for kind in ("READ", "WRITE", "UPLOAD", "DOWNLOAD", "AUTH")}
    port = free_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "ocma", "api", "--port", str(port)],
        env={**os.environ, **variables, **limits},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, child)
        yield Api(port, child.pid)
    finally:
        child.terminate()
        child.wait(30)


def free_port() -> int:
    """Given back at once: a socket that is handed on waits for Nagle's algorithm."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def wait_for(port: int, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and child.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("ocma api did not start")


async def _compare(
    services: Services, apis: Mapping[str, Api], token: str, requests: int, turns: int, at_once: int
) -> dict[str, Cost]:
    """By turns, so that whatever else the machine does strikes both."""
    found: dict[str, list[Cost]] = {name: [] for name in apis}
    for api in apis.values():
        await _ask(api, token, 500, at_once)
    for _ in range(turns):
        for name, api in apis.items():
            found[name].append(await _turn(services, api, token, requests, at_once))
    return {
        name: Cost(*(min(getattr(each, field) for each in costs) for field in ("api", "valkey", "trips")))
        for name, costs in found.items()
    }


async def _turn(services: Services, api: Api, token: str, requests: int, at_once: int) -> Cost:
    valkey = services.processes[1].pid
    before = cpu(api.pid), cpu(valkey), await _trips(services)
    await _ask(api, token, requests, at_once)
    after = cpu(api.pid), cpu(valkey), await _trips(services)
    used, served, trips = (later - earlier for earlier, later in zip(before, after, strict=True))
    return Cost(used / requests * MICROSECONDS, served / requests * MICROSECONDS, trips / requests)


async def _trips(services: Services) -> int:
    async with Redis.from_url(services.valkey.url) as redis:
        return (await redis.info("commandstats")).get("cmdstat_evalsha", {"calls": 0})["calls"]


async def _ask(api: Api, token: str, requests: int, at_once: int) -> None:
    await asyncio.gather(*(_client(api, token, requests // at_once) for _ in range(at_once)))


async def _client(api: Api, token: str, requests: int) -> None:
    """One after the other on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    question = f"GET {PATH} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    for _ in range(requests):
        writer.write(question)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
    writer.close()
    await writer.wait_closed()


if __name__ == "__main__":
    with stoppable():
        main()
