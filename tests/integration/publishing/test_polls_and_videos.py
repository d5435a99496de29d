"""Polls and videos on X and Mastodon: each live once, whole, and once only whatever becomes of the answer."""

import httpx2
import pytest

import films
import stage
from ocma.errors import Invalid
from smallest import POLL, SMALLEST

NAMES = ("mastodon-poll", "mastodon-video", "x-poll", "x-video")
PUBLISHING = {"x": "/2/tweets", "mastodon": "/api/v1/statuses"}
PUBLISHED, TWICE = ["published"], ["absent", "published"]
# What is asked for at the call that publishes, and what our record of it says in the end. A delay is longer than we wait, and the
# platform takes the post after we are gone.
FAULTS = {
    "before, reset": ("reset", {}, TWICE),
    "before, hang": ("delay", {"delayMs": 2000}, PUBLISHED),
    "after, reset": ("accept_reset", {}, PUBLISHED),
    "after, hang": ("accept_hang", {}, PUBLISHED),
}


@pytest.fixture(scope="module")
def at_work(environment, dispatcher):
    with stage.worker(environment) as running:
        yield running


@pytest.fixture
async def settings(sandbox):
    """Of the sandbox's Mastodon; as before when the test is over."""
    usual = {"processing_seconds": 1.0, "processing_fails": False}
    yield lambda **changed: _set(sandbox, changed)
    await _set(sandbox, usual)


async def _set(sandbox, changed):
    async with httpx2.AsyncClient(timeout=30) as client:
        body = {"platform": "mastodon", "settings": changed}
        (await client.post(f"{sandbox.url}/_control/settings", json=body)).raise_for_status()


@pytest.mark.parametrize("name", NAMES)
async def test_it_is_live_as_it_was_meant(company, sandbox, at_work, name):
    small = SMALLEST[name]
    job = await company.wait(await small.schedule(company, small.text("as it was meant")), "completed", "failed")
    assert job.status == "completed", job.publications[0].error
    (entry,) = await sandbox.marked(small.platform, small.text("as it was meant"))
    assert job.publications[0].platform_post_id == entry["id"]
    if small.poll:
        _is_poll(small.platform, entry["details"]["poll"])
        assert entry["media"] == []
    else:
        assert [media["mimeType"] for media in entry["media"]] == ["video/mp4"]
        assert "poll" not in entry["details"]


def _is_poll(platform, live):
    assert live["options"] == POLL["options"]
    if platform == "x":
        assert live["duration_minutes"] == 1440
    else:
        assert (live["expires_in"], live["multiple"]) == (86_400, False)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", NAMES)
async def test_one_live_post_whatever_becomes_of_the_call(company, sandbox, unguarded, at_work, name, fault):
    small, (kind, more, attempts) = SMALLEST[name], FAULTS[fault]
    text = small.text(fault)
    await sandbox.fault(small.platform, kind, path=PUBLISHING[small.platform], **more)
    job = await company.wait(await small.schedule(company, text), "completed", "failed")
    assert await sandbox.waiting_faults() == []
    assert job.status == "completed", job.publications[0].error
    (entry,) = await sandbox.marked(small.platform, text)
    assert job.publications[0].platform_post_id == entry["id"]
    assert [each.state for each in job.attempts] == attempts


@pytest.mark.parametrize("platform", ["mastodon", "x"])
async def test_a_poll_whose_answer_is_lost_is_not_taken_for_the_same_text_without_one(
    company, sandbox, unguarded, at_work, platform
):
    """Both go out at once by one account, and both answers are lost."""
    account = await company.connect(platform, f"both-{platform}")
    text = f"{platform}: with a poll and without."
    await sandbox.fault(platform, "accept_reset", count=2)
    jobs = [await company.schedule(text, account), await company.schedule(text, account, poll=POLL)]
    done = [await company.wait(job, "completed", "failed") for job in jobs]
    assert [job.status for job in done] == ["completed"] * 2, [job.publications[0].error for job in done]
    live = {entry["id"]: "poll" in entry["details"] for entry in await sandbox.marked(platform, text)}
    assert [live[job.publications[0].platform_post_id] for job in done] == [False, True]
    assert len(live) == 2


async def test_a_video_that_takes_long_is_waited_for_and_costs_no_try(company, sandbox, at_work, settings):
    small = SMALLEST["mastodon-video"]
    text = small.text("takes long")
    await settings(processing_seconds=15)
    job = await small.schedule(company, text)

    async def waiting():
        return next((each for each in (await company.job(job.post.id)).publications if each.error), None)

    publication = await stage.until(waiting, 45)
    assert (publication.state, publication.tries, publication.error["kind"]) == ("scheduled", 0, "notReady")
    assert await sandbox.marked("mastodon", text) == []
    done = await company.wait(job, "completed", "failed")
    assert done.status == "completed", done.publications[0].error
    assert len(await sandbox.marked("mastodon", text)) == 1


async def test_a_video_that_the_server_fails_on_is_told(company, sandbox, at_work, settings):
    small = SMALLEST["mastodon-video"]
    text = small.text("fails")
    await settings(processing_fails=True)
    job = await company.wait(await small.schedule(company, text), "completed", "failed")
    assert (job.status, job.publications[0].error["code"]) == ("failed", "mediaProcessingFailed")
    assert await sandbox.marked("mastodon", text) == []


async def test_a_poll_that_the_server_does_not_take_is_refused_before_it_is_sent(company, sandbox, at_work):
    """This instance takes fewer options than Mastodon's own software."""
    account = await company.connect("mastodon", "small-polls")
    await _set(sandbox, {"max_poll_options": 2})
    try:
        poll = {"options": ["One", "Two", "Three"], "seconds": 600}
        job = await company.wait(await company.schedule("Which of three?", account, poll=poll), "completed", "failed")
    finally:
        await _set(sandbox, {"max_poll_options": 4})
    assert (job.status, job.publications[0].error["code"]) == ("failed", "pollInvalid")
    assert job.attempts == []


async def test_a_poll_beside_a_file_is_refused_at_once(company):
    account = await company.connect("x", "poll-and-file")
    media = await company.keep(films.picture())
    with pytest.raises(Invalid) as refused:
        await company.schedule("Both?", account, poll=POLL, mediaIds=[media])
    assert [issue.code for issue in refused.value.issues] == ["x.poll.media"]
