"""kill -9 in the middle of deliveries: each arrives, under the one id it had from the beginning."""

import asyncio
import random
from collections import Counter
from functools import partial
from pathlib import Path
from zlib import crc32

from aiohttp import web

import stage
from integration.notifications.receiver import verify

CARRIER = Path(__file__).parent / "carrier.py"


def carrier(variables, lease=4.0):
    return stage.process([str(CARRIER), str(lease)], variables | {"OCMA_LOG_LEVEL": "WARNING"})


async def test_killed_while_the_receiver_has_it(owner, door, key, workspace, receiver, variables, endpoint, path):
    """The receiver has read the message and has not answered: nobody can know, so it comes again, and says who it is."""
    began = asyncio.Event()

    async def answer(_, before):
        if before == 0:
            began.set()
            await asyncio.sleep(30)
        return web.Response(status=200)

    receiver.answers[path] = answer
    made = await endpoint(path, events=["key.*"])
    await owner.execute("INSERT INTO events (workspace_id, kind) VALUES ($1, 'key.created')", workspace)
    with carrier(variables) as first:
        await asyncio.wait_for(began.wait(), 60)
        first.kill()
        first.wait(10)
    with carrier(variables, 15.0):
        await stage.until(lambda: _delivered(owner, 1), 60)
    one, two = receiver.got[path]
    assert (one.id, one.body) == (two.id, two.body)
    assert verify(two, made["secret"])


async def test_killed_again_and_again_nothing_is_lost(owner, workspace, receiver, variables, endpoint, path):
    """Two carriers at a time, both killed in the midst of it, over receivers that fail and dawdle."""
    dice = random.Random(7)

    async def answer(path, received, _):
        await asyncio.sleep(dice.uniform(0.05, 0.15))
        failures = crc32(received.id.encode()) % 3  # each message has its own number of them, whatever comes in between
        return web.Response(status=500 if receiver.ids(path).count(received.id) <= failures else 200)

    paths = [path, receiver.fresh(), receiver.fresh()]
    for each in paths:
        receiver.answers[each] = partial(answer, each)
        await endpoint(each, events=["key.*"])
    many = "INSERT INTO events (workspace_id, kind) SELECT $1, 'key.created' FROM generate_series(1, 40)"
    for _ in range(2):
        await owner.execute(many, workspace)
        wanted = sum(len(receiver.got[each]) for each in paths) + 20
        with carrier(variables) as one, carrier(variables) as two:
            await stage.until(lambda: _arrived(receiver, paths, wanted), 60)  # noqa: B023 - awaited within this round
            one.kill()
            two.kill()
    assert await owner.fetchval("SELECT count(*) FROM webhook_deliveries WHERE lease_until IS NOT NULL") > 0
    with carrier(variables), carrier(variables):
        await stage.until(lambda: _delivered(owner, 240), 120)
    for each in paths:
        counts = Counter(receiver.ids(each))
        assert len(counts) == 80
        assert max(counts.values()) < 10


async def _arrived(receiver, paths, count):
    return True if sum(len(receiver.got[each]) for each in paths) >= count else None


async def _delivered(owner, count):
    row = await owner.fetchrow(
        "SELECT count(*) FILTER (WHERE status = 'delivered') AS delivered, count(*) FILTER (WHERE status = 'failed') AS failed "
        "FROM webhook_deliveries"
    )
    assert row["failed"] == 0
    return True if row["delivered"] == count else None
