"""kill -9 at every step of a publish: one post on the platform's own books, each time."""

import signal

import pytest

import stage

pytestmark = pytest.mark.usefixtures("unguarded")

STAGES = ["prepare", "prepared", "send", "answered", "recorded"]
CALLS = {"send": ["absent", "published"]}  # every other step: one call, whose answer is found or adopted


@pytest.mark.parametrize("platform", ["x", "mastodon"])
@pytest.mark.parametrize("step", STAGES)
async def test_one_post_whatever_step_dies(company, sandbox, environment, dispatcher, platform, step):
    account = await company.connect(platform, f"kill-{platform}-{step}")
    text = f"killed at {step} on {platform}"
    job = await company.schedule(text, account)
    with stage.stopping_worker(step, environment) as first:
        assert await stage.until(lambda: _code(first), 30) == -signal.SIGKILL
    expected = {"prepare": 0, "prepared": 0, "send": 0, "answered": 1, "recorded": 1}[step]
    assert len(await sandbox.books(platform, text)) == expected  # the fault happened where we say
    with stage.worker(environment):
        done = await company.wait(job, "completed", "failed", "partial")
    assert done.status == "completed", [each.error for each in done.publications]
    books = await sandbox.books(platform, text)
    assert len(books) == 1
    assert done.publications[0].platform_post_id == books[0]["id"]
    assert [each.state for each in done.attempts] == CALLS.get(step, ["published"])


@pytest.mark.parametrize("platform", ["x", "mastodon"])
async def test_killed_while_the_platform_has_it_and_does_not_answer(company, sandbox, environment, dispatcher, platform):
    account = await company.connect(platform, f"kill-{platform}-hang")
    text = f"killed in the call on {platform}"
    await sandbox.fault(platform, "accept_hang")
    job = await company.schedule(text, account)
    with stage.worker(environment) as first:
        await stage.until(lambda: _booked(sandbox, platform, text), 30)
        first.kill()
        first.wait(10)
    with stage.worker(environment):
        done = await company.wait(job, "completed", "failed")
    assert done.status == "completed"
    assert len(await sandbox.books(platform, text)) == 1


@pytest.mark.parametrize("step", ["send", "answered"])
async def test_a_thread_goes_on_where_it_was(company, sandbox, environment, dispatcher, step):
    account = await company.connect("x", f"thread-{step}")
    texts = [f"{step} part {number}" for number in range(3)]
    job = await company.schedule(texts[0], account, thread=texts[1:])
    with stage.stopping_worker(step, environment) as first:
        assert await stage.until(lambda: _code(first), 30) == -signal.SIGKILL
    with stage.worker(environment):
        done = await company.wait(job, "completed", "failed", "partial")
    assert done.status == "completed"
    parts = [await sandbox.books("x", text) for text in texts]
    assert [len(each) for each in parts] == [1, 1, 1]
    assert [each[0]["replyTo"] for each in parts] == [None, parts[0][0]["id"], parts[1][0]["id"]]


async def _code(process):
    return process.poll()


async def _booked(sandbox, platform, text):
    return await sandbox.books(platform, text) or None
