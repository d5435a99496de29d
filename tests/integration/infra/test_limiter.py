"""Counting in a real Redis, and without one."""

import asyncio
import time

import pytest
import structlog

from integration.publishing.gates.cast import Server
from ocma.ids import new_id
from ocma.infra import limiter
from ocma.infra.limiter import Limiter
from ocma.infra.limits import Policy
from ocma.infra.redis import connect

TEN = Policy("read", 10, 60)
CALM = 20.0  # seconds that Redis has where its slowness is not what is tested: the machine may be busy


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that is stopped and started."""
    found = Server.start(tmp_path_factory.mktemp("limits") / "data")
    yield found
    found.stop()


@pytest.fixture
async def process(server):
    """Makes a limiter, as a process of its own would have."""
    clients = []

    def new(url=server.url, patience=CALM, **more):
        clients.append(connect(url))
        return Limiter(clients[-1], patience=patience, **more)

    yield new
    for each in clients:
        await each.aclose()


@pytest.fixture
async def hanging():
    """The URL of a Redis that takes connections and never says a word."""
    found = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1", 0)
    yield f"redis://127.0.0.1:{found.sockets[0].getsockname()[1]}/0"
    found.close()


@pytest.fixture
def whose():
    return f"key:{new_id()}"


async def many(limit, policy, whose, times):
    """At once."""
    return await asyncio.gather(*(limit.take(policy, whose) for _ in range(times)))


def admitted(standings):
    return sum(not each.is_over for each in standings)


async def test_what_is_left_goes_down_and_no_further(process, whose):
    limit = process()
    found = [await limit.take(TEN, whose) for _ in range(13)]
    assert [each.remaining for each in found] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0]
    assert [each.is_over for each in found] == [False] * 10 + [True] * 3
    assert all(0 < each.seconds <= 60 for each in found)


async def test_processes_share_and_not_one_too_many_is_let_through(process, whose):
    policy, processes = Policy("write", 100, 60), [process() for _ in range(3)]
    found = await asyncio.gather(*(many(each, policy, whose, 70) for each in processes))
    assert sum(admitted(each) for each in found) == 100


async def test_callers_and_kinds_do_not_share(process, whose):
    limit = process()
    assert admitted(await many(limit, TEN, whose, 20)) == 10
    assert admitted(await many(limit, TEN, f"{whose}2", 20)) == 10
    assert admitted(await many(limit, Policy("write", 10, 60), whose, 20)) == 10


async def test_the_window_ends_and_another_begins(process, whose):
    limit, policy = process(), Policy("read", 3, 1)
    assert admitted(await many(limit, policy, whose, 5)) == 3
    await asyncio.sleep((await limit.take(policy, whose)).seconds + 0.05)
    assert [each.remaining for each in await many(limit, policy, whose, 2)] == [2, 1]


async def test_requests_of_one_moment_share_a_round_trip_and_who_is_over_costs_none(process, server, whose):
    limit, redis = process(), connect(server.url)
    await limit.take(TEN, whose)  # connects, and brings the script

    async def calls():
        return (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]

    before = await calls()
    assert admitted(await many(limit, TEN, whose, 50)) == 9
    assert await calls() - before == 1
    assert admitted(await many(limit, TEN, whose, 50)) == 0
    assert await calls() - before == 1
    assert 0 < await redis.pttl(f"{limiter.TAG}:read:60:{whose}") <= 60_000
    await redis.aclose()


async def test_a_redis_that_was_emptied_gives_nobody_a_second_quota(process, server, whose):
    limit, redis = process(), connect(server.url)
    assert admitted(await many(limit, TEN, whose, 8)) == 8
    await redis.flushall()
    await redis.aclose()
    assert admitted(await many(limit, TEN, whose, 8)) == 2


def told(logs):
    """By limiters: other tests' processes may say something of theirs meanwhile."""
    return [each["event"] for each in logs if each["event"].startswith("limits.")]


async def test_alone_each_process_goes_on_from_what_it_knows(process, server, whose):
    known, fresh = process(), process()
    assert admitted(await many(known, TEN, whose, 6)) == 6
    server.stop()
    try:
        with structlog.testing.capture_logs() as logs:
            assert admitted(await many(known, TEN, whose, 20)) == 4
            assert admitted(await many(fresh, TEN, whose, 20)) == 10
    finally:
        server.again()
    assert told(logs) == ["limits.alone"] * 2  # one from each process


async def test_it_comes_back_by_itself_and_told_it_once(process, server, whose, monkeypatch):
    monkeypatch.setattr(limiter, "AGAIN", 0.1)
    limit, redis = process(), connect(server.url)
    server.stop()
    with structlog.testing.capture_logs() as logs:
        try:
            for _ in range(30):
                assert not (await limit.take(Policy("read", 1000, 60), whose)).is_over
                await asyncio.sleep(0.02)
        finally:
            server.again()
        deadline = time.monotonic() + 30
        while not await redis.exists(f"{limiter.TAG}:read:60:{whose}") and time.monotonic() < deadline:
            await limit.take(Policy("read", 1000, 60), whose)
            await asyncio.sleep(0.05)
    before = int(await redis.get(f"{limiter.TAG}:read:60:{whose}"))
    await limit.take(Policy("read", 1000, 60), whose)
    assert int(await redis.get(f"{limiter.TAG}:read:60:{whose}")) > before
    assert told(logs) == ["limits.alone", "limits.shared"]
    await redis.aclose()


async def test_who_finds_out_that_redis_hangs_waits_once_and_nobody_after(process, hanging, whose):
    limit = process(hanging, patience=5)
    began = time.monotonic()
    assert admitted(await many(limit, TEN, whose, 5)) == 5
    assert time.monotonic() - began >= 4
    began = time.monotonic()
    assert admitted([await limit.take(TEN, whose) for _ in range(100)]) == 5
    assert time.monotonic() - began < 4


async def test_looking_for_it_again_delays_nobody(process, hanging, whose, monkeypatch):
    monkeypatch.setattr(limiter, "AGAIN", 0.0)
    limit, policy = process(hanging, patience=5), Policy("read", 1000, 60)
    await limit.take(policy, whose)
    slowest = 0.0
    for _ in range(100):
        began = time.monotonic()
        await limit.take(policy, whose)
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.005)
    assert slowest < 4


async def test_it_forgets_the_longest_silent_first(process, monkeypatch):
    monkeypatch.setattr(limiter, "REMEMBERED", 3)
    limit = process("redis://127.0.0.1:1/0")
    for name in ("a", "b", "a", "c", "d", "a"):
        found = await limit.take(TEN, name)
    assert found.count == 3
    assert (await limit.take(TEN, "b")).count == 1
