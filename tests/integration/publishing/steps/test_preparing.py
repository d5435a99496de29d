"""Preparation that takes its time, gets lost or fails at the platform: nothing is sent before it is ready, and nothing twice.

Mastodon's connector, with the containers of other platforms in front: a step makes one, another waits until it is ready.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest

import by_hand
from answers import good
from by_hand import Gate
from ocma.features.publishing import claims, publish
from ocma.features.publishing.claims import AHEAD
from ocma.platforms.connector import Processing, Published, Step
from ocma.platforms.content import live_part, part_step
from ocma.platforms.errors import ContentRejected, NotReady, OutcomeUnknown, PlatformUnavailable, PreparationLost
from ocma.platforms.mastodon import Mastodon

pytestmark = pytest.mark.usefixtures("unguarded")


class Containers:
    """What a platform with containers would know. `looks`: how often one is looked at until it is ready.

    `replies`: those of later parts name the part before. `story` is all that happened, in order.
    """

    def __init__(self, looks: int = 0, keeps=None, *, replies: bool = False) -> None:
        self.made, self.used, self.looks, self.keeps, self.replies = [], [], looks, keeps, replies
        self.story, self.above = [], []
        self.slow = {}  # how often a part's is not ready, beside `looks`
        self.trouble = None  # raised by the next look
        self.refusal = None  # of the next sending

    def steps(self, _connector, content):
        for index, _ in enumerate(content.parts):
            replies = self.replies and index > 0
            yield Step(part_step("container", index), partial(self._make, index), self.keeps, replies=replies)
            yield Step(part_step("ready", index), partial(self._ready, index), self.keeps, replies=replies)

    async def _make(self, index, _access, prepared):
        self.made.append(f"c{len(self.made)}")
        self.story.append(f"make {index}")
        self.above.append(prepared.get(live_part(index - 1)))
        return self.made[-1]

    async def _ready(self, index, _access, prepared):
        self.story.append(f"look {index}")
        if self.trouble:
            trouble, self.trouble = self.trouble, None
            raise trouble
        if self.slow.get(index):
            self.slow[index] -= 1
            raise NotReady(platform="mastodon", retry_after=20)
        self.looks -= 1
        if self.looks >= 0:
            raise NotReady(platform="mastodon", retry_after=20)
        return f"ready {prepared[part_step('container', index)]}"


@pytest.fixture
def containers(monkeypatch):
    found, publish = Containers(), Mastodon.publish

    async def recording(self, access, outgoing):
        found.story.append(f"send {outgoing.index}")
        found.used.append(tuple(outgoing.prepared[part_step(kind, outgoing.index)] for kind in ("container", "ready")))
        if found.refusal:
            refusal, found.refusal = found.refusal, None
            raise refusal
        return await publish(self, access, outgoing)

    monkeypatch.setattr(Mastodon, "steps", lambda self, content: list(found.steps(self, content)))
    monkeypatch.setattr(Mastodon, "publish", recording)
    return found


async def scheduled(company, text, **more):
    return await company.schedule(text, await company.connect("mastodon", "prepares"), **more)


async def row(company, job):
    return (await company.job(job.post.id)).publications[0]


async def test_what_is_not_ready_is_come_back_to_without_costing_a_try(company, hand, sandbox, containers):
    containers.looks = 3
    job = await scheduled(company, "takes its time")
    await hand.step()
    waiting = await row(company, job)
    assert (waiting.state, waiting.tries, waiting.error["code"]) == ("scheduled", 0, "notReady")
    assert 15 < (waiting.due_at - company.resources.clock()).total_seconds() <= 21
    job = await hand.rounds(job, "completed", "failed")
    assert (job.status, len(job.attempts)) == ("completed", 1)
    assert (containers.made, containers.used) == (["c0"], [("c0", "ready c0")])
    assert len(await sandbox.books("mastodon", "takes its time")) == 1


async def waits(company, job):
    """From its last change on, which was at that step."""
    found = await row(company, job)
    return (found.due_at - found.updated_at).total_seconds()


async def test_the_longer_it_takes_the_later_it_is_looked_at(company, hand, containers):
    """Each look comes when the container is twice as old: after a second at first, after half a minute at most."""
    job = await scheduled(company, "twice as old")
    older = """UPDATE publications SET progress = jsonb_set(progress, '{steps,container:0,at}', to_jsonb(
        extract(epoch FROM clock_timestamp())::float - :age)) WHERE post_id = :id"""
    for age, wait in ((0, 1), (10, 10), (25, 25), (3600, 30)):
        containers.trouble = NotReady(platform="mastodon", retry_after=1, most=30)
        if age:
            await hand.sql(older, id=job.post.id, age=age)
            await hand.pass_time(job)
        await hand.step()
        assert wait - 1 < await waits(company, job) - AHEAD.total_seconds() < wait + 3
    assert containers.made == ["c0"]


@pytest.mark.parametrize("early", [False, True])
async def test_what_has_become_ready_is_sent_at_once_but_not_before_its_time(
    company, hand, sandbox, containers, monkeypatch, early
):
    """A claim comes early for the instant that somebody wanted, not for the one at which a look was due."""
    monkeypatch.setattr(publish, "EARLIEST", 60.0)
    containers.looks, text = 1, f"ready, early {early}"
    job = await scheduled(company, text)
    await hand.step()
    later = "UPDATE publications SET due_at = now() + interval '50 s' WHERE post_id = :id"
    await hand.sql(later.replace("SET", "SET scheduled_at = now() + interval '50 s',") if early else later, id=job.post.id)
    found = await claims.claim(hand.press.database, 500, hand.press.lease, timedelta(seconds=55))
    with suppress(TimeoutError):
        async with asyncio.timeout(2 if early else 20):
            await hand.work([each for each in found if each.workspace_id == company.caller.workspace_id])
    assert len(await sandbox.books("mastodon", text)) == (not early)


async def test_what_is_never_ready_comes_to_an_end(company, hand, containers):
    containers.looks = 1000
    job = await scheduled(company, "never ready", maxAttempts=2)
    await hand.step()
    await hand.sql("UPDATE publications SET scheduled_at = scheduled_at - interval '25 h' WHERE post_id = :id", id=job.post.id)
    job = await hand.rounds(job, "failed", most=5)
    assert (job.publications[0].error["code"], job.publications[0].tries) == ("notReady", 2)


async def test_what_is_lost_is_prepared_anew_with_all_that_came_of_it(company, hand, sandbox, containers):
    containers.trouble = PreparationLost(platform="mastodon", rule="containerExpired", steps=[part_step("container", 0)])
    job = await scheduled(company, "lost")
    await hand.step()
    waiting = await row(company, job)
    assert (waiting.state, waiting.tries, waiting.error["code"]) == ("scheduled", 1, "containerExpired")
    job = await hand.rounds(job, "completed", "failed")
    assert (job.status, containers.made, containers.used) == ("completed", ["c0", "c1"], [("c1", "ready c1")])
    assert len(await sandbox.books("mastodon", "lost")) == 1


async def test_a_container_that_is_too_old_takes_its_look_with_it(company, hand, sandbox, containers, monkeypatch):
    """The look is younger than what it looked at; it would still count by its own age."""
    job = await scheduled(company, "too old")
    containers.refusal = PlatformUnavailable(platform="mastodon")
    await hand.step()
    containers.keeps = timedelta(hours=1)
    await hand.sql(
        """UPDATE publications SET progress = jsonb_set(progress, '{steps,container:0,at}',
            to_jsonb((progress #>> '{steps,container:0,at}')::float - 3601)) WHERE post_id = :id""",
        id=job.post.id,
    )
    job = await hand.rounds(job, "completed", "failed")
    assert (job.status, containers.made) == ("completed", ["c0", "c1"])
    assert containers.used[-1] == ("c1", "ready c1")


async def test_parts_that_are_live_are_not_prepared_again(company, hand, sandbox, containers):
    job = await scheduled(company, "first part", thread=["second part"])
    job = await hand.rounds(job, "completed", "failed")
    assert (job.status, containers.made) == ("completed", ["c0", "c1"])
    assert [used for used, _ in containers.used] == ["c0", "c1"]


@pytest.fixture
def replies(containers):
    containers.replies = True
    return containers


PART = ["make {0}", "look {0}", "send {0}"]
THREAD = [each.format(part) for part in range(3) for each in PART]


async def live(sandbox, *texts):
    """The ids of the posts with these texts; there is one of each."""
    found = [await sandbox.books("mastodon", each) for each in texts]
    assert [len(each) for each in found] == [1] * len(texts)
    return [each["id"] for (each,) in found]


async def test_what_replies_is_prepared_when_what_it_answers_is_live(company, hand, sandbox, replies):
    job = await scheduled(company, "reply 0", thread=["reply 1", "reply 2"])
    await hand.step()
    assert (await company.job(job.post.id)).status == "completed"
    assert replies.story == THREAD
    assert replies.above == [None, *(await live(sandbox, "reply 0", "reply 1", "reply 2"))[:-1]]


async def test_what_does_not_reply_is_prepared_before_anything_is_live(company, hand, containers):
    await scheduled(company, "ahead 0", thread=["ahead 1", "ahead 2"])
    await hand.step()
    assert containers.story == [*(each for each in THREAD if "send" not in each), *(each for each in THREAD if "send" in each)]


async def test_a_reply_that_is_not_ready_costs_neither_a_try_nor_what_is_live(company, hand, sandbox, replies):
    replies.slow = {1: 3, 2: 2}
    job = await scheduled(company, "slow 0", thread=["slow 1", "slow 2"])
    for parts in (1, 1, 1, 2, 2):
        await hand.step()
        waiting = await row(company, job)
        assert (waiting.state, waiting.tries, waiting.error["code"]) == ("scheduled", 0, "notReady")
        assert len(waiting.progress["parts"]) == parts
        await hand.pass_time(job)
    job = await hand.rounds(job, "completed", "failed", most=2)
    assert (job.status, len(job.attempts), job.publications[0].tries) == ("completed", 3, 0)
    assert replies.made == ["c0", "c1", "c2"]
    await live(sandbox, "slow 0", "slow 1", "slow 2")


async def test_a_reply_has_a_day_from_when_the_part_before_was_sent(company, hand, replies):
    replies.slow = {1: 1000}
    job = await scheduled(company, "late 0", thread=["late 1"], maxAttempts=2)
    await hand.sql("UPDATE publications SET scheduled_at = scheduled_at - interval '25 h' WHERE post_id = :id", id=job.post.id)
    await hand.step()
    assert ((await row(company, job)).tries, (await row(company, job)).error["code"]) == (0, "notReady")
    job = await hand.rounds(job, "failed", hours=13, most=6)
    assert (job.publications[0].tries, len(job.attempts)) == (2, 1)


async def test_a_reply_that_is_lost_is_prepared_anew(company, hand, sandbox, replies):
    replies.slow = {1: 1}
    job = await scheduled(company, "lost 0", thread=["lost 1"])
    await hand.step()
    replies.trouble = PreparationLost(platform="mastodon", rule="containerExpired")  # of all steps, those of live parts too
    await hand.pass_time(job)
    await hand.step()
    waiting = await row(company, job)
    assert (waiting.state, waiting.tries, waiting.error["code"]) == ("scheduled", 1, "containerExpired")
    job = await hand.rounds(job, "completed", "failed")
    assert (job.status, replies.used) == ("completed", [("c0", "ready c0"), ("c2", "ready c2")])
    await live(sandbox, "lost 0", "lost 1")


async def test_what_came_of_a_lost_step_is_lost_even_if_the_worker_dies_in_between(company, sandbox, containers):
    containers.refusal = PreparationLost(platform="mastodon", rule="gone", steps=[part_step("container", 0)])
    job, stored = await scheduled(company, "dies in between"), Gate("stored", 3)  # of the second container
    async with by_hand.hand(company, reached=stored) as hand:
        await hand.step()
        await hand.pass_time(job)
        (claim,) = await hand.claim()
        dying = asyncio.create_task(hand.work([claim]))
        await asyncio.wait_for(stored.arrived.wait(), 20)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        await hand.lapse(claim)
        job = await hand.rounds(job, "completed", "failed")
    assert (job.status, containers.used[-1]) == ("completed", ("c1", "ready c1"))
    await live(sandbox, "dies in between")


async def test_while_a_send_is_open_nothing_is_prepared_anew(company, sandbox, containers):
    """It is looked for by what was prepared for it; an attempt may be open while its publication does not say so yet."""
    await sandbox.fault("mastodon", "accept_500", path="/api/v1/statuses")
    job, refused = await scheduled(company, "open"), Gate("refused")
    async with by_hand.hand(company, reached=refused) as hand:
        (claim,) = await hand.claim()
        dying = asyncio.create_task(hand.work([claim]))
        await asyncio.wait_for(refused.arrived.wait(), 20)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        containers.keeps = timedelta(0)  # too old at once
        await hand.sql(
            "UPDATE publications SET state = 'scheduled', lease_until = NULL, due_at = now() WHERE id = :id", id=claim.id
        )
        await hand.step()
        assert ((await row(company, job)).state, containers.made) == ("unknown", ["c0"])
        job = await hand.rounds(job, "completed", "failed")
    assert (job.status, len(job.attempts)) == ("completed", 1)
    await live(sandbox, "open")


class Slow:
    """Accepts a part and makes it live by itself, later: what it says when it is asked is `says`."""

    def __init__(self) -> None:
        self.says, self.sent, self.asked = Processing("p1", 30), 0, 0

    async def publish(self, _access, _outgoing):
        self.sent += 1
        return Processing(f"p{self.sent}", 30)

    async def resume(self, _access, processing):
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        if isinstance(self.says, Published) or self.says.most:
            return self.says
        return processing


@pytest.fixture
def slow(monkeypatch):
    found = Slow()
    monkeypatch.setattr(Mastodon, "steps", lambda self, content: [])
    monkeypatch.setattr(Mastodon, "publish", found.publish)
    monkeypatch.setattr(Mastodon, "resume", found.resume)
    return found


async def test_what_was_accepted_is_asked_for_and_not_sent_again(company, hand, slow):
    job = await scheduled(company, "accepted")
    for _ in range(4):
        await hand.step()
        await hand.pass_time(job)
    assert (slow.sent, slow.asked, (await row(company, job)).state) == (1, 3, "publishing")
    slow.says = Published("4711", "https://example.org/4711")
    job = await hand.rounds(job, "completed", "failed")
    assert (job.status, slow.sent, job.publications[0].platform_post_id) == ("completed", 1, "4711")
    assert [each.state for each in job.attempts] == ["published"]


async def test_the_longer_it_is_worked_on_the_later_it_is_asked_for(company, hand, slow):
    slow.says = Processing("p1", 2, 1800)
    job = await scheduled(company, "worked on")
    await hand.step()
    assert await waits(company, job) < 31 + AHEAD.total_seconds()  # as its sending said
    await hand.pass_time(job)
    await hand.step()
    assert 0 < await waits(company, job) - AHEAD.total_seconds() < 10
    await hand.sql("UPDATE attempts SET started_at = started_at - interval '10 min'")
    await hand.pass_time(job)
    await hand.step()
    assert 590 < await waits(company, job) - AHEAD.total_seconds() < 620
    await hand.pass_time(job, hours=1)
    await hand.step()
    assert 1790 < await waits(company, job) - AHEAD.total_seconds() < 1801


async def test_what_was_accepted_and_refused_in_the_end_has_failed(company, hand, slow):
    job = await scheduled(company, "refused in the end")
    await hand.step()
    slow.says = ContentRejected(platform="mastodon", rule="videoUnreadable")
    job = await hand.rounds(job, "failed", most=3)
    assert ([each.state for each in job.attempts], slow.sent) == (["refused"], 1)
    assert job.publications[0].error["code"] == "videoUnreadable"
    assert "processing" not in job.publications[0].progress  # requeued, it would be sent anew


async def test_what_was_accepted_and_lost_in_the_end_is_sent_anew(company, hand, slow):
    job = await scheduled(company, "lost in the end")
    await hand.step()
    slow.says = PreparationLost(platform="mastodon", rule="fetchFailed")
    await hand.pass_time(job)
    await hand.step()
    assert ((await row(company, job)).state, (await row(company, job)).tries) == ("scheduled", 1)
    slow.says = Published("4711")
    job = await hand.rounds(job, "completed", "failed")
    assert (job.status, slow.sent) == ("completed", 2)
    assert sorted(each.state for each in job.attempts) == ["published", "refused"]


async def test_trouble_of_the_platform_frees_nothing_that_was_accepted(company, hand, slow):
    job = await scheduled(company, "troubled")
    await hand.step()
    slow.says = OutcomeUnknown(platform="mastodon")
    for _ in range(3):
        await hand.pass_time(job)
        await hand.step()
    assert (slow.sent, "processing" in (await row(company, job)).progress) == (1, True)


async def test_what_is_worked_on_for_a_day_is_for_somebody_to_decide(company, hand, slow, door):
    job = await scheduled(company, "a whole day")
    await hand.step()
    await hand.pass_time(job, hours=25)
    await hand.step()
    held = await row(company, job)
    assert (held.state, held.due_at, held.error["code"], slow.sent) == ("unknown", None, "held", 1)
    resolve = f"/api/queue/jobs/{job.post.id}/publications/{held.id}/resolve"
    good(await door.post(resolve, json={"outcome": "notPublished"}))
    await hand.step()
    assert (slow.sent, slow.asked) == (2, 1)  # sent anew
    slow.says = Published("4711")
    job = await hand.rounds(job, "completed", "failed")
    assert (job.status, sorted(each.state for each in job.attempts)) == ("completed", ["absent", "published"])


async def test_somebody_finds_it_live_and_the_next_part_follows(company, hand, slow, door):
    job = await scheduled(company, "one", thread=["two"])
    await hand.step()
    await hand.pass_time(job, hours=25)
    await hand.step()
    held = await row(company, job)
    resolve = f"/api/queue/jobs/{job.post.id}/publications/{held.id}/resolve"
    good(await door.post(resolve, json={"outcome": "published", "postId": "4711"}))
    await hand.step()
    assert slow.sent == 2
    slow.says = Published("4712")
    job = await hand.rounds(job, "completed", "failed")
    assert [each["id"] for each in job.publications[0].progress["parts"]] == ["4711", "4712"]
