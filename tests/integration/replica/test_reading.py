"""Reports come from the replica: the same rows for the same people, and nothing is written there."""

import asyncio
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from answers import good
from factories import Factory
from integration.api.test_metrics import door, scrape, value, with_token
from integration.replica.reads import counted, on_replica
from integration.replica.test_trouble import read_until
from ocma.errors import NotFound
from rows import add_rows
from stage import until


@pytest.fixture
def lag(monkeypatch):
    """A machine that is busy for some seconds changes nothing: of what is late, other tests tell."""
    monkeypatch.setattr("ocma.infra.replica.PATIENCE", 15.0)
    return 60


async def test_they_are_read_there(opened, workspace):
    assert await opened.reader.read(workspace, on_replica) is True
    assert counted(opened) == {"replica": 1}


async def test_without_a_replica_all_is_read_from_the_primary(open_with, workspace):
    async with open_with("") as found:
        assert await found.reader.read(workspace, on_replica) is False


@pytest.mark.parametrize("lag", [3])
async def test_a_primary_that_nobody_writes_to_is_not_behind(opened, workspace, lag):
    """For longer than the replica may be. Asked again when the machine stood still meanwhile, which is no answer."""

    async def watch():
        answers, longest = [], 0.0
        for _ in range(round(3 * lag)):
            began = time.monotonic()
            answers.append((await opened.reader.read(workspace, on_replica), opened.reader.replica.behind < lag))
            await asyncio.sleep(0.5)
            longest = max(longest, time.monotonic() - began)
        return answers if longest < 1 or set(answers) == {(True, True)} else None

    assert set(await until(watch, 120)) == {(True, True)}


@pytest.mark.parametrize("lag", [3])
async def test_after_a_rest_the_first_read_finds_it_too(opened, workspace, lag):
    await read_until(opened, workspace, where=True)
    opened.reader.replica._watching.cancel()  # as after a minute without a read
    await asyncio.sleep(lag + 0.5)
    assert opened.reader.replica.fault == "behind"  # for all that is known
    assert await opened.reader.read(workspace, on_replica) is True


async def test_everyone_sees_their_own_workspace_there(opened, pair):
    mine, others = await add_rows(opened.database), await add_rows(opened.database)
    await pair.caught_up()

    async def seen(session):
        assert await on_replica(session)
        tables = [
            *(await session.scalars(text("SELECT DISTINCT workspace_id FROM publications"))),
            *(await session.scalars(text("SELECT DISTINCT workspace_id FROM account_tokens"))),
            *(await session.scalars(text("SELECT id FROM workspaces"))),
        ]
        return set(tables), await session.scalar(text("SELECT current_user"))

    for ids in (mine, others):
        assert await opened.reader.read(ids["workspace"], seen) == ({ids["workspace"]}, "ocma_app")
    stranger = await Factory(opened).workspace()
    await pair.caught_up()
    assert await opened.reader.read(stranger, seen) == ({stranger}, "ocma_app")


@pytest.mark.parametrize("replica", [True, False])
async def test_nothing_can_be_written(open_with, pair, workspace, replica):
    async def write(session):
        await session.execute(text("UPDATE workspaces SET name = 'written'"))

    async def name(session):
        return await session.scalar(text("SELECT name FROM workspaces"))

    async with open_with(pair.replica.url if replica else "") as found:
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await found.reader.read(workspace, write)
        async with found.database.transaction(workspace) as session:
            assert await name(session) == "Test workspace"
            await write(session)  # what follows on the same connection may


async def test_what_is_missing_there_is_looked_for_in_the_primary(opened, workspace, pair):
    await pair.replica.ask("SELECT pg_wal_replay_pause()")
    new = await Factory(opened).workspace()
    asked = []

    async def find(session):
        asked.append(await on_replica(session))
        if await session.scalar(text("SELECT count(*) FROM workspaces")) == 0:
            raise NotFound("There is no such workspace.")
        return "found"

    assert await opened.reader.read(new, find) == "found"
    assert asked == [True, False]
    assert counted(opened) == {"primary": 1, "absent": 1}


async def test_the_api_reads_usage_and_statistics_there(opened, pair):
    ids = await add_rows(opened.database)
    headers = await Factory(opened).key(ids["workspace"])
    await pair.caught_up()
    async with door(opened, settings=with_token(opened.settings)) as client:
        used = good(await client.get("/api/usage", headers=headers))
        queue = good(await client.get("/api/queue/stats", headers=headers))

        async def near():
            found = await scrape(client)
            return found if 0 <= value(found, "ocma_replica_lag_seconds") < 3 else None

        shown = await until(near, 20)
    assert used["now"]["accounts"] == 1
    assert queue["due"] + queue["held"] == 1
    assert value(shown, "ocma_reads_total", server="replica") == 2
    assert value(shown, "ocma_replica_used") == 1
    assert value(shown, "ocma_pool_size", pool="replica") == 6


async def test_readiness_tells(opened, workspace):
    async with door(opened) as client:

        async def reached():  # a first look may come between two records, and says nothing then
            body = (await client.get("/readyz")).json()
            (found,) = (each for each in body["checks"] if each["name"] == "replica")
            return found if found["ok"] else None

        found = await until(reached, 10)
    assert "behind" in found["detail"]
