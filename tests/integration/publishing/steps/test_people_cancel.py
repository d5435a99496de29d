"""Cancelling at any instant: a post is cancelled or on the platform's books, never both and never neither."""

import asyncio

import pytest

from answers import good, problem
from integration.publishing.steps.people import LEASE, claim, publication, rows
from ocma.errors import Conflict
from ocma.features.publishing import claims, jobs


async def cancel(company, job):
    """Whether it was in time."""
    try:
        async with company.resources.database.transaction(company.caller.workspace_id) as session:
            found = await jobs.cancel(session, company.caller, job.post.id)
            return found.status == "cancelled"
    except Conflict:
        return False


async def claim_and_take(company, delay):
    await asyncio.sleep(delay)
    found = await claim(company)
    return await claims.take(company.resources.database, [(each.id, each.fence) for each in found], LEASE)


async def test_a_claim_and_a_cancellation_never_both_win(company):
    account, outcomes = await company.connect("x", "rounds"), []
    job = await company.schedule("again and again", account)
    for number in range(150):
        delay = (number % 5) / 250
        in_time, taken = await asyncio.gather(cancel(company, job), claim_and_take(company, delay))
        row = await publication(company, job)
        assert in_time == (row.state == "cancelled") == (taken == []), (number, in_time, taken, row.state)
        outcomes.append(in_time)
        if in_time:
            job = await company.schedule("again and again", account)
        else:
            free = "UPDATE publications SET state = 'scheduled', lease_until = NULL, taken_at = NULL WHERE id = :id"
            await rows(company, free, id=row.id)
    assert set(outcomes) == {True, False}, "nothing was shown: one side always won"


async def test_cancelled_or_live_never_both(company, sandbox, hand):
    """The same with a worker, and with the platform's books as the judge."""
    account, outcomes = await company.connect("mastodon", "judged"), []
    for number in range(30):
        job = await company.schedule(f"judged {number}", account)
        lead = number % 10 * 8 - 32  # milliseconds that the worker begins earlier
        _, in_time = await asyncio.gather(after(max(-lead, 0), hand.step()), after(max(lead, 0), cancel(company, job)))
        over = await hand.rounds(job, "completed", "cancelled", "failed")
        live = await sandbox.books("mastodon", f"judged {number}")
        assert (over.status, len(live)) == (("cancelled", 0) if in_time else ("completed", 1)), number
        outcomes.append(in_time)
    assert set(outcomes) == {True, False}, "nothing was shown: one side always won"


async def after(milliseconds, action):
    await asyncio.sleep(milliseconds / 1000)
    return await action


async def test_several_people_at_once(company, door):
    """Cancel, move, edit and resume of one post with several publications: none waits for another for ever, one wins."""
    accounts = [await company.connect(platform, f"crowd_{platform}") for platform in ("x", "mastodon")]
    for _ in range(15):
        job = await company.schedule(
            "crowd", accounts[0], accountIds=[each.id for each in accounts], scheduledAt="2099-01-01T00:00:00Z"
        )
        url = f"/api/queue/jobs/{job.post.id}"
        answers = await asyncio.gather(
            door.post(f"{url}/cancel"),
            door.patch(url, json={"content": "x"}),
            door.post(f"{url}/cancel"),
            door.post(f"{url}/resume"),
        )
        assert {each.status_code for each in answers} <= {200, 409}
        assert sorted(each.status_code for each in (answers[0], answers[2])) == [200, 409]
        assert good(await door.get(url))["status"] == "cancelled"


@pytest.mark.parametrize("hold", ["late", "account", "workspace"])
async def test_what_is_held_can_be_cancelled(company, door, hold):
    job = await company.schedule("held", await company.connect("x", f"c_{hold}"))
    await rows(company, "UPDATE publications SET hold = :hold WHERE post_id = :id", hold=hold, id=job.post.id)
    url = f"/api/queue/jobs/{job.post.id}/cancel"
    assert good(await door.post(url))["status"] == "cancelled"
    problem(await door.post(url), 409, "notCancellable")


@pytest.mark.parametrize("progress", ['{"parts": [{"id": "1", "url": null}]}', '{"processing": "7"}'])
async def test_what_the_platform_has_taken_in_part_is_not_called_cancelled(company, door, progress):
    job = await company.schedule("in part", await company.connect("x", "inpart"), thread=["two"])
    await rows(company, "UPDATE publications SET progress = CAST(:p AS jsonb) WHERE post_id = :id", p=progress, id=job.post.id)
    (view,) = good(await door.post(f"/api/queue/jobs/{job.post.id}/cancel"))["publications"]
    assert (view["status"], view["error"]["code"]) == ("failed", "cancelled")
    assert "retry" in view["remediation"]
