"""Threads' replies: a container of each can be made only when the part before it is live. Whatever dies where, each part is live once."""

import asyncio
from collections import Counter

import httpx2
import pytest

import by_hand
import films
import stage
from ocma.platforms.threads import Threads

TEXTS = ("part 0", "part 1", "part 2")
FIRST = ["prepare", *["stored"] * 4, "prepared", "send", "answered", "recorded"]  # its container; may the others reply?
LATER = ["prepare", *["stored"] * 2, "prepared", "send", "answered", "recorded"]
WORKS = 6.0  # seconds
STAGES = [*FIRST, *LATER, *LATER]


class Death:
    """For `Press.reached`: counts every stage, and stands still at one of them until it is killed."""

    def __init__(self, place: int) -> None:
        self.place, self.stages, self.here = place, list[str](), asyncio.Event()

    async def __call__(self, stage: str) -> None:
        self.stages.append(stage)
        if len(self.stages) > self.place:
            self.here.set()
            await asyncio.Event().wait()


@pytest.fixture
def calls(monkeypatch):
    """What was asked of Threads, without ids."""
    found, request = Counter(), Threads._request

    async def counting(self, access, method, path, **given):
        found[f"{method} {path.rsplit('/')[-1]}"] += method == "POST"
        return await request(self, access, method, path, **given)

    monkeypatch.setattr(Threads, "_request", counting)
    return found


async def thread(sandbox, texts):
    """As it stands on the books: every part once, each an answer to the one before."""
    found = [await sandbox.marked("threads", each) for each in texts]
    assert [len(each) for each in found] == [1] * len(texts)
    parts = [each for (each,) in found]
    assert [each["replyTo"] for each in parts] == [None, *(each["id"] for each in parts[:-1])]
    return parts


@pytest.mark.parametrize("place", range(len(STAGES) - 1), ids=lambda place: f"{place}-{STAGES[place]}")
async def test_whoever_dies_anywhere_in_a_thread(company, sandbox, calls, place):
    first, *rest = texts = [f"died at {place}, {each}" for each in TEXTS]
    job, death = await company.schedule(first, await company.connect("threads", f"died{place}"), thread=rest), Death(place)
    async with by_hand.hand(company, reached=death) as dead, by_hand.hand(company) as hand:
        (claim,) = await dead.claim()
        dying = asyncio.create_task(dead.work([claim]))
        await asyncio.wait_for(death.here.wait(), 20)
        assert death.stages == STAGES[: place + 1]
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        await hand.lapse(claim)
        job = await hand.rounds(job, "completed", "failed", hours=1)
    parts = await thread(sandbox, texts)
    assert (job.status, job.publications[0].platform_post_id) == ("completed", parts[0]["id"])
    assert calls["POST threads"] == len(texts)  # what was made was stored before anything else: it is made once
    assert calls["POST threads_publish"] == len(texts)


@pytest.fixture
async def slow(sandbox):
    """Threads works on a file for a while."""
    async with httpx2.AsyncClient(base_url=sandbox.url, timeout=30) as client:
        for seconds in (WORKS, 1.0):
            body = {"platform": "threads", "settings": {"processing_seconds": seconds}}
            (await client.post("/_control/settings", json=body)).raise_for_status()
            if seconds == WORKS:
                yield


@pytest.fixture(scope="module")
async def reachable(services, sandbox, tmp_path_factory):
    """With a door at which Threads fetches files."""
    env = by_hand.settings(services, sandbox, tmp_path_factory.mktemp("reachable"))
    with stage.served(env) as url:
        async with by_hand.opened(env | {"OCMA_MEDIA_BASE_URL": url}) as found:
            yield found


async def waiting(hand, job):
    """Its only publication, after a step that found something not ready. On a busy machine a file may be fetched too slowly before."""
    for _ in range(3):
        await hand.pass_time(job)
        await hand.step()
        (found,) = (await hand.company.job(job.post.id)).publications
        if found.error["code"] == "processing":
            break
    assert (found.state, found.error["code"], len(found.progress["parts"])) == ("scheduled", "processing", 1)
    return found


@pytest.mark.usefixtures("slow")
async def test_a_video_in_a_reply_is_waited_for(reachable, sandbox, calls, tmp_path):
    company = await stage.company(reachable)
    video = films.film(tmp_path / "reply.mp4", size=(360, 360), rate=24).read_bytes()
    parts = [{"content": "with a video", "mediaIds": [await company.keep(video)]}, "after the video"]
    job = await company.schedule("before the video", await company.connect("threads", "video"), thread=parts)
    async with by_hand.hand(company) as hand:
        first, made = await waiting(hand, job), dict(calls)
        again = await waiting(hand, job)
        assert (again.tries, again.progress, calls["POST threads"]) == (first.tries, first.progress, made["POST threads"])
        assert calls["POST threads_publish"] == 1
        await asyncio.sleep(WORKS)
        job = await hand.rounds(job, "completed", "failed")
    _, reply, _ = await thread(sandbox, ("before the video", "with a video", "after the video"))
    assert [each["mimeType"] for each in reply["media"]] == ["video/mp4"]
    assert (job.status, len(job.attempts), calls["POST threads_publish"]) == ("completed", 3, 3)
