"""What failed for good: found by what is wrong with it, and sent again by the dozen."""

import asyncio
import json

import pytest

from answers import good, paths, problem
from integration.publishing.steps.people import LATER, audited, claim, rows
from ocma.ids import new_id

URL = "/api/queue/dead/requeue"


@pytest.fixture
async def dead(company):
    """Twelve of them: by account, then by what was wrong. Returns the accounts."""
    accounts = [await company.connect("x", "dead_x"), await company.connect("mastodon", "dead_m")]
    for account in accounts:
        for code, kind in (("x.text", "contentRejected"), ("provenAbsent", "platformUnavailable")):
            for number in range(3):
                job = await company.schedule(f"{code} {number}", account, scheduledAt=LATER)
                error = json.dumps({"code": code, "kind": kind, "detail": "No.", "remediation": "Do that."})
                await rows(
                    company,
                    """UPDATE publications SET state = 'failed', due_at = NULL, tries = 5, error = CAST(:error AS jsonb)
                    WHERE post_id = :post""",
                    error=error,
                    post=job.post.id,
                )
    return accounts


async def states(company):
    found = await rows(company, "SELECT state, count(*) AS n FROM publications GROUP BY 1")
    return {each.state: each.n for each in found}


async def listed(door, **query):
    return good(await door.get("/api/queue/dead", params=query))["data"]


async def test_they_can_be_found_by_what_is_wrong(door, dead):
    assert len(await listed(door)) == 12
    assert {each["platform"] for each in await listed(door, platform="twitter")} == {"x"}
    assert {each["accountId"] for each in await listed(door, accountId=str(dead[1].id))} == {str(dead[1].id)}
    assert {each["error"]["code"] for each in await listed(door, code="x.text")} == {"x.text"}
    (first, *_) = found = await listed(door, code="platformUnavailable", platform="mastodon")
    assert len(found) == 3
    assert (first["status"], first["success"], first["remediation"], first["attempts"]) == ("failed", False, "Do that.", [])
    page = good(await door.get("/api/queue/dead", params={"platform": "x", "limit": 4}))
    rest = good(await door.get("/api/queue/dead", params={"platform": "x", "limit": 4, "cursor": page["nextCursor"]}))
    assert (len(page["data"]), len(rest["data"]), rest["nextCursor"]) == (4, 2, None)
    problem(await door.get("/api/queue/dead", params={"platform": "myspace"}), 422, "unknownPlatform")


async def test_a_failure_without_advice_gets_some(company, door, dead):
    await rows(company, """UPDATE publications SET error = '{"code": "workerLost", "detail": "The worker died each time."}'""")
    assert "requeue" in (await listed(door))[0]["remediation"]


async def test_those_of_a_kind_are_sent_again(company, door, dead):
    body = {"platform": "x", "code": "platformUnavailable"}
    dry = good(await door.post(URL, json=body, params={"dryRun": "true"}))
    assert dry == {"requeued": 3, "remaining": 0, "skipped": [], "dryRun": True}
    assert await states(company) == {"failed": 12}
    assert good(await door.post(URL, json=body)) == {**dry, "dryRun": False}
    assert await states(company) == {"failed": 9, "scheduled": 3}
    again = await rows(company, "SELECT DISTINCT platform, tries, error FROM publications WHERE state = 'scheduled'")
    assert [tuple(each) for each in again] == [("x", 0, None)]
    assert len(await claim(company)) == 3
    assert (await audited(company)).count("publications.requeued") == 1
    assert good(await door.post(URL, json=body))["requeued"] == 0
    assert (await audited(company)).count("publications.requeued") == 1


async def test_a_call_has_a_limit_and_says_what_remains(company, door, dead):
    answers = [good(await door.post(URL, json={"accountId": str(dead[0].id), "limit": 4})) for _ in range(3)]
    assert [(each["requeued"], each["remaining"]) for each in answers] == [(4, 2), (2, 0), (0, 0)]
    oldest = await rows(company, "SELECT id FROM publications WHERE state = 'failed' ORDER BY updated_at")
    assert len(oldest) == 6


async def test_ids_that_are_no_dead_letters_are_named(company, door, dead):
    ids = [each["id"] for each in await listed(door)][:2]
    good(await door.post(f"/api/queue/dead/{ids[0]}/requeue"))
    stranger = str(new_id())
    done = good(await door.post(URL, json={"ids": [*ids, stranger]}))
    assert (done["requeued"], set(done["skipped"])) == (1, {ids[0], stranger})


async def test_two_who_send_again_at_once_send_each_once(company, door, dead):
    answers = await asyncio.gather(*(door.post(URL, json={"accountId": str(each.id)}) for each in (*dead, *dead)))
    assert sum(good(each)["requeued"] for each in answers) == 12
    events = await rows(company, "SELECT data FROM events WHERE kind = 'publication.scheduled'")
    assert len(events) == 24  # when they were planned, and now


@pytest.mark.parametrize(
    "body", [{}, {"limit": 5}, {"platform": None}, {"ids": []}, {"code": ""}, {"platform": "x", "limit": 1001}]
)
async def test_which_has_to_be_said(company, door, dead, body):
    assert problem(await door.post(URL, json=body), 422)["errors"]
    assert await states(company) == {"failed": 12}


async def test_a_platform_nobody_knows(door):
    assert paths(problem(await door.post(URL, json={"platform": "myspace"}), 422, "unknownPlatform")) == ["platform"]
