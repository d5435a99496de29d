"""Experiments that nobody asks for are looked at all the same: by one of those who hand out turns, in bounded messages."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import asyncpg
import pytest

from answers import good
from integration.experiments.conftest import URL
from integration.experiments.test_running import settle
from ocma.entrypoints.worker import dispatcher, experiments
from ocma.features.assistant.experiments import rota
from ocma.ids import new_id

COPIES = """
    INSERT INTO experiments SELECT (jsonb_populate_record(e,
        jsonb_build_object('id', gen_random_uuid(), 'look_at', now() - n * interval '1 second'))).*
    FROM experiments e, generate_series(1, $2) n WHERE e.id = $1"""


class Sent(list):
    """Instead of the queue: what dispatchers hand out."""

    async def send(self, task, *arguments):
        self.append((task, *arguments))


@pytest.fixture
async def owner(services):
    connection = await asyncpg.connect(services.postgres.owner_url, server_settings={"search_path": "ocma"})
    await connection.execute("UPDATE experiments SET look_at = now() + interval '1 hour' WHERE state = 'running'")  # other tests'
    yield connection
    await connection.close()


async def due(owner, world):
    await owner.execute("UPDATE experiments SET look_at = now() WHERE workspace_id = $1 AND state <> 'decided'", world.workspace)


async def ripe(world):
    """An experiment that a look decides."""
    found = await world.started(await world.accounts(9))
    await settle(world, found, lambda variant, block: 10 + block if variant == "plain" else (10 + block) * 3)
    return found["id"]


async def states(world):
    """Without a look."""
    page = good(await world.api.get(URL, headers=world.key))["data"]
    return {each["id"]: each["state"] for each in page}


async def test_it_is_decided_though_nobody_asks_and_once(world, resources, owner):
    made = await ripe(world)
    assert await states(world) == {made: "running"}
    sent = Sent()
    await asyncio.gather(*(experiments.hand_out(replace(resources, tasks=sent)) for _ in range(4)))
    ((task, message),) = sent
    work = experiments.handlers(replace(resources, clock=world.clock))[task]
    await asyncio.gather(*(work([list(turn) for turn in message]) for _ in range(3)))  # as JSON brings it; a doubled message
    assert await states(world) == {made: "decided"}
    events = good(await world.api.get("/api/audit", headers=world.key))["data"]
    decided = [each for each in events if each["action"] == "experiment.decided"]
    assert [(each["actor"], each["data"]["winner"]) for each in decided] == [("ocma", "question")]
    await due(owner, world)
    assert await rota.claim(world.database) == []


async def test_turns_come_again_and_only_of_what_runs(world, owner):
    accounts = await world.accounts(1)
    await world.create(accounts)
    stopped = (await world.started(accounts, {"a": "One", "b": "Two"}))["id"]
    good(await world.post(f"/{stopped}/stop"))
    running = (await world.started(accounts, {"a": "Three", "b": "Four"}))["id"]
    mine = [[(str(world.workspace), running)]]
    for _ in range(2):
        await due(owner, world)
        assert await rota.claim(world.database) == mine
        assert await rota.claim(world.database) == []


async def test_messages_are_bounded_and_the_longest_waiting_come_first(world, owner):
    made = (await world.started(await world.accounts(1)))["id"]
    await owner.execute(COPIES, made, rota.BATCH + 5)
    waiting = "SELECT id::text FROM experiments WHERE state = 'running' AND look_at <= now() ORDER BY look_at"
    ids = [row["id"] for row in await owner.fetch(waiting)]
    first, second = [await rota.claim(world.database) for _ in range(2)]
    assert [len(each) for each in first] == [rota.TOGETHER] * (rota.BATCH // rota.TOGETHER)
    assert {turn[1] for each in first for turn in each} == {*ids[: rota.BATCH]}
    assert {turn[1] for each in second for turn in each} == {*ids[rota.BATCH :]}
    assert len(ids) > rota.BATCH


async def test_one_that_is_gone_or_in_trouble_keeps_no_other_from_its_turn(world, resources, owner):
    made = await ripe(world)
    message = [(str(world.workspace), str(new_id())), (str(new_id()), made), (str(world.workspace), made)]
    await experiments.handlers(replace(resources, clock=world.clock))[rota.TASK](message)
    assert await states(world) == {made: "decided"}


async def test_a_dispatcher_hands_it_out_by_itself(world, resources, owner, monkeypatch):
    made = (await world.started(await world.accounts(1)))["id"]
    await due(owner, world)
    monkeypatch.setattr(dispatcher, "EVERY", 0.01)
    sent = Sent()
    upkeep = asyncio.create_task(dispatcher.keep_up(replace(resources, tasks=sent)))
    try:
        async with asyncio.timeout(30):
            while not any(each[0] == rota.TASK for each in sent):
                await asyncio.sleep(0.02)
    finally:
        upkeep.cancel()
        with suppress(asyncio.CancelledError):
            await upkeep
    assert [each[1] for each in sent if each[0] == rota.TASK] == [[(str(world.workspace), made)]]
