"""An Idempotency-Key that comes again when its first answer is forgotten: the post itself remembers it."""

import asyncio
from datetime import timedelta

import pytest

from answers import good, problem

BODY = {"content": "once and for all", "platforms": ["x"], "scheduledAt": "2099-01-01T00:00:00Z"}


@pytest.fixture
async def schedule(company, door):
    await company.connect("x", "repeats")

    async def post(body=BODY, key="the-same"):
        return await door.post("/api/queue/schedule", json=body, headers={"Idempotency-Key": key})

    return post


@pytest.fixture
def forget(opened):
    """As the daily upkeep does, a day later."""

    async def all_requests():
        return await opened.database.system("SELECT forget_old_requests($1)", timedelta(0))

    return all_requests


async def contents(door):
    return [each["content"] for each in good(await door.get("/api/queue/jobs"))["data"]]


async def test_the_same_request_is_the_same_post(door, schedule, forget):
    first = good(await schedule(), 202)
    assert (await forget())[0][0] >= 1
    again = await schedule()
    assert "idempotency-replayed" not in again.headers  # it was really forgotten
    assert good(again, 202)["jobId"] == first["jobId"]
    assert [each["id"] for each in again.json()["publications"]] == [each["id"] for each in first["publications"]]
    assert await contents(door) == [BODY["content"]]


async def test_the_same_request_many_times_at_once_is_the_same_post(door, schedule, forget):
    first = good(await schedule(), 202)
    await forget()
    answers = await asyncio.gather(*(schedule() for _ in range(6)))
    assert {each.status_code for each in answers} <= {202, 409}
    assert {each.json()["jobId"] for each in answers if each.status_code == 202} == {first["jobId"]}
    assert await contents(door) == [BODY["content"]]


async def test_another_request_is_refused_aloud(door, schedule, forget):
    """Neither dropped for the old post without a word, nor planned beside it."""
    good(await schedule(), 202)
    await forget()
    body = problem(await schedule({**BODY, "content": "something else"}), 422, "idempotencyKeyReused")
    assert body["remediation"]
    assert await contents(door) == [BODY["content"]]
    good(await schedule({**BODY, "content": "something else"}, "a-new-one"), 202)
    assert sorted(await contents(door)) == [BODY["content"], "something else"]


async def test_a_cancelled_post_does_not_come_back(door, schedule, forget):
    first = good(await schedule(), 202)
    good(await door.post(f"/api/queue/jobs/{first['jobId']}/cancel"))
    await forget()
    assert good(await schedule(), 202)["jobId"] == first["jobId"]
    assert good(await door.get(f"/api/queue/jobs/{first['jobId']}"))["status"] == "cancelled"
