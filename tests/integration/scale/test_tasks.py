"""Tasks on a stream: none is lost by a worker that stops, dies or is cut short, and no trace of a worker stays for ever."""

import asyncio
import json
import os
import signal
import time

import pytest

from cancelling import count_going_on, went_on
from integration.scale import cluster, watched
from ocma.entrypoints.worker import engine
from ocma.errors import Unavailable
from ocma.infra import heartbeat
from ocma.infra import tasks as module
from ocma.infra.redis import connect
from ocma.infra.tasks import GROUP, STREAM, Tasks


@pytest.fixture
async def redis(servers):
    client = connect(servers.valkey.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def new(servers, redis):
    """A worker's or dispatcher's side of the queue."""
    opened = []

    def make(url=servers.valkey.url):
        opened.append(Tasks(url))
        return opened[-1]

    yield make
    for each in opened:
        await each.close()


async def read(tasks):
    """The arguments of what comes, the first that comes."""
    for _ in range(5):
        for task in await tasks.read():
            return task, json.loads(task.body)["args"]
    raise AssertionError("nothing came")


class Worker:
    """Runs one task, `name`, until it is stopped."""

    def __init__(self, tasks, handler, concurrency=5):
        self.stop = asyncio.Event()
        self.running = asyncio.create_task(engine.run(tasks, {"name": handler}, concurrency=concurrency, stop=self.stop))

    async def end(self):
        self.stop.set()
        await asyncio.wait_for(self.running, 10)


async def until(reached):
    async with asyncio.timeout(10):
        while not await reached():
            await asyncio.sleep(0.02)


async def listening_on(url, times):
    """How many of so many listeners, each cancelled at some instant, did not end."""

    async def one():
        tasks = Tasks(url)
        try:
            return await went_on(anext(engine.Broker(tasks).listen()), 0.03)
        finally:
            await tasks.close()

    return await count_going_on(one, times)


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 0.01)
    monkeypatch.setattr(engine, "RECLAIM", 0.01)


@pytest.mark.usefixtures("hasty")
async def test_who_is_cancelled_while_it_listens_ends(servers, redis):
    """asyncio.wait_for of Python 3.11, in which redis-py sends, forgets some cancellations: one in some tens here."""
    await redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    assert await listening_on(servers.valkey.url, 400) == 0


async def test_what_was_sent_before_anybody_reads_is_read_by_one(new):
    first, second = new(), new()
    for number in range(4):
        await first.send("name", number)
    assert sorted([(await read(each))[1][0] for each in (first, second, first, second)]) == [0, 1, 2, 3]
    assert await second.read() == []


@pytest.mark.parametrize("protocol", [2, 3])
async def test_both_protocols(new, servers, protocol):
    tasks = new(f"{servers.valkey.url}?protocol={protocol}")
    await tasks.send("name", "x")
    task, arguments = await read(tasks)
    await tasks.acknowledge(task)
    assert (arguments, await tasks.reclaim()) == (["x"], [])


async def test_what_is_done_leaves_nothing(new, redis):
    tasks, done = new(), []

    async def handler(number):
        done.append(number)

    worker = Worker(tasks, handler)
    for number in range(20):
        await tasks.send("name", number)

    async def empty():
        return len(done) == 20 and await redis.xlen(STREAM) == 0

    await until(empty)
    await worker.end()
    assert sorted(done) == list(range(20))
    assert (await redis.xpending(STREAM, GROUP))["pending"] == 0
    assert await redis.xinfo_consumers(STREAM, GROUP) == []


async def test_one_that_stops_hands_over_at_once_what_it_did_not_begin(new, redis):
    """Begun ones are finished; what was read and not begun goes to the next worker, not to the sweeper after half a minute."""
    leaving, staying, begun, done = new(), new(), asyncio.Event(), []
    await leaving.send("name", "lost on the way")
    await read(leaving)  # as when the answer to a read comes after the signal to stop

    async def slow(number):
        begun.set()
        await asyncio.sleep(0.5)
        done.append(number)

    worker = Worker(leaving, slow, concurrency=1)
    for number in range(3):
        await staying.send("name", number)
    await begun.wait()
    await worker.end()
    handed_over = []
    while found := await staying.read():
        handed_over += [json.loads(task.body)["args"][0] for task in found]
    assert len(done) >= 1
    assert sorted([*done, *handed_over], key=str) == [0, 1, 2, "lost on the way"]
    assert [each["name"] for each in await redis.xinfo_consumers(STREAM, GROUP)] == [staying._name.encode()]


async def test_what_a_dead_worker_held_comes_back_without_new_traffic(new, redis, monkeypatch):
    dead, living, done = new(), new(), []
    await dead.send("name", "held")
    await read(dead)
    monkeypatch.setattr(module, "ABANDONED", 0.2)
    monkeypatch.setattr(engine, "RECLAIM", 0.1)

    async def handler(what):
        done.append(what)

    worker = Worker(living, handler)

    async def came():
        return done

    await until(came)
    await worker.end()
    assert set(done) == {"held"}  # twice, where this machine stood still for longer than the dead are waited for


async def test_names_of_the_dead_are_forgotten_once_nothing_is_theirs(new, redis, monkeypatch):
    dead, living = new(), new()
    await dead.send("name", "held")
    await read(dead)
    monkeypatch.setattr(module, "GONE", 0.1)
    await asyncio.sleep(0.2)
    await living.reclaim()
    assert dead._name.encode() in {each["name"] for each in await redis.xinfo_consumers(STREAM, GROUP)}
    monkeypatch.setattr(module, "ABANDONED", 0.0)
    [task] = await living.reclaim()
    await living.acknowledge(task)
    await asyncio.sleep(0.2)
    await living.reclaim()
    assert dead._name.encode() not in {each["name"] for each in await redis.xinfo_consumers(STREAM, GROUP)}


async def test_a_flushed_redis_is_no_end(new, redis):
    tasks, done = new(), []

    async def handler(number):
        done.append(number)

    worker = Worker(tasks, handler)
    for number in range(3):
        await redis.flushall()
        await tasks.send("name", number)

        async def came(number=number):
            return number in done

        await until(came)
    await worker.end()


async def test_a_worker_stops_while_redis_is_away(new):
    async def handler():
        raise AssertionError("nothing can come")

    worker = Worker(new("redis://127.0.0.1:9/0"), handler)
    await asyncio.sleep(0.3)
    await worker.end()


async def test_a_redis_that_hangs_is_unavailable_within_seconds(new, servers):
    tasks, pid = new(), servers.processes[1].pid
    await tasks.send("name", 0)
    os.kill(pid, signal.SIGSTOP)
    since = time.monotonic()
    try:
        with pytest.raises(Unavailable):
            await tasks.send("name", 1)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert time.monotonic() - since < 15


async def test_a_read_that_waits_is_not_cut(new):
    """Longer than a server that hangs is waited for by others."""
    tasks, since = new(), time.monotonic()
    for _ in range(3):
        assert await tasks.read() == []
    assert time.monotonic() - since > 1.9


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("kind", [cluster, watched])
async def test_the_same_in_a_cluster_and_behind_sentinels(new, tmp_path, kind):
    with kind.running(tmp_path) as found:
        tasks, client = new(found.url), connect(found.url)
        try:
            await tasks.send("name", "x")
            task, arguments = await read(tasks)
            assert arguments == ["x"]
            await tasks.leave()
            again, arguments = await read(tasks)
            assert arguments == ["x"]
            assert again.id != task.id
            await tasks.acknowledge(again)
            assert await tasks.reclaim() == []
            assert await client.xlen(STREAM) == 0
            assert await listening_on(found.url, 100) == 0
            await heartbeat.beat(client, "worker", "here", time.time())
            assert len(await heartbeat.list_alive(client, "worker", time.time())) == 1
        finally:
            await client.aclose()
