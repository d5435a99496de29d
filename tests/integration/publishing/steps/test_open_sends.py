"""A send whose outcome is open, while the worker dies, a person comes, a neighbour is broken or the platform does not end."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text

import by_hand
from answers import problem
from by_hand import Gate
from ocma.clock import utcnow
from ocma.features.publishing import settle
from ocma.features.publishing.gates import Gates, Wait
from ocma.features.publishing.journal import Beginning, Live
from ocma.ids import new_id
from ocma.platforms import configuration
from ocma.platforms.registry import get_connector

pytestmark = pytest.mark.usefixtures("unguarded")
CHANGES = {"cancel": ("POST", "/cancel", None), "edit": ("PATCH", "", {"content": "other words"})}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("platform", ["x", "mastodon"])
async def test_between_the_two_writes_of_no_answer_nobody_changes_it(company, sandbox, door, platform, change):
    """The attempt says unknown, the publication does not yet, and there the worker dies."""
    account, told = await company.connect(platform, f"between_{change}"), Gate("refused")
    await sandbox.fault(platform, "accept_500", path="/2/tweets" if platform == "x" else "/api/v1/statuses")
    async with by_hand.hand(company, reached=told) as hand:
        job = await company.schedule(f"between {change}", account)
        (claim,) = await hand.claim()
        dying = asyncio.create_task(hand.work([claim]))
        await asyncio.wait_for(told.arrived.wait(), 20)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        await hand.sql(
            "UPDATE publications SET state = 'scheduled', lease_until = NULL, due_at = now() WHERE id = :id", id=claim.id
        )
        method, where, body = CHANGES[change]
        answer = await door.request(method, f"/api/queue/jobs/{job.post.id}{where}", json=body)
        problem(answer, 409, "notCancellable" if change == "cancel" else "notEditable")
        job = await hand.rounds(job, "completed", "failed")
    assert (job.status, len(await sandbox.books(platform, f"between {change}"))) == ("completed", 1)


async def test_a_lease_that_ends_there_makes_it_unknown(company, sandbox):
    account, told = await company.connect("x", "ends"), Gate("refused")
    await sandbox.fault("x", "accept_500", path="/2/tweets")
    async with by_hand.hand(company, reached=told) as hand:
        job = await company.schedule("ends there", account)
        (claim,) = await hand.claim()
        dying = asyncio.create_task(hand.work([claim]))
        await asyncio.wait_for(told.arrived.wait(), 20)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        await hand.lapse(claim)
        assert (await company.job(job.post.id)).publications[0].state == "unknown"


async def begun(company, hand, *names):
    """A taken publication for each name, written ahead: (claim, attempt)."""
    for name in names:
        await company.schedule(name, await company.connect("x", name))
    found = await hand.claim()
    attempts = [new_id() for _ in found]
    times = await asyncio.gather(
        *(hand.press.journal.begin(Beginning(new, each, 0, "print")) for new, each in zip(attempts, found, strict=True))
    )
    assert all(times)
    return list(zip(found, attempts, strict=True))


def live(claim, attempt, url="https://x.example/1"):
    whole = (str(claim.id), url, utcnow())
    return Live(attempt, claim, str(claim.id), url, utcnow(), "{}", whole)


async def states(company, hand):
    rows = await hand.sql("SELECT state FROM publications WHERE workspace_id = :mine", mine=company.caller.workspace_id)
    return sorted(row.state for row in rows)


async def test_an_answer_that_cannot_be_stored_harms_only_its_own_post(company, hand):
    """Three are recorded in one statement; what the database does not take is one of them."""
    (one, two, three) = await begun(company, hand, "poison_a", "poison_b", "poison_c")
    journal = hand.press.journal
    told = await asyncio.gather(
        journal.live(live(*one)),
        journal.live(live(*two, url="https://x.example/\x00")),
        journal.live(live(*three)),
        return_exceptions=True,
    )
    assert (told[0], told[2]) == (True, True)
    assert isinstance(told[1], asyncpg.PostgresError)
    assert await states(company, hand) == ["published", "published", "publishing"]


async def test_an_account_that_somebody_has_locked_holds_up_nobody(company, hand):
    (one, two) = await begun(company, hand, "locked_a", "locked_b")
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        await session.execute(text("SELECT FROM accounts WHERE id = :id FOR UPDATE"), {"id": one[0].account_id})
        async with asyncio.timeout(5):
            assert await asyncio.gather(*(hand.press.journal.live(live(*each)) for each in (one, two))) == [True, True]
    assert await states(company, hand) == ["published", "published"]


async def test_a_platform_that_does_not_come_to_an_end_does_not_keep_the_claim(company, sandbox, hand, monkeypatch):
    monkeypatch.setattr(settle, "QUESTION", 0.3)
    await sandbox.fault("x", "accept_500", path="/2/tweets")
    job = await company.schedule("dripping", await company.connect("x", "dripping"))
    await hand.step()
    await sandbox.fault("x", "delay", path="/2/users/", delayMs=3000)
    await hand.pass_time(job)
    await hand.step()
    (publication,) = (await company.job(job.post.id)).publications
    assert (publication.state, publication.lease_until, publication.error["code"]) == ("unknown", None, "tooSlow")
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"
    assert len(await sandbox.books("x", "dripping")) == 1


class Halting(Gates):
    """An open breaker that gives each later post a shorter wait."""

    seconds = 30.0

    def halted(self, work):
        self.seconds /= 2
        return Wait(self.seconds, "breaker", self._clock() + timedelta(seconds=self.seconds))


async def test_an_accounts_posts_keep_their_order_while_they_wait(company):
    account, found = await company.connect("x", "ordered"), company.resources
    gates = Halting(found.redis, found.database, found.environment, found.clock)
    async with by_hand.hand(company, gates=gates) as hand:
        jobs = [await company.schedule(f"ordered {number}", account) for number in range(3)]
        assert await hand.step() == 3
    waiting = [(await company.job(job.post.id)).publications[0] for job in jobs]
    assert [each.state for each in waiting] == ["scheduled"] * 3
    assert [each.due_at for each in waiting] == sorted(each.due_at for each in waiting)


async def test_deaths_of_long_ago_do_not_count_for_ever(company, sandbox, hand):
    await sandbox.fault("x", "rate_limit", path="/2/tweets")
    job = await company.schedule("long ago", await company.connect("x", "long_ago"))
    await hand.sql("UPDATE publications SET lapses = 19 WHERE post_id = :post", post=job.post.id)
    await hand.step()
    (publication,) = (await company.job(job.post.id)).publications
    assert (publication.state, publication.lapses) == ("scheduled", 0)


@pytest.mark.parametrize(("here", "in_a_hurry"), [(configuration.LOOPBACK, True), (frozenset(), False)])
async def test_only_a_platform_that_is_played_here_is_asked_in_a_hurry(company, sandbox, hand, monkeypatch, here, in_a_hurry):
    """Whatever OCMA_SETTLE_PATIENCE says (here 0.01): a real platform shows a post late, and would get it again."""
    monkeypatch.setattr(configuration, "LOOPBACK", here)
    looks, name = get_connector("x").manifest.settle.looks, f"hurry {in_a_hurry}"
    await sandbox.fault("x", "server_error", path="/2/tweets")
    job = await company.schedule(name, await company.connect("x", f"hurry_{in_a_hurry}"))
    for seconds in looks:  # the first wait is set when it becomes unknown, the others by the looks before them
        await hand.step()
        (found,) = (await company.job(job.post.id)).publications
        assert found.state == "unknown"
        wait = timedelta(seconds=seconds / 100 if in_a_hurry else seconds)
        assert found.due_at - utcnow() <= wait <= found.due_at - found.updated_at
        await hand.pass_time(job)
    assert (await hand.rounds(job, "completed", "failed", hours=1)).status == "completed"
    assert len(await sandbox.books("x", name)) == 1
