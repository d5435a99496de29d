"""One computes, all have it; what has changed is seen."""

import asyncio
import json

import pytest

from integration.infra.cache.conftest import Source, told
from ocma.ids import new_id
from ocma.infra.cache import TRUST
from ocma.infra.cache.cache import NEGATIVE
from ocma.infra.cache.keys import Key
from ocma.infra.cache.wanted import LARGEST
from ocma.infra.redis import connect
from stage import until

PARTS = ("report", "of", 7)
TAG = "account:7"


def ask(cache, workspace, source, ttl=100.0, parts=PARTS, tags=(TAG,)):
    return cache.get_or(workspace, parts, ttl, source, tags=tags)


async def test_a_hundred_at_once_compute_once(process, workspace, slow):
    cache = process()
    found = await asyncio.gather(*(ask(cache, workspace, slow) for _ in range(100)))
    assert (set(found), slow.computed) == ({b"version 1"}, 1)
    assert await ask(cache, workspace, slow) == b"version 1"
    assert (slow.computed, told(cache, "memory")) == (1, 1)


async def test_so_do_a_hundred_in_each_of_three_processes(process, workspace, slow):
    caches = [process() for _ in range(3)]
    found = await asyncio.gather(*(ask(each, workspace, slow) for each in caches for _ in range(100)))
    assert (set(found), slow.computed) == ({b"version 1"}, 1)


async def test_an_error_goes_to_all_who_wait_and_is_not_kept(process, workspace, source):
    first, second = process(), process()

    async def fails():
        source.computed += 1
        await asyncio.sleep(0.2)
        raise ValueError("no")

    found = await asyncio.gather(*(ask(first, workspace, fails) for _ in range(10)), return_exceptions=True)
    assert {str(each) for each in found} == {"no"}
    assert source.computed == 1
    assert await asyncio.wait_for(ask(second, workspace, source), 4.5) == b"version 1", "the lock of whom it failed was kept"


async def test_who_asked_first_may_hang_up(process, workspace, slow):
    cache = process()
    first = asyncio.create_task(ask(cache, workspace, slow))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(ask(cache, workspace, slow))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second, slow.computed) == (b"version 1", 1)


async def test_what_one_process_declares_void_the_others_hear(process, workspace, source, hands):
    one, other = process(), process(monotonic=hands)  # whose time stands still: only a message can tell it
    await ask(one, workspace, source)
    await ask(other, workspace, source)
    await asyncio.sleep(0.2)  # it has subscribed
    assert await ask(other, workspace, source) == b"version 1"
    source.version = 2
    await one.invalidate(workspace, TAG)
    assert await ask(one, workspace, source) == b"version 2"

    async def seen():
        return await ask(other, workspace, source) == b"version 2" or None

    await until(seen, 20)
    assert source.computed == 2


async def test_its_own_message_spoils_nothing_that_was_begun_after_it(process, workspace, slow):
    cache, other = process(), process()
    await ask(cache, workspace, slow)
    await asyncio.sleep(0.2)  # it has subscribed
    await cache.invalidate(workspace, TAG)
    assert await ask(cache, workspace, slow) == b"version 1"  # the message has come back while it was computed
    assert await ask(cache, workspace, slow) == await ask(other, workspace, slow) == b"version 1"
    assert slow.computed == 2


async def test_a_message_that_is_missed_costs_the_stated_bound(process, workspace, source, hands):
    one, deaf = process(), process(monotonic=hands)
    deaf._news.listen = lambda: None
    await ask(one, workspace, source)
    await ask(deaf, workspace, source)
    source.version = 2
    await one.invalidate(workspace, TAG)
    hands.now += TRUST - 0.1
    assert await ask(deaf, workspace, source) == b"version 1", "then this test shows nothing"
    hands.now += 0.1
    assert await ask(deaf, workspace, source) == b"version 2"


async def test_what_stands_is_believed_again_without_being_sent(process, workspace, source, hands):
    cache = process(monotonic=hands)
    await ask(cache, workspace, source)
    for _ in range(3):
        hands.now += TRUST
        assert await ask(cache, workspace, source) == b"version 1"
    assert (source.computed, told(cache, "redis"), told(cache, "memory")) == (1, 3, 0)
    assert await ask(cache, workspace, source) == b"version 1"
    assert told(cache, "memory") == 1


async def test_only_what_has_the_tag_is_void_and_without_one_everything(process, workspace, source):
    cache, other = process(), new_id()
    await ask(cache, workspace, source)
    await ask(cache, workspace, source, parts=("report", 8), tags=("account:8",))
    await ask(cache, other, source)
    await cache.invalidate(workspace, TAG)
    await ask(cache, workspace, source, parts=("report", 8), tags=("account:8",))
    await ask(cache, other, source)
    assert source.computed == 3
    await ask(cache, workspace, source)
    assert source.computed == 4
    await cache.invalidate(workspace)
    await ask(cache, workspace, source)
    await ask(cache, workspace, source, parts=("report", 8), tags=("account:8",))
    await ask(cache, other, source)
    assert source.computed == 6


async def test_a_tag_without_a_name_is_that_of_everything(process, workspace, source):
    """It may be said twice: what is dropped is dropped once."""
    cache = process()
    await ask(cache, workspace, source, tags=("", TAG))
    await ask(cache, workspace, source, parts=("report", 8), tags=())
    await cache.invalidate(workspace, "")
    assert (len(cache._memory), cache._memory.bytes, cache._memory._tagged) == (0, 0, {})
    await ask(cache, workspace, source, tags=("", TAG))
    assert source.computed == 3


async def begun(source):
    async def computing():
        return source.computed or None

    await until(computing, 20)


async def test_what_changes_while_it_is_computed_is_not_kept(process, workspace, slow):
    cache, other = process(), process()
    before = asyncio.create_task(ask(cache, workspace, slow))
    await begun(slow)
    slow.version = 2
    await cache.invalidate(workspace, TAG)
    assert await ask(cache, workspace, slow) == b"version 2", "who asks after the change must not join who asked before it"
    assert await before == b"version 1"
    assert await ask(cache, workspace, slow) == b"version 2"
    assert await ask(other, workspace, slow) == b"version 2"


async def test_a_forgotten_version_voids_what_was_made_under_it(process, server, workspace, source):
    """An evicted or flushed tag must not bring old answers back."""
    await ask(process(), workspace, source)
    redis = connect(server.url)
    for name in await redis.keys(f"ocma:cache:{{{workspace}}}::*"):
        await redis.delete(name)
    await redis.aclose()
    source.version = 2
    assert await ask(process(), workspace, source) == b"version 2"


async def test_an_answer_ends_with_its_ttl(process, workspace, source, hands):
    cache = process(monotonic=hands)
    await ask(cache, workspace, source, ttl=0.3)
    source.version = 2
    await asyncio.sleep(0.35)
    hands.now += 0.35
    assert await ask(cache, workspace, source, ttl=0.3) == b"version 2"


async def shorten(server, workspace, seconds):
    """Brings all that is kept of a workspace to its last seconds."""
    redis = connect(server.url)
    for name in await redis.keys(f"ocma:cache:{{{workspace}}}:report:*"):
        await redis.pexpire(name, int(seconds * 1000))
    await redis.aclose()


async def test_shortly_before_its_end_one_renews_it_and_nobody_waits(process, server, workspace, slow):
    await ask(process(), workspace, slow, ttl=100)
    await shorten(server, workspace, 15)
    slow.version, slow.seconds = 2, 5.0
    late = [process() for _ in range(3)]
    async with asyncio.timeout(4.5):  # the answer that comes takes longer
        found = await asyncio.gather(*(ask(each, workspace, slow, ttl=100) for each in late for _ in range(20)))
    assert set(found) == {b"version 1"}
    assert sum(told(each, "early") for each in late) > 0

    async def renewed():
        return await ask(process(), workspace, slow, ttl=100) == b"version 2" or None

    await until(renewed, 30)
    assert slow.computed == 2, "more than one renewed it"


async def test_memory_renews_too(process, workspace, source, hands):
    cache = process(monotonic=hands)
    await ask(cache, workspace, source, ttl=10)
    hands.now += 4.5
    assert await ask(cache, workspace, source, ttl=10) == b"version 1"
    assert (told(cache, "early"), source.computed) == (0, 1)
    hands.now += 1
    await ask(cache, workspace, source, ttl=10)  # Redis was asked whether it stands
    hands.now += 3
    source.version = 2
    assert await ask(cache, workspace, source, ttl=10) == b"version 1"
    assert told(cache, "early") == 1


async def test_nothing_is_an_answer_for_a_short_time(process, workspace, source, hands):
    cache, other = process(monotonic=hands), process()
    source.version = None
    for _ in range(3):
        assert await ask(cache, workspace, source) is None
    assert await ask(other, workspace, source) is None
    assert source.computed == 1
    source.version = 1
    hands.now += NEGATIVE
    redis = connect_of(cache)
    name = cache_name(workspace)
    assert 0 < await redis.pttl(name) <= NEGATIVE * 1000
    await redis.delete(name)
    assert await ask(cache, workspace, source) == b"version 1"


def connect_of(cache):
    return cache._line._redis


def cache_name(workspace):
    return Key(workspace, PARTS, frozenset({TAG})).name


async def calls(redis):
    return (await redis.info("commandstats")).get("cmdstat_evalsha", {"calls": 0})["calls"]


async def test_many_take_one_call_to_read_and_one_to_keep(process, server, workspace, hands):
    asked, many = [], [("report", number) for number in range(50)]

    async def compute(missing):
        asked.append(len(missing))
        return {parts: None if parts[1] == 49 else b"%d" % parts[1] for parts in missing if parts[1] != 48}

    first, second = process(monotonic=hands), process(monotonic=hands)
    await first.get_many_or(workspace, [("warm", 1)], 100, compute)
    await second.get_many_or(workspace, [("warm", 1)], 100, compute)
    redis = connect_of(first)
    before = await calls(redis)
    expected = {parts: b"%d" % parts[1] if parts[1] < 48 else None for parts in many}
    assert await first.get_many_or(workspace, many, 100, compute) == expected
    assert await calls(redis) - before == 2
    assert await second.get_many_or(workspace, [*many, ("report", 50)], 100, compute) == expected | {("report", 50): b"50"}
    assert await calls(redis) - before == 4
    assert asked == [1, 50, 1]
    assert await second.get_many_or(workspace, many, 100, compute) == expected
    assert await calls(redis) - before == 4, "it is in memory"
    assert await first.get_or(workspace, ("report", 3), 100, Source()) == b"3", "one of many is kept like one"


async def test_many_do_not_outlive_an_invalidation(process, workspace):
    cache, version, computing = process(), 1, asyncio.Event()

    async def compute(missing):
        found = version
        computing.set()
        await asyncio.sleep(0.2)
        return dict.fromkeys(missing, b"%d" % found)

    many = [("report", 1), ("report", 2)]
    before = asyncio.create_task(cache.get_many_or(workspace, many, 100, compute, tags=(TAG,)))
    await computing.wait()
    version = 2
    await cache.invalidate(workspace, TAG)
    assert set((await before).values()) == {b"1"}
    assert set((await cache.get_many_or(workspace, many, 100, compute, tags=(TAG,))).values()) == {b"2"}


async def test_what_is_too_large_is_given_and_not_kept(process, server, workspace):
    cache, computed = process(), 0

    async def large():
        nonlocal computed
        computed += 1
        return b"x" * (LARGEST + 1)

    for _ in range(2):
        assert len(await ask(cache, workspace, large)) == LARGEST + 1
    assert (computed, told(cache, "tooLarge"), cache._memory.bytes) == (2, 2, 0)
    redis = connect(server.url)
    assert [name async for name in redis.scan_iter(f"ocma:cache:{{{workspace}}}:report:*")] == []
    await redis.aclose()


async def test_memory_has_its_bounds(process, workspace):
    cache = process(room=100_000)

    async def compute():
        return b"x" * 10_000

    for number in range(50):
        await cache.get_or(workspace, ("report", number), 100, compute)
    assert 50_000 < cache._memory.bytes <= 100_000
    assert cache._memory.bytes == sum(each.size for each in cache._memory._entries.values())
    await cache.invalidate(workspace)
    assert (cache._memory.bytes, len(cache._memory), cache._memory._tagged) == (0, 0, {})


async def test_json_is_everybodys_own_copy(process, workspace):
    cache, value = process(), {"likes": 3, "none": None, "list": [1]}

    async def compute():
        return value

    first = await cache.get_json_or(workspace, PARTS, 100, compute)
    first["likes"] = 9
    assert await cache.get_json_or(workspace, PARTS, 100, compute) == json.loads(json.dumps(value))


@pytest.mark.parametrize("bad", [None, "", "0190", 7])
async def test_there_is_no_key_without_a_workspace(process, source, bad):
    with pytest.raises(TypeError):
        await ask(process(), bad, source)


async def test_there_is_no_key_that_does_not_say_what_for(process, workspace, source):
    for parts in ((), (7,)):
        with pytest.raises(TypeError):
            await ask(process(), workspace, source, parts=parts)
    with pytest.raises(ValueError, match="more than 0"):
        await ask(process(), workspace, source, ttl=0)
