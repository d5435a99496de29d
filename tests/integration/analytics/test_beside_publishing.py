"""Reading figures beside publishing: it keeps away from a platform in trouble, and never gets in publishing's way."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from ocma.features.analytics import collect, look
from ocma.features.publishing.admission import account_door, app_door
from ocma.features.publishing.breaker import Breaker, Policy
from ocma.features.publishing.gates import Gates
from ocma.features.publishing.health import fetch_closed, fetch_health
from ocma.infra.redis import connect
from ocma.platforms.errors import PlatformUnavailable, Throttled


@pytest.fixture
async def place(world, resources):
    """Tally's, with all that Redis knows of it forgotten before and after."""
    found = world.collector.gates.place("tally", "")

    async def forget():
        keys = [*found.keys(), app_door(found), account_door("tally", world.account.id)]
        for key in keys:
            await resources.redis.delete(key)

    await forget()
    yield found
    await forget()


async def health(resources, place):
    return (await fetch_health(resources.redis, [place], resources.clock))[place]


async def test_a_platform_whose_breaker_is_open_is_not_asked(world, resources, place):
    seconds = await Breaker(resources.redis, Policy(first=100)).trip(place, "down", 0.5)
    before = datetime.now(UTC)
    assert await world.look() is None
    assert world.books.asked == []
    waits = (await world.row()).next_at - before
    assert timedelta(seconds=seconds - 1) < waits < timedelta(seconds=seconds + 40), "until it may be tried, and a little"
    await Breaker(resources.redis, Policy()).close(place)
    await world.turn()
    assert world.books.questions("/account") != []


@pytest.mark.parametrize("whose", ["account", "app"])
async def test_who_is_to_wait_waits(world, resources, place, whose):
    door = account_door("tally", world.account.id) if whose == "account" else app_door(place)
    await resources.redis.set(door, "1", px=600_000)
    assert await world.look() is None
    assert world.books.asked == []
    assert (await world.row()).next_at - datetime.now(UTC) > timedelta(seconds=300)


async def test_accounts_that_reach_nobody_open_it_for_publishing_as_well(world, resources, place):
    error, gates = PlatformUnavailable(platform="tally"), world.collector.gates
    accounts = [type(world.account)(id=each, platform="tally", host="") for each in ("a", "b", "c")]
    for turn in range(7):
        await gates.unanswered(accounts[turn % 3], error)
    assert (await health(resources, place)).state == "closed", "too few to tell"
    await gates.unanswered(accounts[1], error)
    assert (await health(resources, place)).state == "open"


@pytest.mark.parametrize(("status", "failures"), [(0, 1), (500, 0), (503, 0), (429, 0), (401, 0)])
async def test_what_is_answered_to_a_reader_stops_no_post(world, resources, place, status, failures):
    """Only that nobody answered counts; a reader's throttle shuts no door."""
    world.books.fails["/account"] = status
    outcome = await world.look()
    assert outcome.error is not None
    assert (await health(resources, place)).failures == failures
    assert await fetch_closed(resources.redis, [app_door(place), account_door("tally", world.account.id)], resources.clock) == {}


async def test_a_throttle_is_waited_for_to_its_end(world, monkeypatch):
    async def throttled(*_):
        raise Throttled(platform="tally", status=429, retry_after=90_000)

    with monkeypatch.context() as patch:
        patch.setattr(look, "_account", throttled)
        await world.look()
    assert (await world.row()).next_at - world.clock.now >= timedelta(seconds=90_000)


async def test_without_redis_figures_are_read_all_the_same(world, resources):
    nowhere = connect("redis://127.0.0.1:1/0")
    alone = Gates(nowhere, resources.database, resources.environment, resources.clock, patience=0.2)
    world.collector = replace(world.collector, gates=alone)
    assert (await world.look()).samples == 1
    await nowhere.aclose()


async def others_rest(world):
    """Accounts of other tests: the loop is to find this one alone."""
    rows = await collect.claim_due(world.collector, 100_000)
    for each in rows:
        if each.account_id == world.account.id:
            async with world.collector.database.transaction(world.workspace) as session:
                await session.execute(
                    text("UPDATE measurements SET lease_until = NULL WHERE account_id = :id"), {"id": world.account.id}
                )


async def looks(world, count):
    async with asyncio.timeout(30):
        while len(await world.samples("fans")) < count:
            await asyncio.sleep(0.05)


async def test_the_worker_looks_when_it_is_time_and_ends_when_told(world, monkeypatch):
    monkeypatch.setattr(collect, "PAUSE", 0.1)
    await others_rest(world)
    stop = asyncio.Event()
    running = asyncio.create_task(collect.run(world.collector, stop))
    await looks(world, 1)
    world.clock.forward(hours=1)
    await looks(world, 2)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert (await world.row()).lease_until is None


async def test_what_is_under_way_is_finished_before_it_ends(world, monkeypatch):
    monkeypatch.setattr(collect, "PAUSE", 0.1)
    await others_rest(world)
    world.books.pause.clear()
    stop = asyncio.Event()
    running = asyncio.create_task(collect.run(world.collector, stop))
    await asyncio.wait_for(world.books.reached.wait(), 20)
    stop.set()
    await asyncio.sleep(0.1)
    world.books.pause.set()
    await asyncio.wait_for(running, 10)
    assert len(await world.samples("fans")) == 1


async def test_a_platform_that_hangs_keeps_no_worker_from_ending(world, monkeypatch):
    monkeypatch.setattr(collect, "PAUSE", 0.1)
    monkeypatch.setattr(collect, "GRACE", 0.3)
    await others_rest(world)
    world.books.pause.clear()
    stop = asyncio.Event()
    running = asyncio.create_task(collect.run(world.collector, stop))
    await asyncio.wait_for(world.books.reached.wait(), 20)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert await world.samples("fans") == []
    assert await world.claim() == [], "until its lease ends, when somebody takes it up"
    world.books.pause.set()


async def test_a_mistake_of_ours_in_one_look_does_not_end_the_others(world, monkeypatch):
    monkeypatch.setattr(collect, "PAUSE", 0.1)
    await others_rest(world)
    conclude, broken = collect.conclude, 0

    async def breaks_once(*given):
        nonlocal broken
        broken += 1
        if broken == 1:
            raise TypeError("unforeseen")
        return await conclude(*given)

    monkeypatch.setattr(collect, "conclude", breaks_once)
    stop = asyncio.Event()
    running = asyncio.create_task(collect.run(replace(world.collector, lease=timedelta(seconds=4)), stop))
    await looks(world, 1)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert broken == 2
