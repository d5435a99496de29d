"""Where reading is billed: paid for before it is asked, once a day per post, and never more than the workspace wants."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from integration.analytics.tally import Post
from ocma.features.analytics import timeline
from ocma.features.analytics.budget import Purse, next_day
from ocma.features.analytics.cadence import on_grid

DAY = timedelta(days=1)
PRICE = 0.005


@pytest.fixture
async def world(settle):
    """At the begin of a UTC day, with half a dollar: a hundred posts."""
    found = await settle(reads=PRICE)
    found.collector = replace(found.collector, daily_usd=Decimal("0.50"))
    found.clock.now = next_day(found.clock.now)
    return found


def ids(world) -> list[str]:
    return [each for query in world.books.questions("/posts") for each in query["ids"].split(",")]


async def listed(world, posts):
    """A first look, which lists so many posts: all of them are paid for with it."""
    newest = on_grid(world.clock.now - DAY * 2, world.account.id)  # all are due at the same moment
    world.books.add(*(Post(f"p{each:03}", newest - timedelta(seconds=each)) for each in range(posts)))
    return await world.look()


async def test_a_listing_costs_what_it_held(world):
    await listed(world, 30)
    assert await world.spent() == pytest.approx(30 * PRICE)


async def test_the_same_post_twice_a_day_is_paid_for_once(world):
    await listed(world, 30)
    await world.until(next_day(world.clock.now) - timedelta(seconds=1))
    assert len(ids(world)) > 30, "posts of a day are read every six hours"
    assert await world.spent() == pytest.approx(30 * PRICE)


async def test_over_it_the_freshest_come_first_and_the_others_wait_for_the_next_day(world):
    await listed(world, 100)
    await world.until(next_day(world.clock.now) - timedelta(seconds=1))
    await set_budget(world, 20 * PRICE)
    world.books.asked.clear()
    outcome = await world.turn()
    while not outcome.posts:
        outcome = await world.turn()
    assert outcome.error["code"] == "budgetSpent"
    assert "metricsBudgetUsd" in outcome.error["remediation"]
    assert ids(world) == [f"p{each:03}" for each in range(20)]
    assert await world.spent() == pytest.approx(20 * PRICE)
    await world.until(next_day(world.clock.now) - timedelta(seconds=1))
    assert set(ids(world)) == {f"p{each:03}" for each in range(20)}
    assert await world.spent() == pytest.approx(20 * PRICE)
    world.clock.forward(seconds=2)
    await world.until(world.clock.now + timedelta(minutes=70))
    assert len(set(ids(world))) >= 20


async def set_budget(world, usd):
    async with world.collector.database.transaction(world.workspace) as session:
        query = "UPDATE workspaces SET metrics_budget_usd = jsonb_build_object('tally', CAST(:usd AS float8)) WHERE id = :id"
        await session.execute(text(query), {"usd": usd, "id": world.workspace})


async def test_nothing_is_asked_without_money(world):
    await set_budget(world, 0)
    outcome = await listed(world, 5)
    assert outcome.error["code"] == "budgetSpent"
    assert world.books.questions("/list") == world.books.questions("/posts") == []
    assert await world.spent() == 0
    assert outcome.samples == 1, "the account itself costs nothing"


async def test_a_listing_of_several_pages_stops_where_the_money_ends(world):
    outcome = await listed(world, 250)
    assert outcome.error["code"] == "budgetSpent"
    assert [each["start"] for each in world.books.questions("/list")] == ["0"]
    assert await world.spent() == pytest.approx(100 * PRICE)
    assert len(await world.posts()) == 100
    assert (await world.row()).listed_at is None, "it is to be listed again"


async def test_a_crash_may_cost_money_and_never_spends_too_much(world, monkeypatch):
    """What was paid for stays paid for."""

    async def dies(*_):
        raise asyncio.CancelledError

    monkeypatch.setattr(timeline, "looked_at", dies)
    with pytest.raises(asyncio.CancelledError):
        await listed(world, 30)
    assert await world.spent() == pytest.approx(100 * PRICE)


async def test_many_at_once_take_no_more_than_there_is(world):
    purse = Purse(world.workspace, "tally", world.clock.now.date(), Decimal("0.005"), Decimal("0.5"))

    async def take(posts):
        async with world.collector.database.transaction(world.workspace) as session:
            return await purse.take(session, posts)

    granted = await asyncio.gather(*(take(7) for _ in range(25)))
    assert sum(granted) == 100
    assert sorted(set(granted)) == [0, 2, 7]


async def test_where_nothing_is_billed_no_books_are_kept(settle):
    world = await settle()
    await world.look()
    assert await world.spent() == 0


async def test_posts_that_are_due_leave_enough_to_list_new_ones(world):
    """Else an account with many posts due would never be listed, and nobody would learn of new ones."""
    await set_budget(world, 200 * PRICE)
    await listed(world, 90)
    world.clock.now = next_day(world.clock.now) + DAY
    world.books.add(Post("fresh", world.clock.now - timedelta(hours=2)))
    async with world.collector.database.transaction(world.workspace) as session:
        rows = (
            "SELECT uuidv7(), workspace_id, account_id, 'old-' || n, now() - interval '50 days', now(), :at FROM measurements, "
        )
        await session.execute(
            text(
                "INSERT INTO account_posts (id, workspace_id, account_id, platform_post_id, published_at, seen_at, next_measure_at) "
                + rows
                + "generate_series(1, 150) n WHERE account_id = :id"
            ),
            {"id": world.account.id, "at": world.clock.now - timedelta(hours=1)},
        )
    await world.look(now=True)
    assert "fresh" in await world.posts()
    assert await world.spent() <= 200 * PRICE
