"""How the queue stands: every publication is counted once, and lateness is measured, not guessed."""

from statistics import quantiles

import pytest

import stage
from answers import good
from integration.publishing.steps.people import LATER, claim, make_due, rows, set_status

URL = "/api/queue/stats"


def counts(found):
    names = ("due", "waiting", "held", "inFlight", "unknown", "dead", "publishedLastHour", "publishedLastDay")
    return {name: found[name] for name in names if found[name]}


async def put(company, job, **values):
    """As a worker leaves it; the database's own rules hold."""
    await rows(
        company, "UPDATE publications SET state = 'publishing', lease_until = now() + interval '1 h' WHERE post_id = :p", p=job
    )
    sets = ", ".join(f"{name} = {value}" for name, value in values.items()) or "state = state"
    await rows(company, f"UPDATE publications SET {sets} WHERE post_id = :p", p=job)


async def test_an_empty_queue_invents_nothing(company, door):
    found = good(await door.get(URL))
    assert (counts(found), found["platforms"]) == ({}, [])
    assert found["lateness"] == {"p50": None, "p95": None, "p99": None}


async def test_each_is_counted_once_where_it_stands(company, door):
    account, other = await company.connect("x", "stands"), await company.connect("mastodon", "stands")
    jobs = [await company.schedule(f"{number}", account, scheduledAt=LATER) for number in range(7)]
    away = await company.schedule("away", other, scheduledAt=LATER)
    await make_due(company, jobs[0])
    await put(company, jobs[1].post.id)
    await put(company, jobs[2].post.id, state="'unknown'", lease_until="NULL", due_at="NULL")
    await put(company, jobs[3].post.id, state="'unknown'")
    await put(company, jobs[4].post.id, state="'failed'", lease_until="NULL", due_at="NULL")
    await put(company, jobs[5].post.id, lease_until="NULL")  # accepted, and asked for again later
    found = good(await door.get(URL))
    assert counts(found) == {"due": 1, "waiting": 2, "inFlight": 2, "unknown": 2, "dead": 1}
    x, mastodon = sorted(found["platforms"], key=lambda each: each["platform"] != "x")
    assert (counts(x)["waiting"], counts(mastodon)) == (1, {"waiting": 1})
    await set_status(company, other, "revoked")
    assert counts(good(await door.get(URL))) == {"due": 1, "waiting": 1, "held": 1, "inFlight": 2, "unknown": 2, "dead": 1}
    good(await door.post(f"/api/workspaces/{company.caller.workspace_id}/pause"))
    assert counts(good(await door.get(URL))) == {"held": 3, "inFlight": 2, "unknown": 2, "dead": 1}
    good(await door.post(f"/api/queue/jobs/{away.post.id}/cancel"))
    assert counts(good(await door.get(URL)))["held"] == 2
    assert await claim(company) == []


async def test_lateness_is_measured_from_the_time_that_was_meant(company, door):
    account = await company.connect("x", "measured")
    late = [0.01, 0.02, 0.02, 0.05, 0.4, 1.5, 30]
    for number, seconds in enumerate(late):
        job = await company.schedule(f"{number}", account, scheduledAt="2020-01-01T00:00:00Z" if number % 2 else "now")
        when = f"created_at + interval '{seconds} seconds'" if number % 2 else f"scheduled_at + interval '{seconds} seconds'"
        # made a minute ago, so that nothing is published in the future
        shift = "created_at = created_at - interval '40 min', scheduled_at = scheduled_at - interval '40 min'"
        await rows(company, f"UPDATE publications SET {shift} WHERE post_id = :p", p=job.post.id)
        done = {"state": "'published'", "platform_post_id": f"'{number}'", "published_at": when}
        await put(company, job.post.id, **done, lease_until="NULL", due_at="NULL")
    found = good(await door.get(URL))
    assert counts(found) == {"publishedLastHour": 7, "publishedLastDay": 7}
    cuts = quantiles(late, n=100, method="inclusive")
    for name, expected in (("p50", cuts[49]), ("p95", cuts[94]), ("p99", cuts[98])):
        assert found["lateness"][name] == pytest.approx(expected, abs=0.02), name
    assert found["platforms"][0]["lateness"] == found["lateness"]


async def test_what_was_published_long_ago_does_not_count(company, door):
    account = await company.connect("x", "longago")
    for hours in (2, 23, 25):
        job = await company.schedule(f"{hours}", account)
        done = {"state": "'published'", "platform_post_id": f"'{hours}'", "published_at": f"now() - interval '{hours} hours'"}
        await put(company, job.post.id, **done, lease_until="NULL", due_at="NULL")
    found = good(await door.get(URL))
    assert counts(found) == {"publishedLastDay": 2}
    assert found["lateness"]["p50"] == 0  # on the books before it was scheduled: not late


async def test_others_are_not_counted(company, door, opened):
    other = await stage.company(opened)
    await other.schedule("not yours", await other.connect("x", "stranger"))
    assert counts(good(await door.get(URL))) == {}
