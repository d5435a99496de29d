"""A platform that is away for longer than some tries, and comes back."""

import asyncio
from datetime import timedelta

import pytest

from ocma.clock import utcnow
from ocma.features.accounts.accounts import list_accounts
from ocma.platforms.manifest import Retry
from ocma.platforms.registry import get_connector

POSTS = {"x": "/2/tweets", "mastodon": "/api/v1/statuses"}
EARLY = timedelta(seconds=1.5)  # a limit's end is told in whole seconds


async def accounts(company):
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        return await list_accounts(session)


async def expire(hand):
    await hand.sql("UPDATE account_tokens SET expires_at = now() - interval '1 minute'")


@pytest.mark.parametrize("platform", ["x", "mastodon"])
async def test_published_once_it_is_back(company, sandbox, unguarded, hand, platform):
    """It answers 503 to five publishing calls and has taken none; each is proven absent before the next."""
    text = f"through an outage of {platform}"
    account = await company.connect(platform, "patient")
    await sandbox.fault(platform, "server_error", 5, path=POSTS[platform])
    job = await hand.rounds(await company.schedule(text, account), "completed", "failed", hours=1, most=60)
    publication = job.publications[0]
    assert (job.status, publication.tries) == ("completed", 5), publication.error
    assert [each.state for each in job.attempts] == ["absent"] * 5 + ["published"]
    assert len(await sandbox.books(platform, text)) == 1


async def test_every_try_costs_one_and_waits_no_longer_than_the_policy(company, sandbox, hand):
    """Nothing can be sent, for the token cannot be renewed."""
    job = await company.schedule("no token for a while", await company.connect("x", "tokenless"))
    policy, away = get_connector("x").manifest.retry, 6
    await expire(hand)
    await sandbox.fault("x", "token_endpoint_down", away)
    for tries in range(1, away + 1):
        await hand.pass_time(job)
        assert await hand.step() == 1
        publication = (await company.job(job.post.id)).publications[0]
        assert (publication.state, publication.tries, publication.error["kind"]) == ("scheduled", tries, "platformUnavailable")
        assert publication.due_at - publication.updated_at <= timedelta(seconds=longest(policy, tries)) + EARLY
    job = await hand.rounds(job, "completed", "failed")
    assert (job.status, job.publications[0].tries) == ("completed", away)
    assert [each.state for each in job.attempts] == ["published"]


def longest(policy: Retry, tries: int) -> float:
    return min(policy.cap, policy.base * 2 ** (tries - 1))


async def test_the_tries_end_and_a_person_may_begin_again(company, sandbox, hand, door):
    job = await company.schedule("given up", await company.connect("x", "givenup"), maxAttempts=3)
    await expire(hand)
    await sandbox.fault("x", "token_endpoint_down", 3)
    job = await hand.rounds(job, "completed", "failed")
    publication = job.publications[0]
    assert (job.status, publication.tries, publication.error["kind"]) == ("failed", 3, "platformUnavailable")
    (await door.post(f"/api/queue/jobs/{job.post.id}/retry")).raise_for_status()
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"
    assert len(await sandbox.books("x", "given up")) == 1


@pytest.mark.parametrize("platform", ["x", "mastodon"])
async def test_not_before_the_platform_wants(company, sandbox, hand, platform):
    text, asked = f"not before {platform} wants", timedelta(seconds=5)
    job = await company.schedule(text, await company.connect(platform, "limited"))
    await sandbox.fault(platform, "rate_limit", path=POSTS[platform], delayMs=5000)
    began = utcnow()
    await hand.step()
    publication = (await company.job(job.post.id)).publications[0]
    assert (publication.state, publication.tries, publication.error["kind"]) == ("scheduled", 0, "throttled")
    assert began + asked - EARLY <= publication.due_at <= utcnow() + asked + EARLY
    assert await hand.claim() == []
    assert await sandbox.books(platform, text) == []
    await asyncio.sleep((publication.due_at - utcnow()).total_seconds())
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"


async def test_an_hour_of_refused_tokens_disconnects_nobody(company, sandbox, unguarded, hand):
    """Every token is refused, the one renewed a moment ago too: two accounts, eight rounds each."""
    found = [await company.connect("x", name) for name in ("hour1", "hour2")]
    job = await company.schedule("an hour of 401", found[0], accountIds=[each.id for each in found])
    await sandbox.fault("x", "expired_token", 1000, path=POSTS["x"])
    for tries in range(1, 9):
        await hand.pass_time(job)
        assert await hand.step() == 2
        publications = (await company.job(job.post.id)).publications
        assert [(each.state, each.tries, each.error["code"]) for each in publications] == [
            ("scheduled", tries, "freshTokenRefused")
        ] * 2
        assert [each.status for each in await accounts(company)] == ["active", "active"]
    await sandbox.clear_faults()
    job = await hand.rounds(job, "completed", "failed", "partial")
    assert job.status == "completed"
    assert len(await sandbox.books("x", "an hour of 401")) == 2


async def test_refused_tokens_while_a_send_is_open_disconnect_nobody(company, sandbox, unguarded, hand):
    account = await company.connect("x", "open401")
    await sandbox.fault("x", "accept_500", path=POSTS["x"])
    job = await company.schedule("open while 401", account)
    await hand.step()
    await sandbox.fault("x", "expired_token", 1000, path="/2/users/")
    for _ in range(4):
        await hand.pass_time(job)
        assert await hand.step() == 1
        assert (await company.job(job.post.id)).publications[0].state == "unknown"
    assert [each.status for each in await accounts(company)] == ["active"]
    await sandbox.clear_faults()
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"
    assert len(await sandbox.books("x", "open while 401")) == 1
