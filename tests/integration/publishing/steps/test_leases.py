"""Claims that lapse at the worst moment: what the old owner still does, and what the new one finds."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

import by_hand
import stage
from by_hand import Gate
from ocma.features.publishing import claims
from ocma.features.publishing.keeper import Keeper

pytestmark = pytest.mark.usefixtures("unguarded")


async def test_letting_go_of_a_lapsed_claim_leaves_the_new_one_alone(company, sandbox):
    """Both claims of the publication are worked by this process; the old one ends while the new one is about to send."""
    account = await company.connect("x", "letgo")
    prepared, sending = Gate("prepared"), Gate("send")

    async def reached(step):
        await prepared(step)
        await sending(step)

    async with by_hand.hand(company, reached=reached) as hand:
        job = await company.schedule("let go", account)
        (claim,) = await hand.claim()
        old = asyncio.create_task(hand.work([claim]))
        await prepared.arrived.wait()
        new = asyncio.create_task(hand.work([await hand.overtake(claim)]))
        await sending.arrived.wait()
        prepared.open.set()
        await old
        sending.open.set()
        await new
    job = await company.job(job.post.id)
    assert (job.status, [each.state for each in job.attempts]) == ("completed", ["published"])
    assert len(await sandbox.books("x", "let go")) == 1


async def test_two_claims_of_one_publication_write_ahead_at_the_same_instant(company, sandbox):
    """Writes of one moment may share a statement: each is judged by its own fence."""
    account, together = await company.connect("x", "instant"), asyncio.Barrier(2)

    async def reached(step):
        if step == "prepared":
            await asyncio.wait_for(together.wait(), 20)

    async with by_hand.hand(company, reached=reached) as hand:
        job = await company.schedule("at once", account)
        (claim,) = await hand.claim()
        old = asyncio.create_task(hand.work([claim]))
        await stage.until(lambda: arrived(together), 10)
        await asyncio.gather(old, hand.work([await hand.overtake(claim)]))
    job = await company.job(job.post.id)
    assert [(each.attempt, each.state) for each in job.attempts] == [(claim.fence + 1, "published")]
    assert (job.status, len(await sandbox.books("x", "at once"))) == ("completed", 1)


async def arrived(barrier):
    return barrier.n_waiting or None


async def test_a_write_ahead_that_waits_for_the_row_is_judged_by_what_it_finds_then(company, sandbox):
    """Somebody claims anew and has not committed yet when the old claim comes to write ahead."""
    account, prepared = await company.connect("x", "waiting"), Gate("prepared")
    async with by_hand.hand(company, reached=prepared) as hand:
        job = await company.schedule("waits for the row", account)
        (claim,) = await hand.claim()
        old = asyncio.create_task(hand.work([claim]))
        await prepared.arrived.wait()
        async with hand.press.database.transaction(claim.workspace_id) as session:
            await session.execute(text("UPDATE publications SET attempt = attempt + 1 WHERE id = :id"), {"id": claim.id})
            prepared.open.set()
            await stage.until(lambda: waits_for_a_lock(hand), 10)
        await old
    assert [each.state for each in (await company.job(job.post.id)).attempts] == []
    assert await sandbox.books("x", "waits for the row") == []


async def waits_for_a_lock(hand) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO attempts%'"
    return (await hand.press.database.system(query))[0][0] > 0


async def test_a_lapsed_claim_sends_nothing_when_the_new_one_is_done(company, sandbox):
    account, prepared = await company.connect("x", "lapsed"), Gate("prepared")
    async with by_hand.hand(company, reached=prepared) as hand:
        job = await company.schedule("done by another", account)
        (claim,) = await hand.claim()
        old = asyncio.create_task(hand.work([claim]))
        await prepared.arrived.wait()
        await hand.work([await hand.overtake(claim)])
        prepared.open.set()
        await old
    job = await company.job(job.post.id)
    assert (job.status, [each.state for each in job.attempts]) == ("completed", ["published"])
    assert len(await sandbox.books("x", "done by another")) == 1


async def test_a_new_claim_does_not_keep_the_old_one_alive(company, sandbox):
    """The old one has written ahead and stops there; the new one looks for that send for longer than a lease."""
    account, sending, lease = await company.connect("x", "alive"), Gate("send"), timedelta(seconds=5)
    async with by_hand.hand(company, reached=sending, lease=lease, keeper=Keeper(company.resources.leases, lease)) as hand:
        job = await company.schedule("too late", account)
        (claim,) = await hand.claim()
        old = asyncio.create_task(hand.work([claim]))
        await asyncio.wait_for(sending.arrived.wait(), 20)
        await sandbox.fault("x", "delay", path="/2/users/", delayMs=14_000)
        new = asyncio.create_task(hand.work([await hand.overtake(claim, "unknown")]))
        await asyncio.sleep(2 * lease.total_seconds())
        sending.open.set()
        await old
        assert await sandbox.books("x", "too late") == []
        await new
        job = await hand.rounds(job, "completed", "failed", hours=1)
    assert job.status == "completed"
    assert len(await sandbox.books("x", "too late")) == 1


@pytest.mark.parametrize("part", [1, 2, 3])
async def test_an_answer_that_came_after_the_claim_was_lost_is_adopted(company, sandbox, part):
    """The platform cannot be asked: what it answered to the lost worker is all there is."""
    account, answered = await company.connect("x", f"adopted{part}"), Gate("answered", part)
    texts = [f"adopted {part}.{number}" for number in (1, 2, 3)]
    async with by_hand.hand(company, reached=answered) as hand:
        job = await company.schedule(texts[0], account, thread=texts[1:])
        (claim,) = await hand.claim()
        working = asyncio.create_task(hand.work([claim]))
        await answered.arrived.wait()
        await sandbox.fault("x", "server_error", 1000, path="/2/users/")
        await hand.lapse(claim)
        answered.open.set()
        await working
        job = await hand.rounds(job, "completed", "failed", most=5)
    assert job.status == "completed"
    books = [await sandbox.books("x", text) for text in texts]
    assert [len(each) for each in books] == [1, 1, 1]
    assert [each[0]["replyTo"] for each in books] == [None, books[0][0]["id"], books[1][0]["id"]]
    assert [(each.part, each.state) for each in job.attempts] == [(0, "published"), (1, "published"), (2, "published")]


async def test_what_a_worker_took_is_not_given_back(company):
    """A dispatcher that could not hand over gives back; the message it believes lost has arrived all the same."""
    accounts = [await company.connect("x", name) for name in ("taken", "waiting")]
    async with by_hand.hand(company) as hand:
        jobs = [await company.schedule("given back", account) for account in accounts]
        taken, waiting = await hand.claim()
        assert await claims.take(hand.press.database, [(taken.id, taken.fence)], hand.press.lease)
        await claims.release(hand.press.database, [taken, waiting])
        leased = await hand.sql("SELECT id FROM publications WHERE lease_until > clock_timestamp()")
        assert [row.id for row in leased] == [taken.id]
        again = await hand.claim()
        assert [(each.id, each.fence) for each in again] == [(waiting.id, waiting.fence + 1)]
        await hand.work(again)
        await claims.extend(hand.press.database, [taken], timedelta(0))
        assert [(await hand.rounds(job, "completed", "failed")).status for job in jobs] == ["completed", "completed"]


async def test_a_held_publication_whose_answer_came_after_all_needs_no_person(company, sandbox):
    """It was taken back as unknown and held; then the lost worker wrote down that the platform had said yes."""
    account, answered = await company.connect("x", "afterall"), Gate("answered")
    async with by_hand.hand(company, reached=answered) as hand:
        job = await company.schedule("after all", account, onUnknown="hold")
        (claim,) = await hand.claim()
        working = asyncio.create_task(hand.work([claim]))
        await answered.arrived.wait()
        await hand.lapse(claim)
        answered.open.set()
        await working
        job = await hand.rounds(job, "completed", "failed", most=5)
    assert (job.status, [each.state for each in job.attempts]) == ("completed", ["published"])
    assert len(await sandbox.books("x", "after all")) == 1
