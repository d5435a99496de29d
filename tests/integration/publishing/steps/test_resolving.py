"""A person steps in: resolves what is held, part by part, or cancels a thread that is half live."""

import asyncio

import pytest

import by_hand
from answers import good, problem, refused

pytestmark = pytest.mark.usefixtures("unguarded")

POSTS = "/2/tweets"


class Held:
    """A thread of three on X whose part `part` was sent and has no answer; a person is to say what became of it."""

    def __init__(self, company, sandbox, door, part, kind):
        self.company, self.sandbox, self.door, self.part, self.kind = company, sandbox, door, part, kind
        self.texts = [f"{company.caller.workspace_id}, part {number}" for number in range(3)]
        self.sent = 0

    async def begin(self):
        account = await self.company.connect("x", f"held{self.part}{self.kind}")
        await self.before()
        async with by_hand.hand(self.company, reached=self.reached) as hand:
            self.job = await self.company.schedule(self.texts[0], account, thread=self.texts[1:], onUnknown="hold")
            await hand.step()
        self.job = await self.company.job(self.job.post.id)
        publication = self.job.publications[0]
        assert (publication.state, publication.due_at) == ("unknown", None)
        assert len(publication.progress.get("parts", [])) == self.part
        self.path = f"/api/queue/jobs/{self.job.post.id}/publications/{publication.id}/resolve"

    async def reached(self, stage):
        if stage == "recorded":
            self.sent += 1
            await self.before()

    async def before(self):
        """The fault strikes the call for our part only."""
        if self.sent == self.part:
            await self.sandbox.fault("x", self.kind, path=POSTS)

    async def resolve(self, **body):
        return await self.door.post(self.path, json=body)

    async def books(self):
        return [await self.sandbox.books("x", text) for text in self.texts]

    async def end(self):
        """Every part is live once and answers the one before."""
        async with by_hand.hand(self.company) as hand:
            self.job = await hand.rounds(self.job, "completed", "failed")
        assert self.job.status == "completed", self.job.publications[0].error
        books = await self.books()
        assert [len(each) for each in books] == [1, 1, 1]
        ids = [each[0]["id"] for each in books]
        assert [each[0]["replyTo"] for each in books] == [None, *ids[:2]]
        assert [each["id"] for each in self.job.publications[0].progress["parts"]] == ids
        assert self.job.publications[0].platform_post_id == ids[0]


@pytest.fixture
def held(company, sandbox, door):
    async def make(part, kind):
        made = Held(company, sandbox, door, part, kind)
        await made.begin()
        return made

    return make


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_a_part_that_is_live_is_answered_by_the_next(held, part):
    thread = await held(part, "accept_500")
    live = (await thread.books())[part][0]
    url = f"https://x.com/i/status/{live['id']}"
    shown = good(await thread.resolve(outcome="published", postId=live["id"], url=url))
    assert shown["publications"][0]["parts"][part] == {"id": live["id"], "url": url}
    assert shown["publications"][0]["status"] == ("published" if part == 2 else "scheduled")
    await thread.end()
    assert [each.state for each in thread.job.attempts] == ["published"] * 3


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_a_part_that_is_not_live_is_sent_again_and_no_other(held, part):
    thread = await held(part, "reset")
    assert [len(each) for each in await thread.books()] == [int(number < part) for number in range(3)]
    good(await thread.resolve(outcome="notPublished"))
    await thread.end()
    seen = [(each.part, each.state) for each in thread.job.attempts]
    assert seen == sorted([*((number, "published") for number in range(3)), (part, "absent")])


@pytest.mark.parametrize("body", [{}, {"url": "https://x.com/i/status/1"}], ids=["nothing", "url"])
async def test_the_next_part_needs_the_id_of_this_one(held, body):
    thread = await held(0, "accept_500")
    assert refused(await thread.resolve(outcome="published", **body), "postIdMissing") == ["postId"]
    job = await thread.company.job(thread.job.post.id)
    assert (job.publications[0].state, job.attempts[0].state) == ("unknown", "unknown")
    assert not job.publications[0].progress.get("parts")


async def test_the_last_part_needs_an_id_or_a_url(held):
    thread = await held(2, "accept_500")
    problem(await thread.resolve(outcome="published"), 422, "postIdMissing")
    shown = good(await thread.resolve(outcome="published", url="https://x.com/i/status/1"))
    assert shown["status"] == "completed"


async def test_only_what_is_unknown_and_free_is_resolved(held, company, door):
    thread = await held(0, "reset")
    async with by_hand.hand(company) as hand:
        lease = "UPDATE publications SET attempt = attempt + 1, lease_until = now() + CAST(:by AS interval) WHERE post_id = :post"
        await hand.sql(lease, by=by_hand.LEASE, post=thread.job.post.id)
        problem(await thread.resolve(outcome="notPublished"), 409, "notUnknown")
        await hand.sql("UPDATE publications SET lease_until = NULL WHERE post_id = :post", post=thread.job.post.id)
        other = await company.schedule("another", await company.connect("x", "another"), scheduledAt="2099-01-01T00:00:00Z")
    mixed = f"/api/queue/jobs/{other.post.id}/publications/{thread.job.publications[0].id}/resolve"
    problem(await door.post(mixed, json={"outcome": "notPublished"}), 404)
    waiting = f"/api/queue/jobs/{other.post.id}/publications/{other.publications[0].id}/resolve"
    problem(await door.post(waiting, json={"outcome": "notPublished"}), 409, "notUnknown")
    good(await thread.resolve(outcome="notPublished"))
    problem(await thread.resolve(outcome="notPublished"), 409, "notUnknown")
    await thread.end()
    problem(await thread.resolve(outcome="notPublished"), 409, "notUnknown")


async def test_a_half_live_thread_is_cut_short_and_may_go_on(company, sandbox, door):
    """The first part is live and the second waits: nothing more is sent, and what is live stays known."""
    texts = ["half live 1", "half live 2"]

    async def reached(stage):
        if stage == "recorded":
            await sandbox.fault("x", "rate_limit", path=POSTS, delayMs=2000)

    async with by_hand.hand(company, reached=reached) as hand:
        job = await company.schedule(texts[0], await company.connect("x", "half"), thread=texts[1:])
        await hand.step()
    live = (await sandbox.books("x", texts[0]))[0]
    path = f"/api/queue/jobs/{job.post.id}"
    assert good(await door.get(path))["publications"][0]["status"] == "scheduled"
    shown = good(await door.post(f"{path}/cancel"))
    publication = shown["publications"][0]
    assert (shown["status"], publication["status"], publication["success"]) == ("failed", "failed", False)
    assert (publication["error"]["code"], publication["nextAt"]) == ("cancelled", None)
    assert [each["id"] for each in publication["parts"]] == [live["id"]]
    assert publication["parts"][0]["url"].endswith(live["id"])
    problem(await door.post(f"{path}/cancel"), 409, "notCancellable")
    async with by_hand.hand(company) as hand:
        await hand.pass_time(job)
        assert await hand.step() == 0
        assert await sandbox.books("x", texts[1]) == []
        await asyncio.sleep(3)
        good(await door.post(f"{path}/retry"))
        assert (await hand.rounds(job, "completed", "failed", pause=0.2)).status == "completed"
    books = [await sandbox.books("x", text) for text in texts]
    assert [[each["replyTo"] for each in found] for found in books] == [[None], [live["id"]]]


async def test_a_thread_cut_short_says_what_to_do(company, sandbox, door):
    async def reached(stage):
        if stage == "recorded":
            await sandbox.fault("x", "rate_limit", path=POSTS, delayMs=2000)

    async with by_hand.hand(company, reached=reached) as hand:
        job = await company.schedule("say 1", await company.connect("x", "say"), thread=["say 2"])
        await hand.step()
    shown = good(await door.post(f"/api/queue/jobs/{job.post.id}/cancel"))
    error = shown["publications"][0]["error"]
    assert error["detail"]
    assert error["remediation"]
