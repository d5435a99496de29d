"""A Redis that dies, hangs or never was: slower, never wrong for longer than is said, and whole again by itself."""

import asyncio
import os
import signal
import time

import pytest

from integration.infra.cache.conftest import told
from integration.publishing.gates.cast import Server
from ocma.ids import new_id
from ocma.infra.cache import TRUST
from stage import until

KEY, TAG = ("report", 7), "account:7"
QUICK = {"patience": 0.3, "again": 0.2}


@pytest.fixture
def server(tmp_path):
    """One for each: it is stopped."""
    found = Server.start(tmp_path / "data")
    yield found
    thaw(found)
    found.stop()


def freeze(server):
    os.kill(server.child.pid, signal.SIGSTOP)


def thaw(server):
    os.kill(server.child.pid, signal.SIGCONT)


def kill(server):
    os.kill(server.child.pid, signal.SIGKILL)


def ask(cache, workspace, source, ttl=100.0):
    return cache.get_or(workspace, KEY, ttl, source, tags=(TAG,))


async def back(cache):
    async def is_back():
        return not cache._line.is_away or None

    await until(is_back, 20)


async def gone(cache, workspace, source, hands):
    """It has noticed."""
    hands.now += TRUST
    await ask(cache, workspace, source)
    assert cache._line.is_away


@pytest.mark.parametrize("how", [freeze, kill])
async def test_without_redis_one_computes_and_memory_keeps_it_as_long_as_is_said(process, server, workspace, slow, hands, how):
    cache = process(monotonic=hands, **QUICK)
    await ask(cache, workspace, slow)
    how(server)
    await gone(cache, workspace, slow, hands)
    assert slow.computed == 2
    slow.version = 3
    hands.now += TRUST - 0.1
    assert await ask(cache, workspace, slow) == b"version 1"
    hands.now += 0.1
    assert set(await asyncio.gather(*(ask(cache, workspace, slow) for _ in range(100)))) == {b"version 3"}
    assert slow.computed == 3


async def test_an_error_that_redis_py_has_no_name_for_is_an_outage_too(process, server, workspace, source, monkeypatch):
    """A cluster's connection that another task has just closed says AttributeError: 'NoneType' object has no attribute …"""
    cache = process()

    async def broken(*_):
        raise AttributeError("'NoneType' object has no attribute 'writelines'")

    monkeypatch.setattr(cache._line._redis, "evalsha", broken)
    assert await ask(cache, workspace, source) == b"version 1"
    assert cache._line.is_away
    monkeypatch.undo()
    await back(cache)
    assert await ask(cache, new_id(), source) == b"version 1"
    assert not cache._line.is_away


async def test_a_hang_costs_one_patience_and_not_one_each(process, server, workspace, source):
    cache = process(patience=0.3, again=60)
    await ask(cache, workspace, source)
    freeze(server)
    began = time.monotonic()
    for number in range(200):
        await cache.get_or(workspace, ("report", number + 100), 100, source)
    assert time.monotonic() - began < 20  # 60 when each waits
    assert told(cache, "computed") == 201


async def test_what_was_declared_void_meanwhile_is_not_read_when_it_is_back(process, server, workspace, source, hands):
    """It was frozen, not emptied: the old answer is still there."""
    one = process(monotonic=hands, **QUICK)
    await ask(one, workspace, source)
    freeze(server)
    await gone(one, workspace, source, hands)
    source.version = 2
    await one.invalidate(workspace, TAG)
    assert await ask(one, workspace, source) == b"version 2"
    thaw(server)
    await back(one)
    assert await ask(process(), workspace, source) == b"version 2"
    hands.now += TRUST
    assert await ask(one, workspace, source) == b"version 2"


async def test_who_was_cut_off_serves_nothing_old_for_longer_than_is_said(process, server, workspace, source, hands):
    """It alone: for the others Redis is there."""
    one, cut = process(), process(monotonic=hands, patience=0.3, again=60)
    await ask(one, workspace, source)
    await ask(cut, workspace, source)
    await asyncio.sleep(0.2)  # it has subscribed, and doubts what it has from before
    await ask(cut, workspace, source)
    await cut._news.close()
    cut._line._lose(TimeoutError())
    source.version = 2
    await one.invalidate(workspace, TAG)
    hands.now += TRUST - 0.1
    assert await ask(cut, workspace, source) == b"version 1"
    hands.now += 0.1
    assert await ask(cut, workspace, source) == b"version 2"


async def test_an_invalidation_that_goes_wrong_midway_is_made_good_while_nobody_asks(process, server, workspace, source):
    one = process(**QUICK)
    await ask(one, workspace, source)
    freeze(server)
    began = time.monotonic()
    await one.invalidate(workspace, TAG)
    assert time.monotonic() - began < 2
    source.version = 2
    thaw(server)
    await back(one)  # nobody asked it for anything

    async def made_good():
        return not one._owed or None

    await until(made_good, 20)
    assert await ask(process(), workspace, source) == b"version 2"


async def test_killed_under_load_nobody_gets_an_error_and_all_is_well_again(process, server, workspace, source):
    caches, longest, stop = [process(**QUICK) for _ in range(2)], 0.0, asyncio.Event()

    async def load(cache, number):
        nonlocal longest
        while not stop.is_set():
            began = time.monotonic()
            found = await cache.get_or(workspace, ("report", number % 7), 0.5, source)
            assert found == b"version 1"
            await cache.invalidate(workspace, f"account:{number}")
            longest = max(longest, time.monotonic() - began)
            await asyncio.sleep(0.005)

    loads = [asyncio.create_task(load(caches[number % 2], number)) for number in range(20)]
    await asyncio.sleep(0.5)
    kill(server)
    await asyncio.sleep(2)
    assert all(each._line.is_away for each in caches)
    await asyncio.to_thread(server.again)
    for each in caches:
        await back(each)
    before = sum(told(each, "redis") for each in caches)

    async def shared():
        return sum(told(each, "redis") for each in caches) > before or None

    await until(shared, 20)
    freeze(server)
    await asyncio.sleep(1.5)
    thaw(server)
    for each in caches:
        await back(each)
    stop.set()
    await asyncio.gather(*loads)
    assert longest < 15

    async def made_good():
        return all(not each._owed for each in caches) or None

    await until(made_good, 20)
