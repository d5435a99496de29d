"""kill -9 at every step of a publish, on every platform: one post on the platform's own books, each time.

All platforms' posts are killed in the same worker, because each killing takes a while. `-k tiktok` leaves out the others.
"""

import asyncio
import signal
from dataclasses import dataclass
from typing import Any

import pytest

import stage
from ocma.features.publishing.jobs import Job
from smallest import SMALLEST

STAGES = {"prepare": 0, "prepared": 0, "send": 0, "answered": 1, "recorded": 1}  # and how many posts are live then
PARTS = {
    "prepared": 1,
    "send": 1,
    "answered": 2,
    "recorded": 2,
}  # how many parts of a chain are live when the second one comes there
CALLED = {"prepare": [], "prepared": [], "send": ["sending"], "answered": ["sending"]}  # what we have on record then
CALLS = {"send": ["absent", "published"]}  # and in the end; every other step: one call, whose answer is found or adopted
FOLLOWED = [name for name, each in SMALLEST.items() if each.follows]
ENDS = ("completed", "failed", "partial")
LONG = 150.0  # seconds: some platforms are asked only every 15 seconds how far they are
# Who waits at a step for the others must not lose its claim, and come there again; nor give up a call that is only slow.
HELD = {"OCMA_LEASE_SECONDS": "10", "OCMA_PUBLISH_TIMEOUT_SECONDS": "15"}
STEADY = {"OCMA_LEASE_SECONDS": "5", "OCMA_PUBLISH_TIMEOUT_SECONDS": "5"}  # no call is given up because the machine is busy
PATIENT = HELD | {"OCMA_PUBLISH_TIMEOUT_SECONDS": "100"}  # calls that stay open until their worker is killed

pytestmark = pytest.mark.timeout(400)


@dataclass
class Act:
    """Posts of several platforms in one company. `texts`: of each post and what follows it."""

    company: stage.Company
    sandbox: stage.Sandbox
    env: dict[str, str]
    texts: dict[str, list[str]]

    async def schedule(self) -> dict[str, Job]:
        return {name: await SMALLEST[name].schedule(self.company, *texts) for name, texts in self.texts.items()}

    async def fault(self, kind: str) -> None:
        for name in self.texts:
            await SMALLEST[name].fault(self.sandbox, kind)

    async def die(self, step: str, time: int) -> None:
        """In a worker that kills itself when all of them are at `step`."""
        with stage.stopping_worker(step, self.env | HELD, len(self.texts), time) as worker:
            assert await stage.until(lambda: _code(worker), LONG) == -signal.SIGKILL

    async def live(self) -> dict[str, list[list[dict[str, Any]]]]:
        """On the books, of each text of each post."""
        return {name: [await SMALLEST[name].live(self.sandbox, text) for text in texts] for name, texts in self.texts.items()}

    async def end(self, jobs: dict[str, Job]) -> dict[str, Job | BaseException]:
        """A new worker works them to their ends. A job that does not come to one is an error."""
        with stage.worker(self.env | STEADY):
            waits = [self.company.wait(job, *ENDS, limit=LONG) for job in jobs.values()]
            return dict(zip(jobs, await asyncio.gather(*waits, return_exceptions=True), strict=True))


@dataclass
class Done:
    """What became of an act: what was live, and on record with us, when it was interrupted, and its jobs in the end."""

    act: Act
    case: str
    before: dict[str, list[int]]
    calls: dict[str, list[str]]
    jobs: dict[str, Job | BaseException]

    async def once(self, name: str) -> Job:
        """Live, one, under the id that we name; nothing else of it was ever taken."""
        job = self.jobs[name]
        assert isinstance(job, Job), job
        assert job.status == "completed", [each.error for each in job.publications]
        for text, live in zip(self.act.texts[name], (await self.act.live())[name], strict=True):
            taken = await self.act.sandbox.marked(SMALLEST[name].platform, text)
            assert (len(live), len(taken)) == (1, 1), taken
        return job


@pytest.fixture(scope="module")
async def env(sandbox, environment):
    """Workers' settings, with an API process from which platforms fetch files. The platforms do not save us from ourselves."""
    await sandbox.guard(on=False)
    with stage.served(environment) as url:
        yield environment | {"OCMA_MEDIA_BASE_URL": url}
    await sandbox.guard(on=True)


@pytest.fixture(scope="module", params=STAGES)
async def killed(request, opened, sandbox, env, dispatcher):
    """All at once, at one step."""
    step = request.param
    texts = {name: [SMALLEST[name].text(f"killed at {step}")] for name in _asked(request)}
    return await _killed(Act(await stage.company(opened), sandbox, env, texts), step)


@pytest.fixture(scope="module", params=PARTS)
async def killed_chain(request, opened, sandbox, env, dispatcher):
    """All at once, when the second part of a thread, or a first comment, is at one step."""
    step = request.param
    texts = {name: SMALLEST[name].chain(f"killed at {step}") for name in _asked(request)}
    return await _killed(Act(await stage.company(opened), sandbox, env, texts), step, 2)


async def _killed(act, step, time=1):
    jobs = await act.schedule()
    await act.die(step, time)
    before, calls = _counts(await act.live()), await _calls(act, jobs)
    return Done(act, step, before, calls, await act.end(jobs))


@pytest.fixture(scope="module")
async def called(request, opened, sandbox, env, dispatcher):
    """Killed while all platforms have the post and do not answer."""
    texts = {name: [SMALLEST[name].text("killed in the call")] for name in _asked(request)}
    act = Act(await stage.company(opened), sandbox, env, texts)
    await act.fault("accept_hang")
    jobs = await act.schedule()
    with stage.worker(env | PATIENT) as worker:
        before = await stage.until(lambda: _all_live(act), LONG)
        worker.kill()
        worker.wait(10)
    assert await sandbox.waiting_faults() == []
    calls = await _calls(act, jobs)
    return Done(act, "call", before, calls, await act.end(jobs))


@pytest.fixture(scope="module", params=["accept_reset", "accept_500"])
async def unanswered(request, opened, sandbox, env, dispatcher):
    """Nobody dies, but the answer is lost."""
    texts = {name: [SMALLEST[name].text(request.param)] for name in _asked(request)}
    act = Act(await stage.company(opened), sandbox, env, texts)
    await act.fault(request.param)
    jobs = await act.end(await act.schedule())
    assert await sandbox.waiting_faults() == []
    return Done(act, request.param, {}, {}, jobs)


@pytest.mark.parametrize("name", SMALLEST)
async def test_one_post_whatever_step_dies(killed, name):
    assert killed.before[name] == [STAGES[killed.case]]  # it happened where we say
    assert killed.case == "recorded" or killed.calls[name] == CALLED[killed.case]
    job = await killed.once(name)
    ((live,),) = (await killed.act.live())[name]
    assert job.publications[0].platform_post_id == live["id"]
    assert [each.state for each in job.attempts] == CALLS.get(killed.case, ["published"])


@pytest.mark.parametrize("name", SMALLEST)
async def test_killed_while_the_platform_has_it_and_does_not_answer(called, name):
    assert called.calls[name] == ["sending"]
    job = await called.once(name)
    assert [each.state for each in job.attempts] == ["published"]


@pytest.mark.parametrize("name", SMALLEST)
async def test_an_answer_that_is_lost_is_asked_for(unanswered, name):
    job = await unanswered.once(name)
    assert [each.state for each in job.attempts] == ["published"]


@pytest.mark.parametrize("name", FOLLOWED)
async def test_what_follows_goes_on_where_it_was(killed_chain, name):
    """A thread, or a first comment."""
    assert sum(killed_chain.before[name]) == PARTS[killed_chain.case]
    assert killed_chain.calls[name] == ["published", *CALLED.get(killed_chain.case, ["published"])]
    job = await killed_chain.once(name)
    parts = [each for (each,) in (await killed_chain.act.live())[name]]
    assert [each["replyTo"] for each in parts] == [None, *(each["id"] for each in parts[:-1])]
    assert [each.state for each in job.attempts].count("absent") == (killed_chain.case == "send")


@pytest.mark.parametrize("kind", ["accept_hang", "accept_reset", "accept_500"])
async def test_an_upload_whose_answer_is_lost_is_not_a_second_video(opened, sandbox, env, dispatcher, kind):
    """YouTube has the video from its last byte on, before it is published."""
    text = SMALLEST["youtube"].text(f"uploaded, {kind}")
    act = Act(await stage.company(opened), sandbox, env, {"youtube": [text]})
    await sandbox.fault("youtube", kind)
    jobs = await act.schedule()
    with stage.worker(env) as worker:
        await stage.until(lambda: _marked(sandbox, "youtube", text), LONG)
        worker.kill()
        worker.wait(10)
    assert await sandbox.waiting_faults() == []
    await Done(act, kind, {}, {}, await act.end(jobs)).once("youtube")


def _asked(request):
    """Which platforms the tests of this run want of a fixture."""
    items = (each for each in request.session.items if request.fixturename in each.fixturenames)
    return list(dict.fromkeys(each.callspec.params["name"] for each in items))


async def _calls(act, jobs):
    return {name: [each.state for each in (await act.company.job(job.post.id)).attempts] for name, job in jobs.items()}


def _counts(live):
    return {name: [len(each) for each in found] for name, found in live.items()}


async def _all_live(act):
    found = _counts(await act.live())
    return found if all(all(each) for each in found.values()) else None


async def _marked(sandbox, platform, text):
    return await sandbox.marked(platform, text) or None


async def _code(process):
    return process.poll()
