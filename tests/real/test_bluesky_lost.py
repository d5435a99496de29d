"""One record on a real PDS each time, whatever gets lost: a request, an answer, or the worker that waits for it.

The account is connected with an app password where calls go through the relay: an OAuth token is bound to the server's own address.
"""

import signal
from urllib.parse import urlsplit

import pytest

import stage
from real.pds_office import opened
from real.relay import relaying

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

CREATE = "/xrpc/com.atproto.repo.createRecord"
YES = "HTTP/1.1 200 OK"
LONG = 120.0  # seconds
HELD = {"OCMA_LEASE_SECONDS": "5"}
PATIENT = HELD | {"OCMA_PUBLISH_TIMEOUT_SECONDS": "100"}  # calls that stay open until their worker is killed
# What the server was asked to make in the end, and what is on record of our calls: the absent one was proven so, then sent again.
TOLD = {"answer": ([YES], ["published"]), "request": ([YES], ["absent", "published"])}
# Killed at: how many records there are then, and what is on record in the end.
STEPS = {"send": (0, ["absent", "published"]), "answered": (1, ["published"]), "recorded": (1, ["published"])}


@pytest.fixture
async def relay(pds):
    """One for each test: what gets lost at an address would open its circuit breaker in the end."""
    where = urlsplit(pds.url)
    async with relaying(where.hostname, where.port) as found:
        yield found


@pytest.fixture
async def office(services, pds, relay, tmp_path):
    """The PDS as it is reached through the relay."""
    async with opened(services, pds, tmp_path, relay.url, OCMA_PUBLISH_TIMEOUT_SECONDS="5", **HELD) as found:
        yield found


@pytest.fixture
async def author(office):
    return await office.author()


async def once(author, job, texts, states):
    """Completed, with one record per text, in order, at the addresses that we name."""
    job = await author.wait(job, "completed", "failed", "partial", limit=LONG)
    assert job.status == "completed", [each.error for each in job.publications]
    records = await author.records()
    assert sorted(each["text"] for each in records.values()) == sorted(texts)
    parts = [each["id"] for each in job.publications[0].progress["parts"]]
    assert [records[each]["text"] for each in parts] == texts
    assert [each.state for each in job.attempts] == states
    return job


@pytest.mark.parametrize("then", ["reset", "silence"])
@pytest.mark.parametrize("what", TOLD)
async def test_a_lost_answer_or_request_leaves_one_record(author, relay, office, what, then):
    account, (told, states) = await author.by_password(), TOLD[what]
    relay.lose(what, CREATE, then)
    with stage.worker(office.env):
        await once(author, await author.schedule("Once", account), ["Once"], states)
    assert (relay.lost, relay.told) == (1, told)


async def test_a_request_that_comes_after_it_was_found_absent_leaves_one_record(author, relay, office):
    """Both sendings arrive; the server refuses the second, and what stands there is found."""
    account = await author.by_password()
    relay.lose("late", CREATE, "reset")
    with stage.worker(office.env):
        await once(author, await author.schedule("Once", account), ["Once"], ["absent", "published"])
    assert relay.lost == 1
    first, second = relay.told
    assert (first, second == YES) == (YES, False)


async def test_a_part_of_a_thread_that_gets_no_answer_is_found_and_followed(author, relay, office):
    account, texts = await author.by_password(), ["One", "Two", "Three"]
    job = await author.schedule(texts[0], account, thread=texts[1:])
    relay.lose("answer", CREATE, "reset")
    with stage.worker(office.env):
        await once(author, job, texts, ["published"] * 3)
    assert (relay.lost, relay.told) == (1, [YES] * 3)


@pytest.mark.parametrize("what", TOLD)
async def test_killed_while_the_call_is_open(author, relay, office, what):
    account, (told, states) = await author.by_password(), TOLD[what]
    relay.lose(what, CREATE, "silence")
    job = await author.schedule("Once", account)
    with stage.worker({**office.env, **PATIENT}) as worker:
        await stage.until(lambda: _lost(relay), LONG)
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL
    assert len(await author.records()) == len(relay.told) == (what == "answer")
    assert [each.state for each in (await author.job(job.post.id)).attempts] == ["sending"]
    with stage.worker(office.env):
        await once(author, job, ["Once"], states)
    assert relay.told == told


@pytest.mark.parametrize("way", ["by_oauth", "by_password"])
@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_a_step(services, pds, tmp_path, step, way):
    live, states = STEPS[step]
    async with opened(services, pds, tmp_path, pds.url, OCMA_PUBLISH_TIMEOUT_SECONDS="5", **HELD) as office:
        author = await office.author()
        job = await author.schedule("Once", await getattr(author, way)())
        with stage.stopping_worker(step, office.env) as worker:
            assert await stage.until(lambda: _code(worker), LONG) == -signal.SIGKILL
        assert len(await author.records()) == live
        with stage.worker(office.env):
            await once(author, job, ["Once"], states)


async def _lost(relay):
    return relay.lost or None


async def _code(process):
    return process.poll()
