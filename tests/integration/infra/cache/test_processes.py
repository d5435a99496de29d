"""Two processes of the operating system, one Redis."""

import asyncio
import sys
from pathlib import Path

import pytest

from ocma.infra.redis import connect
from stage import until

PROGRAM = Path(__file__).parents[3] / "computing.py"


class Child:
    def __init__(self, process):
        self.process = process

    async def line(self):
        return (await asyncio.wait_for(self.process.stdout.readline(), 60)).decode().split()

    def ask(self):
        self.process.stdin.write(b"\n")


@pytest.fixture
async def children(server, workspace):
    command = [sys.executable, str(PROGRAM), server.url, str(workspace)]
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    found = [Child(await asyncio.create_subprocess_exec(*command, **pipes)) for _ in range(2)]
    yield found
    for each in found:
        each.process.kill()
        await each.process.wait()


async def test_a_hundred_in_each_of_two_compute_once_and_again_after_a_change(children, server, workspace, process):
    redis, cache = connect(server.url), process()
    await redis.set(f"test:{workspace}", "one")
    for each in children:
        assert await each.line() == ["ready"]

    async def asked():
        for each in children:
            each.ask()
        lines = [await each.line() for each in children]
        versions = sorted({version for version, _ in lines})
        return ", ".join(versions), sum(int(computed) for _, computed in lines)

    assert await asked() == ("one", 1)
    assert await asked() == ("one", 1)
    await redis.set(f"test:{workspace}", "two")
    await cache.invalidate(workspace, "account")

    async def heard():
        found = await asked()
        return found if found[0] == "two" else None

    assert await until(heard, 20) == ("two", 2)
    await redis.aclose()
