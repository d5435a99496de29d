"""What platforms do to us, and what becomes of the post. The sandbox's books are the judge."""

import asyncio
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

import stage
from ocma.features.accounts.accounts import list_accounts
from ocma.features.publishing.jobs import list_events


@pytest.fixture(scope="module")
def at_work(environment, dispatcher):
    with stage.worker(environment) as running:
        yield running


@pytest.mark.parametrize("platform", ["x", "mastodon"])
@pytest.mark.parametrize("kind", ["accept_hang", "accept_reset", "accept_500"])
async def test_accepted_without_an_answer_is_found_not_sent_again(company, sandbox, unguarded, at_work, platform, kind):
    account = await company.connect(platform, f"{kind}-{platform}")
    text = f"{kind} on {platform}"
    await sandbox.fault(platform, kind)
    job = await company.wait(await company.schedule(text, account), "completed", "failed", limit=90)
    assert job.status == "completed"
    assert len(await sandbox.books(platform, text)) == 1
    assert [each.state for each in job.attempts] == ["published"]  # one call, settled by asking
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        kinds = [each.kind for each in await list_events(session, job.post.id)]
    assert "publication.unknown" in kinds


@pytest.mark.parametrize("platform", ["x", "mastodon"])
@pytest.mark.parametrize("kind", ["reset", "server_error"])
async def test_not_accepted_is_proven_and_sent_again(company, sandbox, unguarded, at_work, platform, kind):
    account = await company.connect(platform, f"{kind}-{platform}")
    text = f"{kind} on {platform}"
    path = {"x": "/2/tweets", "mastodon": "/api/v1/statuses"}[platform]
    await sandbox.fault(platform, kind, path=path)
    job = await company.wait(await company.schedule(text, account), "completed", "failed", limit=90)
    assert job.status == "completed", job.publications[0].error
    assert len(await sandbox.books(platform, text)) == 1
    assert [each.state for each in job.attempts] == ["absent", "published"]


async def test_rate_limited_waits_and_costs_no_try(company, sandbox, at_work):
    account = await company.connect("x", "limited")
    await sandbox.fault("x", "rate_limit", path="/2/tweets", delayMs=60_000)
    job = await _refused(company, await company.schedule("rate limited", account))
    publication = job.publications[0]
    assert (publication.state, publication.tries, publication.error["kind"]) == ("scheduled", 0, "throttled")
    assert publication.due_at > company.resources.clock()
    assert await sandbox.books("x", "rate limited") == []


async def test_an_expired_token_is_renewed_once_and_the_post_goes_out(company, sandbox, at_work):
    account = await company.connect("x", "expired")
    await sandbox.fault("x", "expired_token", path="/2/tweets")
    job = await company.wait(await company.schedule("expired token", account), "completed", "failed")
    assert job.status == "completed", job.publications[0].error
    assert len(await sandbox.books("x", "expired token")) == 1


async def test_an_outage_of_refused_tokens_disconnects_nobody(company, sandbox, at_work):
    account = await company.connect("x", "outage")
    await sandbox.fault("x", "expired_token", count=2, path="/2/tweets")
    job = await company.wait(await company.schedule("through the outage", account), "completed", "failed")
    assert job.status == "completed", job.publications[0].error
    assert [each.status for each in await list_all(company)] == ["active"]
    assert len(await sandbox.books("x", "through the outage")) == 1


async def list_all(company):
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        return await list_accounts(session)


async def test_one_refusal_of_a_token_disconnects_nobody(company, sandbox, at_work):
    """It is tried again a minute later: gates/ and steps/test_troubled_platform.py go on from there."""
    account = await company.connect("mastodon", "revoked")
    await sandbox.fault("mastodon", "revoked_token", path="/api/v1/statuses")
    job = await company.schedule("revoked token", account)

    async def doubted():
        return next((each for each in (await company.job(job.post.id)).publications if each.error), None)

    publication = await stage.until(doubted, 30)
    assert (publication.state, publication.error["kind"]) == ("scheduled", "tokenDoubted")
    assert [each.status for each in await list_all(company) if each.id == publication.account_id] == ["active"]
    assert await sandbox.books("mastodon", "revoked token") == []


async def test_a_flushed_redis_between_schedule_and_due_changes_nothing(company, sandbox, at_work, services):
    account = await company.connect("x", "flushed")
    soon = datetime.fromtimestamp(company.resources.clock().timestamp() + 3, UTC)
    job = await company.schedule("flushed", account, scheduledAt=soon.isoformat())
    async with Redis.from_url(services.valkey.url) as redis:
        while company.resources.clock() < soon:  # before, while and after it is handed over
            await redis.flushall()
            await asyncio.sleep(0.05)
    job = await company.wait(job, "completed", "failed")
    assert job.status == "completed"
    assert len(await sandbox.books("x", "flushed")) == 1


async def test_the_same_text_twice_is_refused_by_the_platform_and_said(company, sandbox, at_work):
    account = await company.connect("x", "twice")
    await company.wait(await company.schedule("the same", account), "completed")
    job = await company.wait(await company.schedule("the same", account), "completed", "failed")
    assert job.status == "failed"
    assert job.publications[0].error["kind"] == "duplicateContent"
    assert len(await sandbox.books("x", "the same")) == 1


async def test_a_held_unknown_waits_for_a_person(company, sandbox, at_work):
    account = await company.connect("x", "held")
    await sandbox.fault("x", "accept_500")
    job = await company.schedule("held", account, onUnknown="hold")

    async def held():
        now = await company.job(job.post.id)
        return now if now.publications[0].state == "unknown" and now.publications[0].due_at is None else None

    await stage.until(held, 45)
    assert len(await sandbox.books("x", "held")) == 1


async def _refused(company, job):
    async def attempted():
        now = await company.job(job.post.id)
        return now if any(each.state == "refused" for each in now.attempts) and now.status == "pending" else None

    return await stage.until(attempted, 45)
