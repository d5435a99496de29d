"""Between dispatcher and worker: a Redis that takes no message, or takes one and does not say so."""

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import asyncpg
import pytest

import by_hand
import stage
from by_hand import Gate
from ocma.entrypoints.worker.dispatcher import dispatch_all
from ocma.errors import Unavailable
from ocma.infra.tasks import Tasks

pytestmark = pytest.mark.usefixtures("unguarded")

ADD = b"XADD"  # how a message is put into a stream
PUT_OFF = """
UPDATE ocma.publications
SET due_at = now() + interval '1 hour', lease_until = CASE WHEN lease_until IS NOT NULL THEN now() + interval '1 hour' END
WHERE state IN ('scheduled', 'publishing', 'unknown')
"""


class Wire:
    """A way to Redis that breaks at messages: `refuse` before Redis sees one, `lose` after, when `lost` is set."""

    def __init__(self, services):
        self._port, self.mode, self.lost, self.broken = services.valkey.port, "open", asyncio.Event(), 0
        self._url = services.valkey.url

    @asynccontextmanager
    async def tasks(self):
        """Sends over this wire."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        found = Tasks(self._url.replace(f":{self._port}/", f":{port}/"))
        try:
            yield found
        finally:
            await found.close()
            server.close()

    async def _serve(self, reader, writer):
        from_redis, to_redis = await asyncio.open_connection("127.0.0.1", self._port)
        back = asyncio.create_task(self._pump(from_redis, writer))
        try:
            await self._forward(reader, to_redis, back)
        finally:
            back.cancel()
            for each in (writer, to_redis):
                each.close()

    async def _forward(self, reader, to_redis, back):
        while data := await reader.read(65_536):
            if ADD in data and self.mode != "open":
                self.broken += 1
                back.cancel()
                if self.mode == "lose" and self.broken == 1:  # what the client tries again by itself is not taken
                    to_redis.write(data)
                if self.mode == "lose":
                    await self.lost.wait()
                return
            to_redis.write(data)

    async def _pump(self, reader, writer):
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)


@pytest.fixture
async def wire(services):
    return Wire(services)


@pytest.fixture
async def over(wire):
    async with wire.tasks() as found:
        yield found


@pytest.fixture(autouse=True)
async def alone(services, opened):
    """What earlier tests left over is put off: a round hands over whatever is due, whosever it is."""
    superuser = await asyncpg.connect(services.postgres.owner_url)
    await superuser.execute(PUT_OFF)
    await superuser.close()


async def test_a_message_that_arrived_without_an_answer_is_worked_by_who_took_it(company, sandbox, opened, wire, over):
    account, prepared = await company.connect("x", "unanswered"), Gate("prepared")
    async with by_hand.worker(opened, replace(opened.press(), reached=prepared)):
        job = await company.schedule("handed over unanswered", account)
        wire.mode = "lose"
        sending = asyncio.create_task(by_hand.hand_over(opened, over))
        await asyncio.wait_for(prepared.arrived.wait(), 30)
        wire.lost.set()
        with pytest.raises(Unavailable):
            await sending
        prepared.open.set()
        job = await company.wait(job, "completed", "failed")
    assert wire.broken
    assert (job.status, job.publications[0].attempt) == ("completed", 1)  # never claimed anew
    assert [each.state for each in job.attempts] == ["published"]
    assert len(await sandbox.books("x", "handed over unanswered")) == 1


async def test_what_redis_refused_is_free_for_the_next_at_once(company, sandbox, opened, wire, over):
    job = await company.schedule("refused by one", await company.connect("x", "refusedbyone"))
    wire.mode = "refuse"
    with pytest.raises(Unavailable):
        await by_hand.hand_over(opened, over)
    async with by_hand.worker(opened, opened.press()):
        await by_hand.hand_over(opened, opened.tasks)
        job = await company.wait(job, "completed", "failed")
    assert (job.status, job.publications[0].attempt) == ("completed", 2)
    assert len(await sandbox.books("x", "refused by one")) == 1


async def test_two_dispatchers_one_without_redis(company, sandbox, opened, wire, over):
    """The one without has everything first, and both go on claiming."""
    accounts = [await company.connect("x", f"either{number}") for number in range(6)]
    stop, texts = asyncio.Event(), [f"either of two {number}" for number in range(6)]
    wire.mode = "refuse"
    jobs = [await company.schedule(*each) for each in zip(texts, accounts, strict=True)]
    without = asyncio.create_task(dispatch_all(replace(opened, tasks=over), stop))
    await stage.until(lambda: broke(wire), 30)
    other = asyncio.create_task(dispatch_all(opened, stop))
    try:
        async with by_hand.worker(opened, opened.press()):
            done = [await company.wait(job, "completed", "failed") for job in jobs]
    finally:
        stop.set()
        await asyncio.gather(without, other)
    assert [each.status for each in done] == ["completed"] * 6
    assert [len(await sandbox.books("x", text)) for text in texts] == [1] * 6


async def broke(wire):
    """It has really tried."""
    return wire.broken or None
