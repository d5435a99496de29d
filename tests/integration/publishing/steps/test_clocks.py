"""A worker whose own clock is wrong: leases, the time of a send and the search for it are by the database's."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest

import by_hand
import stage
from ocma.clock import utcnow

pytestmark = pytest.mark.usefixtures("unguarded")


def worker_off_by(company, minutes, timeout):
    """A worker all of whose clocks are wrong by so much; `timeout` in seconds, of a publishing call."""

    def wrong():
        return utcnow() + timedelta(minutes=minutes)

    return by_hand.hand(company, clock=wrong, desk=replace(company.resources.desk, clock=wrong), timeout=timeout)


@pytest.mark.parametrize("platform", ["x", "mastodon"])
@pytest.mark.parametrize("minutes", [10, -10], ids=["fast", "slow"])
async def test_what_a_worker_with_a_wrong_clock_sent_is_found(company, sandbox, platform, minutes):
    account, text = await company.connect(platform, f"clock{minutes % 60}"), f"{minutes} minutes off on {platform}"
    await sandbox.fault(platform, "accept_hang")
    async with worker_off_by(company, minutes, timeout=8) as hand:
        job = await company.schedule(text, account)
        claimed = await hand.claim()
        working = asyncio.create_task(hand.work(claimed))
        await stage.until(lambda: booked(sandbox, platform, text), 30)
        ((left,),) = await hand.sql("SELECT lease_until - clock_timestamp() FROM publications")
        ((age,),) = await hand.sql("SELECT clock_timestamp() - started_at FROM attempts")
        assert timedelta(0) < left <= by_hand.LEASE
        assert timedelta(0) < age < timedelta(seconds=10)
        await working
        job = await hand.rounds(job, "completed", "failed")
    assert job.status == "completed", job.publications[0].error
    assert [each.state for each in job.attempts] == ["published"]
    assert len(await sandbox.books(platform, text)) == 1


@pytest.mark.parametrize("minutes", [10, -10], ids=["fast", "slow"])
async def test_how_long_to_wait_is_told_by_the_databases_clock(company, sandbox, minutes):
    """A slow clock must not come back before the platform wants, a fast one not ten minutes late."""
    account, asked, near = await company.connect("x", f"wait{minutes % 60}"), timedelta(seconds=60), timedelta(seconds=5)
    await sandbox.fault("x", "rate_limit", path="/2/tweets", delayMs=60_000)
    async with worker_off_by(company, minutes, timeout=10) as hand:
        await company.schedule("asked to wait", account)
        began = time.monotonic()
        await hand.step()
        ((wait,),) = await hand.sql("SELECT due_at - now() FROM publications")
        took = timedelta(seconds=time.monotonic() - began)
    assert asked - near - took < wait < asked + near


@pytest.mark.parametrize("minutes", [10, -10], ids=["fast", "slow"])
async def test_the_next_look_is_by_the_databases_clock(company, sandbox, minutes):
    account = await company.connect("x", f"look{minutes % 60}")
    await sandbox.fault("x", "reset", path="/2/tweets")
    async with worker_off_by(company, minutes, timeout=10) as hand:
        job = await company.schedule(f"looked for {minutes}", account)
        for _ in range(3):
            began = time.monotonic()
            await hand.step()
            ((wait,),) = await hand.sql("SELECT due_at - now() FROM publications")
            took = timedelta(seconds=time.monotonic() - began)
            assert timedelta(seconds=-1) - took < wait < timedelta(seconds=5)
            await hand.pass_time(job)
        await hand.step()


async def test_a_fast_clock_does_not_call_a_send_absent_that_may_be_under_way(company, sandbox):
    """Another worker sent it this instant; its call may take until its time limit."""
    account = await company.connect("x", "underway")
    async with by_hand.hand(company) as first, worker_off_by(company, 10, timeout=60) as fast:
        job = await company.schedule("under way", account)
        await sandbox.fault("x", "reset", path="/2/tweets")
        await first.step()
        for _ in range(5):
            await fast.pass_time(job)
            await fast.step()
            assert (await company.job(job.post.id)).publications[0].state == "unknown"
    assert await sandbox.books("x", "under way") == []


async def booked(sandbox, platform, text):
    return await sandbox.books(platform, text) or None
