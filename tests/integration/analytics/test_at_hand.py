"""Answers that are at hand, and numbers of accounts at which nobody has looked yet."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import text

from answers import good, problem
from integration.analytics.ledger import DAY, NOW, Ledger
from integration.analytics.tally import Post
from ocma.entrypoints.api.app import create_app
from ocma.features.analytics import first, freshness, sources
from ocma.features.analytics.answers import Numbers
from ocma.platforms import registry

URL = "/api/social/metrics"


@pytest.fixture
def ledger(database, workspace):
    return Ledger(database, workspace)


@pytest.fixture
def no_route(monkeypatch):
    """From then on whoever gets as far as the route fails."""

    async def fail(*_):
        raise AssertionError("the route was asked")

    return lambda: monkeypatch.setattr(Numbers, "report", fail)


def left(answer: httpx2.Response) -> int:
    return int(answer.headers["ratelimit"].split("r=")[1].split(";")[0])


async def test_the_second_who_asks_the_same_is_not_sent_to_the_route(api, key, ledger, no_route):
    account = await ledger.account("x")
    await ledger.post(account, NOW - DAY, "first", {"likes": 7})
    made = await api.get(URL, headers=key, params={"platform": "x"})
    no_route()
    kept = await api.get(URL, headers=key, params={"platform": "x"})
    assert (good(made)["cached"], good(kept)["cached"]) == (False, True)
    assert {**good(made), "cached": True} == good(kept)
    assert kept.headers["content-type"] == made.headers["content-type"]
    assert {*made.headers} == {*kept.headers}, "the same headers, those of security and limits too"


@pytest.mark.parametrize(("junk", "is_known"), [(1_000, True), (5_000, False)])
async def test_long_questions_are_answered_and_not_remembered(api, key, ledger, no_route, junk, is_known):
    """Ten thousand of them would be more than all answers together."""
    await ledger.account("x")
    question = f"{URL}?platform=x{'&' * junk}"
    good(await api.get(question, headers=key))
    no_route()
    again = await api.get(question, headers=key)
    assert (again.status_code == 200) is is_known


async def test_who_asks_is_checked_all_the_same(api, key, make, workspace, ledger, no_route):
    await ledger.account("x")
    good(await api.get(URL, headers=key))
    no_route()
    problem(await api.get(URL), 401)
    problem(await api.get(URL, headers={"Authorization": "Bearer ocma_k_nobody"}), 401)
    unable = await make.key(workspace, "accounts:read")
    assert problem(await api.get(URL, headers=unable), 403)["code"] == "scopeMissing"


async def test_a_database_that_is_away_is_told_as_on_the_route(api, key, ledger, app, monkeypatch):
    await ledger.account("x")
    good(await api.get(URL, headers=key))

    async def gone(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr(app.state.authenticator, "identify", gone)
    (known, unknown) = [await api.get(URL, headers=key, params=query) for query in ({}, {"timeRange": "90d"})]
    assert (known.status_code, unknown.status_code) == (503, 503)
    assert problem(known, 503)["code"] == problem(unknown, 503)["code"]


async def test_another_workspace_that_asks_the_same_gets_its_own(api, key, make, ledger):
    account = await ledger.account("x")
    await ledger.post(account, NOW - DAY, "secret", {"likes": 7})
    good(await api.get(URL, headers=key))
    other = await make.key(await make.workspace())
    assert problem(await api.get(URL, headers=other), 404)["code"] == "noAccounts"
    assert "secret" in (await api.get(URL, headers=key)).text


async def test_each_request_is_counted_once(api, key, ledger, resources, workspace):
    await ledger.account("x")
    answers = [await api.get(URL, headers=key) for _ in range(2)]
    await freshness.forget_account(resources.cache, workspace, workspace, "x")  # known, and not at hand
    answers += [await api.get(URL, headers=key) for _ in range(2)]
    assert [good(each)["cached"] for each in answers] == [False, True, False, True]
    counts = [left(each) for each in answers]
    assert counts == [counts[0] - each for each in range(4)]


@pytest.fixture
async def asking(resources, world, monkeypatch):
    """A door whose process reads figures."""
    monkeypatch.setattr(sources, "connectors", registry.connectors)
    settings = resources.settings.model_copy(update={"measure": True})
    app = create_app(replace(resources, settings=settings))
    transport = httpx2.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client


async def test_a_hundred_at_once_are_one_question_to_the_platform(asking, key, world):
    world.books.fans = 12
    answers = await asyncio.gather(*(asking.get(URL, headers=key) for _ in range(100)))
    assert {tuple(good(each)["errors"]) for each in answers} == {()}
    assert len(world.books.questions("/account")) == 1
    good(await asking.get(URL, headers=key))
    assert len(world.books.questions("/account")) == 1


async def test_a_slow_platform_does_not_keep_who_asks(asking, key, world, monkeypatch):
    monkeypatch.setattr(first, "PATIENCE", 0.2)
    world.books.pause.clear()
    found = good(await asking.get(URL, headers=key))
    assert [each["code"] for each in found["errors"]] == ["notMeasuredYet"]
    world.books.pause.set()
    async with asyncio.timeout(10):
        while good(await asking.get(URL, headers=key))["errors"]:
            await asyncio.sleep(0.05)
    assert len(world.books.questions("/account")) == 1


@pytest.mark.parametrize("hours", [0, 23])
async def test_what_was_published_since_the_last_look_is_there_when_it_is_asked_for(asking, key, world, hours):
    """An account may be looked at once a day only."""
    good(await asking.get(URL, headers=key))
    async with world.collector.database.transaction(world.workspace) as session:
        looked = "UPDATE measurements SET fetched_at = :at, live_until = :at, succeeded_at = :at"
        await session.execute(text(looked), {"at": datetime.now(UTC) - timedelta(hours=hours, minutes=2)})
        published_at = datetime.now(UTC) - timedelta(hours=hours)
        values = {"workspace": world.workspace, "account": world.account.id, "at": published_at}
        await session.execute(text(PUBLISHED), values)
    world.books.add(Post("live", NOW, hearts=4))
    found = good(await asking.get(URL, headers=key, params={"timeRange": "30d"}))
    assert (found["metrics"]["totalPosts"], found["errors"]) == (1, [])
    assert len(world.books.questions("/account")) == 2, "once when nobody had looked, once now"


async def test_what_was_published_a_moment_after_a_look_is_told_of_and_nobody_asks_the_platform_again_so_soon(asking, key, world):
    """Else its absence looked like no posts at all."""
    good(await asking.get(URL, headers=key))
    async with world.collector.database.transaction(world.workspace) as session:
        await session.execute(text("UPDATE measurements SET live_until = now() - interval '1 second'"))
        values = {"workspace": world.workspace, "account": world.account.id, "at": datetime.now(UTC)}
        await session.execute(text(PUBLISHED), values)
    world.books.add(Post("live", NOW, hearts=4))
    found = good(await asking.get(URL, headers=key, params={"timeRange": "30d"}))
    assert (found["metrics"]["totalPosts"], [each["code"] for each in found["errors"]]) == (0, ["newPosts"])
    assert len(world.books.questions("/account")) == 1


@pytest.mark.parametrize("trouble", ["permissionMissing", "platformUnavailable", "needsReauthorization", "restricted"])
async def test_what_we_published_is_counted_without_a_look_where_a_look_gives_nothing(asking, key, world, trouble):
    """OCMA knows of it without the platform, whose word on the figures is told as before."""
    good(await asking.get(URL, headers=key))
    asked, row = len(world.books.asked), await world.row()
    async with world.collector.database.transaction(world.workspace) as session:
        await session.execute(text("UPDATE measurements SET live_until = now() - interval '1 second'"))
        if trouble in {"needsReauthorization", "restricted"}:
            await session.execute(text("UPDATE accounts SET status = :to"), {"to": trouble})
        else:
            error = {"code": trouble, "detail": "The last look at it failed."}
            await session.execute(text("UPDATE measurements SET error = CAST(:error AS jsonb)"), {"error": json.dumps(error)})
        values = {"workspace": world.workspace, "account": world.account.id, "at": datetime.now(UTC)}
        await session.execute(text(PUBLISHED), values)
    for limit in (20, 21):  # another question is made anew
        found = good(await asking.get(URL, headers=key, params={"limit": limit}))
        numbers = found["metrics"]
        (post,) = numbers["platformBreakdown"][0]["recentPosts"]
        assert (numbers["totalPosts"], post["content"]) == (1, "Words.")
        assert (numbers["totalEngagement"], set(post["metrics"].values())) == (None, {None})
        assert [each["code"] for each in found["errors"]] == [trouble]
    assert (len(world.books.asked), (await world.row()).fence) == (asked, row.fence), "nobody asked the platform"


async def test_a_look_that_is_under_way_when_our_posts_are_taken_up_is_written_down_all_the_same(asking, key, world):
    world.books.fails["/account"] = 403
    good(await asking.get(URL, headers=key))
    world.books.pause.clear()
    world.books.reached.clear()
    under_way = asyncio.create_task(world.look(now=True))
    async with asyncio.timeout(10):
        await world.books.reached.wait()
    async with world.collector.database.transaction(world.workspace) as session:
        await session.execute(text("UPDATE measurements SET live_until = now() - interval '1 second'"))
        values = {"workspace": world.workspace, "account": world.account.id, "at": datetime.now(UTC)}
        await session.execute(text(PUBLISHED), values)
    found = good(await asking.get(URL, headers=key, params={"limit": 21}))
    assert (found["metrics"]["totalPosts"], [each["code"] for each in found["errors"]]) == (1, ["permissionMissing"])
    world.books.pause.set()
    outcome = await under_way
    assert outcome is not None, "its claim is as good as before"
    assert set(await world.posts()) == {"live"}


async def test_a_platform_that_ocma_has_no_more_keeps_no_report_from_being_made(api, key, ledger, workspace):
    """Somebody else's connector was removed after it had published."""
    account = await ledger.account("tally")
    await ledger.looked(account, {"code": "permissionMissing", "detail": "Grant more."})
    await ledger.run("UPDATE measurements SET live_until = now() - interval '1 second'")
    await ledger.run(PUBLISHED, workspace=workspace, account=account, at=datetime.now(UTC))
    assert [each["code"] for each in good(await api.get(URL, headers=key))["errors"]] == ["permissionMissing"]


PUBLISHED = """
    WITH post AS (
        INSERT INTO posts (id, workspace_id, content, scheduled_at, wall_time, timezone, created_by)
        VALUES (uuidv7(), :workspace, '{"parts": [{"text": "Words."}], "options": {}}', now(), now(), 'UTC', 'test') RETURNING id)
    INSERT INTO publications (id, workspace_id, post_id, account_id, platform, scheduled_at, max_attempts, on_unknown, state,
        published_at, platform_post_id)
    SELECT uuidv7(), :workspace, id, :account, 'tally', now(), 3, 'settle', 'published', :at, 'live' FROM post"""
