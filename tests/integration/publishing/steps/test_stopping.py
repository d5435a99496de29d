"""A worker that is told to stop (SIGTERM) finishes the post at hand and gives back the others: nobody waits for a lease to end."""

import asyncio
import time

import pytest

import by_hand
import stage
from ocma.features.publishing import claims

pytestmark = pytest.mark.usefixtures("unguarded")


async def test_the_post_at_hand_is_finished_and_the_others_are_given_back(opened, company, hand, sandbox, environment):
    account = await company.connect("x", "stopping")
    jobs = [await company.schedule(f"stopping {number}", account) for number in range(3)]
    await sandbox.fault("x", "delay", path="/2/tweets", delayMs=6000)
    with stage.process(["-m", "ocma", "worker"], environment) as worker:
        await by_hand.hand_over(opened, opened.tasks)
        await stage.until(lambda: sending(hand), 30)
        worker.terminate()
        assert await asyncio.to_thread(worker.wait, 40) == 0
        since = time.monotonic()
    states = [(await company.job(each.post.id)).publications[0].state for each in jobs]
    assert states == ["published", "publishing", "publishing"]
    await claims.sweep(opened.database)
    assert await hand.step() == 2
    assert time.monotonic() - since < by_hand.LEASE.total_seconds() / 2
    for number, each in enumerate(jobs):
        job = await company.job(each.post.id)
        assert (job.status, [attempt.state for attempt in job.attempts]) == ("completed", ["published"])
        assert len(await sandbox.books("x", f"stopping {number}")) == 1
    assert [row.tries for row in await hand.sql("SELECT tries FROM publications")] == [0, 0, 0]


async def sending(hand):
    return await hand.sql("SELECT id FROM attempts WHERE state = 'sending'") or None
