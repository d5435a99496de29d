"""GET /api/social/metrics when the answer is at hand, beside bare FastAPI that returns the same bytes; and when it is not."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.burst.usage import cpu
from bench.rate_limits import free_port, wait_for

PATH = "/api/social/metrics?platform=all&timeRange=30d"
MICROSECONDS = 1_000_000
# What only opens, names or ends a transaction is no query.
COUNTED = """
    SELECT coalesce(sum(calls), 0) FROM public.pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
    WHERE r.rolname = $1 AND s.toplevel AND s.query !~* '^(begin|commit|rollback|set|select set_config)'"""


@dataclass(frozen=True, slots=True)
class Door:
    """`question` is a whole request, as it goes over the wire."""

    port: int
    pid: int
    question: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """Answers a second, and the server's CPU for each in µs."""

    rate: float
    cost: float


def question(path: str, token: str = "") -> bytes:
    who = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{who}\r\n".encode()


@contextmanager
def bare(body: bytes, folder: Path) -> Iterator[Door]:
    file, port = folder / "body.json", free_port()
    file.write_bytes(body)
    child = subprocess.Popen([sys.executable, str(Path(__file__).with_name("bare.py")), str(port), str(file)])
    try:
        wait_for(port, child)
        yield Door(port, child.pid, question("/bytes"))
    finally:
        child.terminate()
        child.wait(30)


async def ask(door: Door, question: bytes | None = None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        return await _answer(reader, writer, question or door.question)
    finally:
        writer.close()


async def compare(doors: Sequence[Door], requests: int, turns: int, at_once: int) -> list[Turn]:
    """By turns, so that whatever else the machine does strikes all. The median of each."""
    for door in doors:
        await _turn(door, requests // 4, at_once)
    found = [[await _turn(door, requests, at_once) for door in doors] for _ in range(turns)]
    return [
        Turn(statistics.median(each[place].rate for each in found), statistics.median(each[place].cost for each in found))
        for place in range(len(doors))
    ]


async def _turn(door: Door, requests: int, at_once: int) -> Turn:
    used, began = cpu(door.pid), time.perf_counter()
    await asyncio.gather(*(_client(door, requests // at_once) for _ in range(at_once)))
    seconds = time.perf_counter() - began
    return Turn(requests / seconds, (cpu(door.pid) - used) / requests * MICROSECONDS)


async def _client(door: Door, requests: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    for _ in range(requests):
        await _answer(reader, writer, door.question)
    writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytes) -> bytes:
    writer.write(asked)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(head.decode() + (await reader.read(1000)).decode())
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return await reader.readexactly(int(length.split(b":")[1]))


async def cold(raw: Any, door: Door, token: str, requests: int) -> tuple[float, list[float]]:
    """Each for a span of its own, so that nothing is at hand: statements of a request, and the seconds that each took."""
    now, seconds = datetime.now(UTC).replace(microsecond=0), list[float]()
    before = await raw.fetchval(COUNTED, "ocma_app")
    for number in range(requests):
        start = (now - timedelta(days=30, seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        began = time.perf_counter()
        await ask(door, question(f"/api/social/metrics?platform=all&from={start}", token))
        seconds.append(time.perf_counter() - began)
    return ((await raw.fetchval(COUNTED, "ocma_app")) - before) / requests, seconds
