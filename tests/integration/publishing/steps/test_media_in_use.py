"""A file stays as long as a post that is not over shows it."""

import asyncio
import io

import pytest
from PIL import Image

import by_hand
from answers import good, problem

LATER = "2099-01-01T00:00:00Z"
PLACES = {
    "first part": lambda medium: {"mediaIds": [medium]},
    "thread": lambda medium: {"thread": ["between", {"content": "with a picture", "mediaIds": [medium]}]},
    "variant": lambda medium: {"variants": {"x": {"mediaIds": [medium]}}},
}


@pytest.fixture
async def medium(door):
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "PNG")
    return good(await door.post("/api/media", files={"file": ("a.png", picture.getvalue(), "image/png")}), 201)["id"]


@pytest.mark.parametrize("place", PLACES)
async def test_kept_for_a_waiting_post_wherever_it_stands(company, door, medium, place):
    account = await company.connect("x", f"waits_{place[:4]}".strip())
    job = await company.schedule("waiting", account, scheduledAt=LATER, **PLACES[place](medium))
    body = problem(await door.delete(f"/api/media/{medium}"), 409, "mediumInUse")
    assert str(job.post.id) in body["detail"]
    assert good(await door.get(f"/api/media/{medium}"))["id"] == medium
    good(await door.post(f"/api/queue/jobs/{job.post.id}/cancel"))
    good(await door.delete(f"/api/media/{medium}"), 204)
    problem(await door.get(f"/api/media/{medium}"), 404)


async def test_kept_while_a_send_is_open_and_dropped_when_it_is_live(company, sandbox, door, medium, hand):
    await sandbox.fault("x", "accept_500", path="/2/tweets")
    job = await company.schedule("shown", await company.connect("x", "shown"), mediaIds=[medium])
    claimed = await hand.claim()
    problem(await door.delete(f"/api/media/{medium}"), 409, "mediumInUse")
    await hand.work(claimed)
    assert (await company.job(job.post.id)).publications[0].state == "unknown"
    problem(await door.delete(f"/api/media/{medium}"), 409, "mediumInUse")
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"
    good(await door.delete(f"/api/media/{medium}"), 204)
    assert [len(each["media"]) for each in await sandbox.books("x", "shown")] == [1]


async def test_kept_for_the_account_that_is_not_done_yet(company, sandbox, door, medium):
    """Live on one account, still waiting on the other."""
    one, two = await company.connect("x", "both1"), await company.connect("mastodon", "both2")
    await sandbox.fault("mastodon", "rate_limit", path="/api/v1/statuses", delayMs=2000)
    async with by_hand.hand(company) as hand:
        job = await company.schedule("both", one, accountIds=[one.id, two.id], mediaIds=[medium])
        await hand.step()
        states = {each.platform: each.state for each in (await company.job(job.post.id)).publications}
        assert states == {"x": "published", "mastodon": "scheduled"}
        problem(await door.delete(f"/api/media/{medium}"), 409, "mediumInUse")
        await asyncio.sleep(2)  # at least; headers tell whole seconds
        assert (await hand.rounds(job, "completed", "failed", pause=0.2)).status == "completed"
    good(await door.delete(f"/api/media/{medium}"), 204)
