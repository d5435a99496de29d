"""A post whose account or workspace is not there waits, says so, and goes on by itself."""

import asyncio

import pytest
from sqlalchemy import text

from answers import good, problem
from integration.publishing.steps.people import LATER, LEASE, audited, claim, make_due, publication, rows, set_status, told
from ocma.features.publishing import claims


async def shown(door, job):
    """The job's only publication as the API tells it."""
    (found,) = good(await door.get(f"/api/queue/jobs/{job.post.id}"))["publications"]
    return found


async def test_a_disconnected_account_holds_its_posts_and_a_new_connection_sends_them(company, sandbox, door, hand):
    account = await company.connect("x", "leaves")
    due, later = await company.schedule("I wait", account), await company.schedule("later", account, scheduledAt=LATER)
    gone = good(await door.delete(f"/api/social/accounts/{account.id}"))
    assert (gone["waiting"], gone["message"]) == (2, "Disconnected. 2 scheduled posts wait for it.")
    for _ in range(2):
        assert await hand.step() == 0
    for job in (due, later):
        view = await shown(door, job)
        assert (view["status"], view["hold"], view["nextAt"]) == ("scheduled", "account", None)
        assert "/api/social/authorize" in view["remediation"]
        assert good(await door.get(f"/api/queue/jobs/{job.post.id}"))["status"] == "pending"
    assert (await told(company, due), await told(company, later)) == (["scheduled", "held/account"], ["scheduled"])
    assert (await company.connect("x", "leaves")).id == account.id
    assert (await hand.rounds(due, "completed", "failed")).status == "completed"
    assert (await told(company, due))[:3] == ["scheduled", "held/account", "resumed"]
    assert len(await sandbox.books("x", "I wait")) == 1
    view = await shown(door, later)
    assert (view["hold"], view["remediation"], view["nextAt"]) == (None, None, LATER)


@pytest.mark.parametrize("status", ["needsReauthorization", "restricted"])
async def test_an_account_that_cannot_be_used_holds_until_a_refresh_answers(company, door, status):
    account = await company.connect("x", f"is_{status[:6]}")
    job = await company.schedule("held", account)
    await set_status(company, account, status)
    assert await claim(company) == []
    assert (await shown(door, job))["hold"] == "account"
    assert good(await door.post(f"/api/social/accounts/{account.id}/refresh"))["status"] == "active"
    assert [each.id for each in await claim(company)] == [job.publications[0].id]


async def test_a_refresh_does_not_bring_back_what_was_disconnected(company, door):
    account = await company.connect("x", "over")
    good(await door.delete(f"/api/social/accounts/{account.id}"))
    problem(await door.post(f"/api/social/accounts/{account.id}/refresh"), 404)


async def test_a_paused_workspace_sends_nothing_until_it_is_resumed(company, sandbox, door, hand):
    account, url = await company.connect("mastodon", "pauses"), f"/api/workspaces/{company.caller.workspace_id}"
    assert good(await door.get(url))["pausedAt"] is None
    since = good(await door.post(f"{url}/pause"))["pausedAt"]
    assert good(await door.post(f"{url}/pause"))["pausedAt"] == since
    assert good(await door.get(url))["pausedAt"] == since
    body = {"content": "after the pause", "accountIds": [str(account.id)], "scheduledAt": "now"}
    planned = good(await door.post("/api/queue/schedule", json=body), 202)
    assert "paused" in planned["warnings"][0]
    job = await company.job(planned["jobId"])
    assert await hand.step() == 0
    view = await shown(door, job)
    assert (view["hold"], view["nextAt"]) == ("workspace", None)
    assert "/resume" in view["remediation"]
    assert good(await door.post(f"{url}/resume"))["pausedAt"] is None
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"
    assert (await told(company, job))[:3] == ["scheduled", "held/workspace", "resumed"]
    assert len(await sandbox.books("mastodon", "after the pause")) == 1
    assert [each for each in await audited(company) if each.startswith("workspace.")] == ["workspace.paused", "workspace.resumed"]


async def test_two_reasons_are_lifted_one_after_the_other(company, door):
    account, url = await company.connect("x", "twofold"), f"/api/workspaces/{company.caller.workspace_id}"
    job = await company.schedule("held twice", account)
    await set_status(company, account, "restricted")
    good(await door.post(f"{url}/pause"))
    assert await claim(company) == []
    good(await door.post(f"{url}/resume"))
    assert await claim(company) == []
    assert (await publication(company, job)).hold == "account"
    await set_status(company, account, "active")
    assert len(await claim(company)) == 1


async def held_late(company, name, hours=30.0):
    """A job that became due `hours` ago, when its account was gone; it is back now."""
    account = await company.connect("x", name)
    job = await company.schedule(f"good morning from {name}", account)
    await set_status(company, account, "needsReauthorization")
    await make_due(company, job, hours)
    assert await claim(company) == []
    await set_status(company, account, "active")
    return job


async def test_what_is_very_late_waits_for_a_persons_word(company, door, hand, sandbox):
    job = await held_late(company, "late1")
    assert await claim(company) == []
    view = await shown(door, job)
    assert (view["hold"], view["nextAt"]) == ("late", None)
    assert "/resume" in view["remediation"]
    assert await told(company, job) == ["scheduled", "held/account", "held/late"]
    assert good(await door.post(f"/api/queue/jobs/{job.post.id}/resume"))["publications"][0]["hold"] is None
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"
    assert len(await sandbox.books("x", "good morning from late1")) == 1
    assert "post.resumed" in await audited(company)
    problem(await door.post(f"/api/queue/jobs/{job.post.id}/resume"), 409, "notLate")


async def test_what_is_late_can_be_moved_or_cancelled(company, door):
    moved, dropped = await held_late(company, "late2"), await held_late(company, "late3")
    view = good(await door.patch(f"/api/queue/jobs/{moved.post.id}", json={"scheduledAt": LATER}))["publications"][0]
    assert (view["hold"], view["nextAt"]) == (None, LATER)
    assert good(await door.post(f"/api/queue/jobs/{dropped.post.id}/cancel"))["publications"][0]["status"] == "cancelled"
    assert (await publication(company, dropped)).hold is None
    assert await told(company, dropped) == ["scheduled", "held/account", "held/late", "cancelled"]


async def test_how_late_is_too_late_is_the_workspaces_to_say(company, door):
    url = f"/api/workspaces/{company.caller.workspace_id}"
    assert good(await door.get(url))["resumeGraceHours"] == 24
    assert good(await door.patch(url, json={"resumeGraceHours": 48}))["resumeGraceHours"] == 48
    job = await held_late(company, "late4")
    assert (await publication(company, job)).hold is None
    assert len(await claim(company)) == 1
    for hours in (0, 8761, None, "24"):
        problem(await door.patch(url, json={"resumeGraceHours": hours}), 422)


async def test_after_an_outage_of_our_own_what_is_too_late_waits_as_well(company):
    """Nobody was disconnected: no dispatcher ran for two days, or an old backup was restored."""
    account = await company.connect("x", "outage")
    old, fresh = await company.schedule("two days old", account), await company.schedule("an hour old", account)
    await make_due(company, old, 48)
    await make_due(company, fresh, 1.5)
    assert [each.id for each in await claim(company)] == [fresh.publications[0].id]
    assert (await publication(company, old)).hold == "late"


async def test_only_what_is_late_can_be_resumed_and_the_others_are_told_why(company, door):
    account = await company.connect("x", "notlate")
    job = await company.schedule("waits", account, scheduledAt=LATER)
    path = f"/api/queue/jobs/{job.post.id}/resume"
    problem(await door.post(path), 409, "notLate")
    await set_status(company, account, "restricted")
    assert "Connect the account again" in problem(await door.post(path), 409, "notLate")["remediation"]
    problem(await door.post(f"/api/queue/jobs/{account.id}/resume"), 404)


async def test_held_posts_are_no_work_for_a_dispatcher(company):
    """Neither claimed nor waited for."""
    account = await company.connect("x", "idle")
    await company.schedule("held", account)
    await set_status(company, account, "restricted")
    await claim(company)
    (row,) = await rows(company, "SELECT count(*) AS n FROM publications WHERE hold = 'account'")
    due_at = await claims.find_next_due(company.resources.database)
    first = await rows(company, "SELECT min(due_at) AS at FROM publications")
    assert row.n == 1
    assert due_at is None or due_at != first[0].at


# The one race there is: a claim holds a post for an account that comes back at this very moment.


async def waiting_for(company, name):
    account = await company.connect("x", name)
    job = await company.schedule("races", account)
    await set_status(company, account, "needsReauthorization")
    return account, job


CLAIM = text("SELECT * FROM claim_publications(500, interval '30 seconds', interval '0')")


async def test_a_claim_leaves_alone_what_is_being_brought_back(company):
    account, job = await waiting_for(company, "back1")
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        await session.execute(text("UPDATE accounts SET status = 'active' WHERE id = :id"), {"id": account.id})
        async with asyncio.timeout(5):
            assert await claim(company) == []  # does not wait, either
        assert (await publication(company, job)).hold is None
    assert len(await claim(company)) == 1


async def test_who_brings_an_account_back_waits_for_a_claim_that_is_holding(company):
    account, job = await waiting_for(company, "back2")
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        await session.execute(CLAIM)
        assert (
            await session.scalar(text("SELECT hold FROM publications WHERE id = :id"), {"id": job.publications[0].id})
        ) == "account"
        back = asyncio.create_task(set_status(company, account, "active"))
        await asyncio.sleep(0.2)
        assert not back.done()
    await back
    assert (await publication(company, job)).hold is None


async def test_no_hold_outlives_its_reason_however_they_meet(company):
    account, job = await waiting_for(company, "back3")
    for _ in range(60):
        await asyncio.gather(claim(company), claim(company), set_status(company, account, "active"))
        row = await publication(company, job)
        assert row.hold is None
        if row.state == "publishing":
            free = "UPDATE publications SET state = 'scheduled', lease_until = NULL, taken_at = NULL WHERE id = :id"
            await rows(company, free, id=row.id)
        await set_status(company, account, "needsReauthorization")


async def test_no_pause_outlives_its_end_however_they_meet(company, door):
    account, url = await company.connect("x", "ends"), f"/api/workspaces/{company.caller.workspace_id}"
    job = await company.schedule("races", account)
    for _ in range(25):
        good(await door.post(f"{url}/pause"))
        await asyncio.gather(claim(company), door.post(f"{url}/resume"), claim(company))
        row = await publication(company, job)
        assert row.hold is None
        if row.state == "publishing":
            free = "UPDATE publications SET state = 'scheduled', lease_until = NULL, taken_at = NULL WHERE id = :id"
            await rows(company, free, id=row.id)


async def test_a_lease_is_the_same_as_ever(company):
    """A claim of what nothing keeps; and several accounts at once, one of them gone."""
    here, gone = await company.connect("x", "here"), await company.connect("mastodon", "gone")
    one, other = await company.schedule("goes", here), await company.schedule("stays", gone)
    await set_status(company, gone, "revoked")
    (found,) = await claim(company)
    assert (found.id, found.fence, found.state) == (one.publications[0].id, 1, "publishing")
    assert [each.id for each in await claims.take(company.resources.database, [(found.id, 1)], LEASE)] == [found.id]
    row = await publication(company, other)
    assert (row.state, row.attempt, row.hold) == ("scheduled", 0, "account")
