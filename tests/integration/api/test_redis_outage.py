"""`ocma api` under all kinds of load while its Redis hangs, or dies and comes back: nobody is failed, limits hold, all goes on.

`make bench-outage` does the same for a minute.
"""

import asyncio
import os
import signal
import statistics
import time

import httpx2
import pytest
from bench.outage.callers import ASKED, LIMIT, PHASES, STREAM, Answer, Cast, Outage, broken_promises, load

import stage
from integration.publishing.gates.cast import Server
from ocma.infra.redis import connect
from rows import add_rows

SLOWEST = 20.0  # seconds for an answer: a machine that does other things, too, may hold everything up for some
USUAL = 1.8  # seconds for half of all answers: whoever waits for Redis' client to give up waits for two
AWAY = 7.0  # seconds: longer than a process believes what it has without asking (infra/cache), and than a window of the limit
AROUND = 4.0
USES = ("ocma:{limits}:read:*", "ocma:{limits}:write:*", "ocma:session:*", "ocma:cache:*")


def freeze(server):
    os.kill(server.child.pid, signal.SIGSTOP)


def thaw(server):
    os.kill(server.child.pid, signal.SIGCONT)


def kill(server):
    os.kill(server.child.pid, signal.SIGKILL)


@pytest.fixture
def server(tmp_path):
    found = Server.start(tmp_path / "data")
    yield found
    thaw(found)
    found.stop()


@pytest.fixture
def url(services, server, tmp_path):
    limits = dict.fromkeys(stage.UNLIMITED, LIMIT)
    with stage.served(stage.settings(services.postgres.app_url, server.url, tmp_path) | limits) as found:
        yield found


@pytest.fixture
async def cast(make, database):
    rows, person, other = await add_rows(database), await make.person(), await make.workspace()
    owner = await make.key(rows["workspace"])
    return Cast(
        await make.key(other, name="reads"), person.headers, owner, await make.key(other, name="greedy"), str(rows["account"])
    )


async def redis_is_seen(url, patience=10):
    """As /readyz tells it."""
    async with httpx2.AsyncClient(base_url=url, timeout=patience) as client:
        checks = (await client.get("/readyz")).json()["checks"]
    return next(each["ok"] for each in checks if each["name"] == "redis")


async def is_in_use(server):
    """All that it is used for leaves something in it again. The test empties it first."""
    redis, missing = connect(server.url), set(USES)
    await redis.flushall()

    async def seen():
        for pattern in list(missing):
            if [name async for name in redis.scan_iter(pattern)]:
                missing.discard(pattern)
        return not missing or None

    try:
        await stage.until(seen, 30)
    except TimeoutError:
        raise AssertionError(f"nothing is at {missing}") from None
    finally:
        await redis.aclose()


@pytest.mark.parametrize(("stop", "back"), [(freeze, thaw), (kill, Server.again)])
async def test_redis_is_away_under_load(url, server, cast, stop, back):
    assert await redis_is_seen(url, 60)  # once the process has started
    async with load(url, cast) as found:
        await asyncio.sleep(AROUND)
        began = time.monotonic()
        stop(server)
        await asyncio.sleep(AWAY)
        assert not await redis_is_seen(url)
        await asyncio.to_thread(back, server)
        outage = Outage(began, time.monotonic())
        await is_in_use(server)

        async def seen():
            return await redis_is_seen(url) or None

        await stage.until(seen, 20)
        await asyncio.sleep(AROUND)
    assert broken_promises(found.answers, outage, SLOWEST) == []
    for kind in ASKED:  # an event waits for its post and for the next look at what is new: that is not of Redis
        took = [each.seconds for each in found.answers if each.kind == kind and outage.phase(each) == "during"]
        assert statistics.median(took) < USUAL, kind
    good_ones = {(each.kind, outage.phase(each)) for each in found.answers if each.is_good}
    assert good_ones == {(kind, phase) for kind in (*ASKED, STREAM) for phase in PHASES}


OUTAGE = Outage(10.0, 20.0)
WELL = [Answer(ASKED[-1], at, at + 0.1, status) for at in (1.0, 11.0, 21.0) for status in ("200", "429")]


def test_what_the_judge_takes_for_good():
    assert broken_promises(WELL, OUTAGE, 1.0) == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(ASKED[0], 11.0, 11.1, "500"),
        Answer(ASKED[0], 11.0, 11.1, "503"),
        Answer(ASKED[0], 11.0, 11.1, "429"),
        Answer(ASKED[0], 11.0, 11.1, "broken"),
        Answer(STREAM, 11.0, 11.1, "lost"),
        Answer(STREAM, 1.0, 11.1, "broken"),
        Answer(ASKED[-1], 11.0, 11.1, "503"),
        Answer(ASKED[0], 9.0, 10.5, "200"),
    ],
)
def test_what_the_judge_does_not_let_pass(answer):
    assert broken_promises([*WELL, answer], OUTAGE, 1.0)


@pytest.mark.parametrize("status", ["200", "429"])
def test_the_judge_needs_some_let_in_no_more_than_allowed_and_some_sent_away(status):
    more = [Answer(ASKED[-1], 12.0, 12.1, "200") for _ in range(200)]
    none = [each for each in WELL if each.status == "200"]
    assert broken_promises(WELL + more if status == "200" else none, OUTAGE, 1.0)
