"""A replica that is behind, dead, frozen or none at all: whoever reads gets an answer, and it is used again by itself."""

import asyncio
import time

import pytest
from sqlalchemy import text

from factories import Factory
from integration.api.test_metrics import door, scrape, value, with_token
from integration.replica import pair as pairs
from integration.replica.reads import counted, on_replica
from ocma.errors import Invalid
from stage import until

SOON = 20.0  # seconds: a look, and what a busy machine adds; the driver alone would wait for a minute
SLOW = text("SELECT pg_is_in_recovery(), pg_sleep(0.05)")


async def slow(session) -> bool:
    return (await session.execute(SLOW)).one()[0]


async def read_until(resources, workspace, where: bool, limit: float = 30) -> float:
    """How long it took until reads were answered there."""
    began = time.monotonic()

    async def reached():
        return (await resources.reader.read(workspace, on_replica)) is where or None

    await until(reached, limit)
    return time.monotonic() - began


async def test_behind(opened, workspace, pair):
    await pair.replica.ask("SELECT pg_wal_replay_pause()")
    assert await opened.reader.read(workspace, on_replica) is True
    await Factory(opened).workspace()  # from here on something is missing there
    took = await read_until(opened, workspace, where=False)
    assert took < 3 + 7  # seconds it may be behind, and some for looks
    assert opened.reader.replica.fault == "behind"
    assert counted(opened)["behind"] >= 1
    async with door(opened, settings=with_token(opened.settings)) as client:
        shown = await scrape(client)
        body = (await client.get("/readyz")).json()
    assert value(shown, "ocma_replica_used") == 0
    assert value(shown, "ocma_replica_lag_seconds") > 3
    found = {each["name"]: each for each in body["checks"]}
    assert not found["replica"]["ok"]
    assert body["ready"] == all(each["ok"] for name, each in found.items() if name != "replica")
    await pair.replica.ask("SELECT pg_wal_replay_resume()")
    assert await read_until(opened, workspace, where=True) < 15


async def test_behind_since_before_the_process_began(open_with, workspace, pair):
    await pair.replica.ask("SELECT pg_wal_replay_pause()")
    async with open_with("") as found:
        await Factory(found).workspace()
        await asyncio.sleep(3.2)
        await Factory(found).workspace()
    async with open_with(pair.replica.url) as found:
        for _ in range(4):
            assert await found.reader.read(workspace, on_replica) is False
            await asyncio.sleep(0.5)
        assert found.reader.replica.behind > 3


async def read_until_fault(resources, fault) -> None:
    async def reached():
        return resources.reader.replica.fault == fault or None

    await until(reached, 15)


class Load:
    """Readers side by side, and where each read was answered. What a caller would see as an error is raised at the end."""

    def __init__(self, resources, workspace):
        self.answers = [[] for _ in range(12)]
        self._resources, self._workspace, self._stop = resources, workspace, asyncio.Event()

    async def __aenter__(self):
        self._readers = asyncio.gather(*(self._read(answers) for answers in self.answers))
        return self

    async def __aexit__(self, *_):
        self._stop.set()
        async with asyncio.timeout(60):
            await self._readers

    async def _read(self, answers):
        while not self._stop.is_set():
            answers.append(await self._resources.reader.read(self._workspace, slow))

    async def all_answered(self):
        """Everybody who reads now, and once more."""
        before = [len(each) for each in self.answers]

        async def reached():
            return all(len(each) > count + 1 for each, count in zip(self.answers, before, strict=True)) or None

        await until(reached, 60)


async def test_killed_in_the_middle_of_a_load(opened, workspace, pair):
    async with Load(opened, workspace) as load:
        await read_until(opened, workspace, where=True)
        await load.all_answered()
        pair.replica.kill()
        await load.all_answered()
        assert {each[-1] for each in load.answers} == {False}
        await read_until_fault(opened, "unreachable")
        await load.all_answered()
        pair.replica.start()
        before = counted(opened)
        await read_until(opened, workspace, where=True)
        await load.all_answered()
    after = counted(opened)
    assert after["failed"] >= 1  # some were under way
    assert after["unreachable"] >= 1
    assert after["replica"] > before["replica"]


async def test_it_says_nothing_any_more(opened, workspace, pair):
    """Its connections stay open and no answer comes: nobody waits for one as long as the driver would, it is soon noticed."""
    async with Load(opened, workspace) as load:
        await read_until(opened, workspace, where=True)
        await load.all_answered()
        pair.replica.freeze()
        began = time.monotonic()
        await load.all_answered()
        assert time.monotonic() - began < SOON
        assert {each[-1] for each in load.answers} == {False}
        await read_until_fault(opened, "unreachable")
        pair.replica.thaw()
        await read_until(opened, workspace, where=True)
    assert counted(opened)["failed"] >= 1


async def test_a_primary_is_no_replica(open_with, workspace, pair):
    async with open_with(pair.primary.url) as found:
        assert await found.reader.read(workspace, on_replica) is False
        assert found.reader.replica.fault == "noReplica"
        assert counted(found) == {"primary": 1, "noReplica": 1}


async def test_of_another_database(open_with, workspace, pair):
    async with open_with(pair.replica.postgres.app_url_to("postgres")) as found:
        assert await found.reader.read(workspace, on_replica) is False
        assert found.reader.replica.fault == "otherDatabase"


async def test_nobody_there(open_with, workspace):
    async with open_with("postgresql://ocma_app:x@127.0.0.1:1/ocma") as found:
        assert await found.reader.read(workspace, on_replica) is False
        assert counted(found) == {"primary": 1, "unreachable": 1}


@pytest.mark.parametrize("url", ["nonsense", "postgresql://u:s3cret@host:port/ocma"])
async def test_what_is_no_url_is_said_at_once(open_with, url):
    with pytest.raises(Invalid, match="DATABASE_READ_URL is not a URL") as caught:
        async with open_with(url):
            pass
    assert "s3cret" not in str(caught.value)


async def test_promoted(open_with, workspace, pair):
    """What it shows from then on is another truth."""
    second = pairs.copied(pair.home, pair.primary.postgres, "second")
    second.start()
    try:
        async with open_with(second.url) as found:
            await read_until(found, workspace, where=True)
            await second.ask("SELECT pg_promote()")
            await read_until(found, workspace, where=False)

            async def used_again():
                await found.reader.replica.look()
                return found.reader.replica.fault == "noReplica" or None

            await until(used_again, 20)
    finally:
        second.kill()


@pytest.mark.parametrize("hurt", ["cancel", "error"])
async def test_who_gives_up_or_is_wrong_is_not_read_for_again(opened, workspace, hurt):
    called, begun = [], asyncio.Event()

    async def work(session):
        called.append(await on_replica(session))
        if hurt == "error":
            raise ZeroDivisionError
        begun.set()
        await asyncio.sleep(60)

    reading = asyncio.create_task(opened.reader.read(workspace, work))
    if hurt == "cancel":
        await begun.wait()
        reading.cancel()
    with pytest.raises(asyncio.CancelledError if hurt == "cancel" else ZeroDivisionError):
        await reading
    assert called == [True]
