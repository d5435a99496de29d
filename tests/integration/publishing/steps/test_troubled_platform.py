"""A platform in trouble, from the worker's side: posts wait, nobody is disconnected, everything goes out in the end."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

import by_hand
from ocma.features.accounts.accounts import get_account
from ocma.features.publishing.breaker import Policy
from ocma.features.publishing.gates import Gates
from ocma.features.publishing.health import fetch_health

QUICK = Policy(calls=4, accounts=3, refused_accounts=4, first=0.5, longest=1.0)


@pytest.fixture
async def hand(company):
    async with by_hand.hand(company) as found:
        resources, press = company.resources, found.press
        gates = Gates(resources.redis, resources.database, resources.environment, resources.clock, policy=QUICK)
        await resources.redis.flushall()
        yield replace(found, press=replace(press, gates=gates))


async def statuses(company, accounts):
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        return [(await get_account(session, each.id)).status for each in accounts]


@asynccontextmanager
async def answering(hand, answer):
    """The same hand, while the platform gives this answer to everybody."""

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:")), 0)
        await reader.readexactly(length)
        writer.write(f"HTTP/1.1 {answer}".replace("\n", "\r\n").encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    desk = hand.press.desk
    environment = {**desk.gateway.environment, "OCMA_MASTODON_API_URL": f"http://127.0.0.1:{port}"}
    elsewhere = replace(desk, gateway=replace(desk.gateway, environment=environment))
    try:
        yield replace(hand, press=replace(hand.press, desk=elsewhere))
    finally:
        server.close()


@pytest.fixture
async def stormy(hand):
    async with answering(hand, "401 Unauthorized\nContent-Length: 2\nConnection: close\n\n{}") as found:
        yield found


async def test_the_last_call_of_a_platforms_window_closes_the_account(company, hand):
    account = await company.connect("mastodon", "lastcall")
    first = await company.schedule("the last call", account)
    reset = (company.resources.clock() + timedelta(seconds=60)).isoformat()
    headers = f"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: {reset}\nContent-Type: application/json\nContent-Length: 14"
    async with answering(hand, f'200 OK\n{headers}\nConnection: close\n\n{{"id": "4711"}}') as busy:
        await busy.step()
    second = await company.schedule("one too many", account)
    await hand.step()

    assert (await company.job(first.post.id)).status == "completed"
    publication = (await company.job(second.post.id)).publications[0]
    assert (publication.state, publication.tries) == ("scheduled", 0)
    assert 50 < (publication.due_at - company.resources.clock()).total_seconds() <= 61


async def test_what_waits_behind_a_throttled_post_is_not_tried_in_vain(company, hand, sandbox):
    """Both were let go with one message, when nobody knew."""
    account = await company.connect("mastodon", "behind")
    jobs = [await company.schedule(f"behind a throttled post {number}", account) for number in range(2)]
    await sandbox.fault("mastodon", "rate_limit", path="/api/v1/statuses", delayMs=60_000)
    assert await hand.step() == 2

    first, second = [await company.job(each.post.id) for each in jobs]
    assert ([each.state for each in first.attempts], second.attempts) == (["refused"], [])
    assert second.publications[0].error["code"] == "platformThrottles"
    assert second.publications[0].due_at > first.publications[0].due_at


async def test_a_burst_of_401s_disconnects_nobody(company, hand, stormy, sandbox):
    """Every token is refused for three rounds; Mastodon's cannot be renewed."""
    accounts = [await company.connect("mastodon", f"burst{number}") for number in range(8)]
    jobs = [await company.schedule(f"after the storm {number}", each) for number, each in enumerate(accounts)]
    for _ in range(3):
        await stormy.step()
        for job in jobs:
            await hand.pass_time(job)
        await age_doubts(hand)
        await asyncio.sleep(0.7)
    assert await statuses(company, accounts) == ["active"] * 8

    for _ in range(20):
        await asyncio.sleep(0.3)
        for job in jobs:
            await hand.pass_time(job)
        await hand.step()

    assert [(await company.job(each.post.id)).status for each in jobs] == ["completed"] * 8
    assert await statuses(company, accounts) == ["active"] * 8
    assert all([len(await sandbox.books("mastodon", f"after the storm {number}")) == 1 for number in range(8)])


async def test_one_revoked_account_is_told_at_the_second_refusal(company, hand, sandbox):
    account = await company.connect("mastodon", "revoked")
    job = await company.schedule("nobody hears me", account)
    await sandbox.fault("mastodon", "revoked_token", count=10_000, path="/api/v1/statuses")
    await hand.step()
    assert await statuses(company, [account]) == ["active"]
    assert (await company.job(job.post.id)).publications[0].error["code"] == "tokenDoubted"

    await age_doubts(hand)
    await hand.pass_time(job)
    await hand.step()

    assert await statuses(company, [account]) == ["needsReauthorization"]


async def test_a_quota_costs_no_try(company, hand):
    account = await company.connect("mastodon", "quota")
    resources = company.resources
    environment = {**resources.environment, "OCMA_MASTODON_QUOTAS": "publish:account=1/1m"}
    tight = replace(hand.press, gates=Gates(resources.redis, resources.database, environment, resources.clock))
    jobs = [await company.schedule(f"one a minute {number}", account) for number in range(2)]

    began = resources.clock()
    await replace(hand, press=tight).step()
    ended = resources.clock()

    first, second = [await company.job(each.post.id) for each in jobs]
    assert (first.status, second.publications[0].state) == ("completed", "scheduled")
    publication = second.publications[0]
    assert (publication.tries, publication.error["code"]) == (0, "quotaReached")
    minute, near = timedelta(minutes=1), timedelta(seconds=0.1)
    assert began + minute - near <= publication.due_at <= ended + minute + near


async def age_doubts(hand):
    """As if the last refusals were a while ago."""
    await hand.sql("""UPDATE publications SET error = jsonb_set(error, '{at}', to_jsonb((now() - interval '2 minutes')::text))
        WHERE error ->> 'code' = 'tokenDoubted'""")


LATER = "UPDATE publications SET due_at = now() + interval '1 hour', lease_until = NULL WHERE state <> 'published'"


async def half_open(company, hand):
    """The breaker has opened, and one call may try how things are."""
    for number in range(5):
        await company.schedule("in an outage", await company.connect("mastodon", f"outage{number}"))
    async with answering(hand, "503 Service Unavailable\nContent-Length: 2\nConnection: close\n\n{}") as down:
        await down.step()
    await hand.sql(LATER)
    await asyncio.sleep(0.7)
    assert await breaker(hand) == "halfOpen"


async def breaker(hand):
    resources, (host,) = hand.company.resources, await hand.sql("SELECT DISTINCT host FROM accounts")
    place = hand.press.gates.place("mastodon", host[0])
    return (await fetch_health(resources.redis, [place], resources.clock))[place].state


async def fails(_):
    raise RuntimeError


@pytest.fixture
def stopping(hand):
    found = replace(hand, press=replace(hand.press, stopping=asyncio.Event()))
    found.press.stopping.set()
    return found


@pytest.fixture
def failing(hand):
    return replace(hand, press=replace(hand.press, reached=fails))


@pytest.mark.parametrize("why", ["stopping", "failing"])
async def test_a_probe_that_never_called_makes_room_for_the_next(company, hand, sandbox, why, request):
    await half_open(company, hand)
    await company.schedule("never tried", await company.connect("mastodon", "never"))
    assert await request.getfixturevalue(why).step() == 1
    await hand.sql(LATER)

    job = await company.schedule("tries instead", await company.connect("mastodon", "instead"))
    await hand.step()

    assert (await company.job(job.post.id)).status == "completed"
    assert await breaker(hand) == "closed"


async def test_what_needs_no_call_closes_no_breaker(company, hand, sandbox):
    """The answer to a lost worker is found in our own books: of the platform that says nothing."""
    answered = by_hand.Gate("answered")
    job = await company.schedule("answered long ago", await company.connect("mastodon", "adopted"))
    (claim,) = await hand.claim()
    working = asyncio.create_task(replace(hand, press=replace(hand.press, reached=answered)).work([claim]))
    await answered.arrived.wait()
    await hand.lapse(claim)
    answered.open.set()
    await working
    await hand.sql(LATER)
    await half_open(company, hand)

    await hand.pass_time(job)
    await hand.step()

    assert (await company.job(job.post.id)).status == "completed"
    assert await breaker(hand) == "halfOpen"
    next_one = await company.schedule("asks in its place", await company.connect("mastodon", "asks"))
    await hand.step()
    assert (await company.job(next_one.post.id)).status == "completed"
    assert await breaker(hand) == "closed"
