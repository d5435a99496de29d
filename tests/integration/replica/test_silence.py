"""A wire that is cut under open connections: nothing waits there for long, nothing is left of it, and no process hangs at its end."""

import asyncio
import gc
import time
from contextvars import ContextVar

import pytest
from sqlalchemy import text

from integration.replica.reads import counted, on_replica
from integration.replica.test_trouble import SOON, Load, read_until, read_until_fault
from integration.replica.wire import Wire
from ocma.infra.database import Database
from stage import until

HERE = ContextVar("HERE", default=False)  # a task inherits it from who made it


@pytest.fixture
async def wire(pair):
    async with Wire(pair.replica.url).open() as found:
        yield found


@pytest.fixture
async def begun():
    """The tasks of the test, and of its tasks: in its loop live other modules' processes, too."""
    found: set[asyncio.Task] = set()
    loop = asyncio.get_running_loop()

    def make(loop, coroutine, **options):
        task = asyncio.Task(coroutine, loop=loop, **options)
        if HERE.get():
            found.add(task)
        return task

    before = loop.get_task_factory()
    loop.set_task_factory(make)
    yield found
    loop.set_task_factory(before)


@pytest.fixture
async def complaints():
    """What nobody has looked at in the end."""
    gc.collect()  # what others have left
    found, loop = [], asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: found.append(context))
    yield found
    loop.set_exception_handler(before)


async def warmed(resources, workspace):
    """Connections are open to it, and nobody uses them."""
    await read_until(resources, workspace, where=True)
    assert {*await asyncio.gather(*(resources.reader.read(workspace, on_replica) for _ in range(6)))} == {True}
    (pool,) = resources.reader.replica.pools()
    assert (pool.in_use, pool.idle > 1) == (0, True)


async def test_connections_that_were_idle_are_not_waited_for_when_it_is_back(open_with, workspace, wire):
    async with open_with(wire.url) as found:
        await warmed(found, workspace)
        wire.cut()
        await read_until_fault(found, "unreachable")
        wire.mend()
        began = time.monotonic()
        await read_until(found, workspace, where=True)
        for _ in range(6):
            assert await found.reader.read(workspace, on_replica) is True
        assert time.monotonic() - began < SOON


async def test_nothing_is_left_of_reads_that_were_given_up(open_with, workspace, wire, begun, complaints):
    HERE.set(True)
    async with open_with(wire.url) as found:
        async with Load(found, workspace) as load:
            await read_until(found, workspace, where=True)
            await load.all_answered()
            wire.cut()
            began = time.monotonic()
            await load.all_answered()
            assert time.monotonic() - began < SOON
        assert counted(found)["failed"] >= 1

        async def is_empty():
            (pool,) = found.reader.replica.pools()
            return (pool.in_use, pool.waiting) == (0, 0) or None

        await until(is_empty, SOON)

    assert len(begun) > len(load.answers)

    async def have_ended():
        return all(each.done() for each in begun) or None

    await until(have_ended, SOON)
    begun.clear()  # or none could complain
    gc.collect()
    assert complaints == []


@pytest.mark.parametrize("reading", [False, True])
async def test_a_process_ends_though_it_says_nothing(open_with, workspace, wire, reading):
    """`reading`: somebody still waits for an answer."""
    opening = open_with(wire.url)
    found = await opening.__aenter__()
    try:
        await warmed(found, workspace)
        wire.cut()
        read = asyncio.create_task(found.reader.read(workspace, on_replica)) if reading else None
        await asyncio.sleep(0.1)
    finally:
        async with asyncio.timeout(SOON):
            await opening.__aexit__(None, None, None)
    if read:
        read.cancel()
        await asyncio.wait([read], timeout=SOON)
        assert read.done()


async def test_nor_is_a_primary_waited_for(wire):
    database = Database(wire.url)
    async with database.reading(None) as session:
        await session.execute(text("SELECT 1"))
    wire.cut()
    async with asyncio.timeout(SOON):
        await database.close()
