"""Figures on their way from a platform to our books: whole, once, and said when not."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text

from integration.analytics.tally import Books, Post
from integration.publishing.test_logins import Documented
from ocma.features.accounts import connections
from ocma.features.analytics import collect, timeline
from ocma.features.analytics.cadence import GRID
from ocma.features.workspaces import workspaces
from ocma.infra.database import Database
from ocma.platforms import registry
from unit.platforms.manifests import manifest

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


async def test_a_new_account_is_looked_at_at_once(world):
    world.books.fans = 12
    world.books.add(Post("p1", world.clock.now - DAY * 40, hearts=3), Post("p2", world.clock.now - DAY * 100))
    claims = await collect.claim_due(world.collector, 10_000)
    claim = next(each for each in claims if each.account_id == world.account.id)
    outcome = await collect.collect(world.collector, claim)
    assert outcome.error is None
    assert await world.samples("fans") == [(world.clock.now, 12)]
    assert {name: (each.content, each.publication_id) for name, each in (await world.posts()).items()} == {"p1": ("Words.", None)}
    assert await world.look() is None, "its turn is over"


async def test_posts_that_were_found_are_looked_at_within_minutes_and_then_by_age(world):
    world.books.add(
        Post("old", world.clock.now - DAY * 40, hearts=3), Post("new", world.clock.now - timedelta(minutes=20), hearts=1)
    )
    await world.look()
    begun = world.clock.now
    await world.turn()
    assert begun < world.clock.now < begun + GRID * 1.1
    assert [value for _, value in await world.samples("hearts", "old")] == [3]
    assert await world.samples("hearts", "new") == [], "not an hour old"
    posts = await world.posts()
    assert DAY * 4 - GRID < posts["old"].next_measure_at - world.clock.now < DAY * 7 + GRID
    assert HOUR <= posts["new"].next_measure_at - posts["new"].published_at < HOUR + GRID


async def test_thirty_days_of_an_account_and_its_post_equal_the_platforms_books(world):
    """Totals as they were at each look; days as they are now, corrected ones too; through failures and a gap of days."""
    world.clock.now = midnight(world.clock.now) + DAY + HOUR * 9  # its first look comes an hour later, on the same day
    begun, books = world.clock.now, world.books
    books.add(Post("p", begun - timedelta(minutes=1)))
    kept = {}
    for day in range(30):
        today = midnight(begun) + DAY * day
        if day == 7:
            books.fails |= {"/account": 503, "/posts": 429}
            await world.until(today + HOUR * 3)
            books.fails.clear()
        books.days[today - DAY] = 100 + day
        if day > 2:
            books.days[today - DAY * 3] += 5  # revised late
        if 12 <= day < 16:  # nobody looks
            world.clock.now = today + DAY
            continue
        books.fans, books.posts["p"].hearts = 1000 + day * 3 - (500 if day == 20 else 0), day * 7
        kept[day] = books.fans
        await world.until(today + DAY)
    fans = await world.samples("fans")
    assert {value for _, value in fans} == set(kept.values()) | {1000}
    hearts = await world.samples("hearts", "p")
    assert [value for at, value in hearts if at - begun < HOUR * 2][:1] == [0]
    for age in (HOUR, DAY, DAY * 7):
        assert any(age <= at - books.posts["p"].at < age + GRID + timedelta(minutes=10) for at, _ in hearts), age
    rolled = await rollups(world, "seen")
    assert {at: each.growth for at, each in rolled.items()} == books.days
    days = await rollups(world, "fans")
    assert (
        sum(each.growth or 0 for each in days.values()) + sum(each.gap or 0 for each in days.values()) == fans[-1][1] - fans[0][1]
    )
    assert [each.fell for each in days.values() if each.fell] == [1]
    assert len([each for each in days.values() if each.gap is not None]) == 1


async def rollups(world, name, grain="day"):
    async with world.collector.database.transaction(world.workspace) as session:
        rows = await session.execute(
            text(
                "SELECT r.* FROM metric_rollups r JOIN metric_series s ON s.id = r.series_id "
                "WHERE s.account_id = :account AND s.name = :name AND r.grain = :grain ORDER BY r.bucket_at"
            ),
            {"account": world.account.id, "name": name, "grain": grain},
        )
        return {row.bucket_at.astimezone(UTC): row for row in rows}


async def test_days_are_asked_for_from_where_they_are_whole(world):
    await world.look()
    first = datetime.fromisoformat(world.books.questions("/account")[0]["since"])
    assert first == world.clock.now - DAY * 30, "as far back as the platform has them"
    world.books.days[midnight(world.clock.now) - DAY] = 5
    world.clock.forward(hours=2)
    await world.look()
    whole = (await world.row()).days_until
    assert whole == midnight(world.clock.now - HOUR * 2)
    world.clock.forward(days=9)
    await world.look()
    assert datetime.fromisoformat(world.books.questions("/account")[-1]["since"]) == whole - DAY * 3


async def test_two_at_once_are_one(world, resources):
    """The same account, offered to twenty; one claims it. And who comes back after its lease writes nothing."""
    claims = await asyncio.gather(*(collect.claim_due(world.collector, 10_000) for _ in range(20)))
    ours = [each for found in claims for each in found if each.account_id == world.account.id]
    assert len(ours) == 1
    late = replace(world.collector, lease=timedelta(seconds=-1))
    slow = ours[0]
    await expire(world)
    (quick,) = await collect.claim_these(late, world.workspace, [world.account.id], now=False)
    world.books.fans = 1
    assert await collect.collect(world.collector, quick) is not None
    assert await collect.collect(world.collector, slow) is None
    assert [value for _, value in await world.samples("fans")] == [1]


async def expire(world):
    async with world.collector.database.transaction(world.workspace) as session:
        query = "UPDATE measurements SET lease_until = clock_timestamp() - interval '1 second' WHERE account_id = :id"
        await session.execute(text(query), {"id": world.account.id})


async def test_overtaken_while_the_platform_answers(world):
    world.books.pause.clear()
    (slow,) = await world.claim()
    waiting = asyncio.create_task(collect.collect(world.collector, slow))
    await asyncio.wait_for(world.books.reached.wait(), 30)
    await expire(world)
    (quick,) = await world.claim()
    world.books.pause.set()
    assert await waiting is None, "the fence has risen"
    assert await world.samples("fans") == []
    await collect.collect(world.collector, quick)
    assert len(await world.samples("fans")) == 1


async def test_a_crash_while_it_is_written_leaves_nothing_and_costs_one_look(world, monkeypatch):
    world.books.add(Post("p", world.clock.now - DAY))
    await world.look()
    await world.turn()
    before = len(await world.samples("hearts", "p")), (await world.posts())["p"].next_measure_at
    world.clock.forward(days=1)

    async def dies(*_):
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(timeline, "looked_at", dies)
        with pytest.raises(asyncio.CancelledError):
            await world.look()
    assert (len(await world.samples("hearts", "p")), (await world.posts())["p"].next_measure_at) == before
    assert await world.claim() == [], "until its lease ends"
    await expire(world)
    assert (await world.look()).error is None
    assert len(await world.samples("hearts", "p")) == before[0] + 1


async def test_a_database_that_goes_away_costs_a_look_too(world, services):
    gone = Database(services.postgres.app_url.replace("127.0.0.1", "127.0.0.2").replace(str(services.postgres.port), "1"), pool=2)
    (claim,) = await world.claim()
    assert await collect.collect(replace(world.collector, database=gone), claim) is None
    await gone.close()
    await expire(world)
    assert (await world.look()).error is None


async def test_what_was_answered_counts_though_the_rest_failed(world, monkeypatch):
    world.books.add(*(Post(f"p{each:03}", world.clock.now - DAY - timedelta(seconds=each), hearts=each) for each in range(150)))
    await world.look()
    answer = Books._posts

    def breaks_after_the_first(self, query):
        self.fails["/posts"] = 500
        return answer(self, query)

    with monkeypatch.context() as patch:
        patch.setattr(Books, "_posts", breaks_after_the_first)
        outcome = await world.turn()
    assert (outcome.posts, outcome.error["code"]) == (100, "platformUnavailable")
    assert [len(await world.samples("hearts", each)) for each in ("p000", "p099", "p100", "p149")] == [1, 1, 0, 0]
    world.books.fails.clear()
    outcome = await world.turn()
    assert (outcome.posts, outcome.error) == (50, None)
    assert [len(await world.samples("hearts", each)) for each in ("p000", "p149")] == [1, 1]


@pytest.mark.parametrize(("status", "code"), [(503, "platformUnavailable"), (500, "platformUnavailable"), (429, "throttled")])
async def test_a_platform_in_trouble_is_asked_later_and_says_so(world, status, code):
    world.books.fails["/account"] = status
    outcome = await world.look()
    world.books.fails.clear()
    assert (outcome.samples, outcome.error["code"]) == (0, code)
    assert [path for path, _ in world.books.asked if path != "/account"] == [], "nothing more is asked"
    row = await world.row()
    assert row.succeeded_at is None
    assert row.next_at - world.clock.now >= timedelta(seconds=900 if status == 429 else 240)
    assert (await world.turn()).error is None
    assert (await world.row()).tries == 0


async def test_waits_grow(world):
    waits = []
    world.books.fails["/account"] = 500
    for _ in range(5):
        await world.turn()
        waits.append((await world.row()).next_at - world.clock.now)
    assert waits[4] > waits[0] * 8


async def test_a_question_that_is_refused_does_not_hold_up_the_others(world):
    world.books.fails["/account"] = 403
    world.books.add(Post("p", world.clock.now - DAY, hearts=2))
    outcome = await world.look()
    assert (outcome.error["code"], outcome.error["question"]) == ("permissionMissing", "account")
    await world.turn()
    assert [value for _, value in await world.samples("hearts", "p")] == [2]
    world.books.fails.clear()
    await world.until(world.clock.now + HOUR)
    assert (await world.row()).error is None


async def test_one_refused_token_disconnects_nobody(world):
    world.books.fails["/account"] = 401
    assert (await world.look()).error["code"] == "tokenDoubted"
    world.books.fails.clear()
    assert await status(world) == "active"
    assert (await world.turn()).error is None


async def test_an_account_that_was_restricted_is_told_and_rests(world):
    world.books.fails["/account"] = 423
    assert (await world.look()).error["code"] == "accountRestricted"
    assert await status(world) == "restricted"
    assert (await world.row()).next_at is None
    async with world.collector.database.transaction(world.workspace) as session:
        await session.execute(text("UPDATE accounts SET status = 'active' WHERE id = :id"), {"id": world.account.id})
    assert (await world.row()).next_at is not None, "when it is back it is looked at again"


async def status(world):
    async with world.collector.database.transaction(world.workspace) as session:
        return await session.scalar(text("SELECT status FROM accounts WHERE id = :id"), {"id": world.account.id})


async def test_a_disconnected_account_is_not_looked_at_and_its_samples_stay(world, resources):
    await world.look()
    await connections.disconnect(resources.desk, world.caller, world.account.id)
    assert (await world.row()).next_at is None
    world.clock.forward(days=2)
    assert await world.claim(now=True) == []
    assert len(await world.samples("fans")) == 1


async def test_disconnected_while_the_platform_answers(world, resources):
    world.books.pause.clear()
    (claim,) = await world.claim()
    looking = asyncio.create_task(collect.collect(world.collector, claim))
    await asyncio.wait_for(world.books.reached.wait(), 30)
    async with world.collector.database.transaction(world.workspace) as session:
        await session.execute(text("UPDATE accounts SET status = 'revoked' WHERE id = :id"), {"id": world.account.id})
    world.books.pause.set()
    await looking
    assert (await world.row()).next_at is None


async def test_a_paused_workspace_is_measured_all_the_same(world):
    async with world.collector.database.transaction(world.workspace) as session:
        await workspaces.pause(session, world.caller, world.workspace, world.clock)
    assert (await world.look()).samples == 1


async def test_posts_that_are_gone_are_asked_for_no_more(world):
    world.books.add(Post("p", world.clock.now - DAY, hearts=2))
    await world.look()
    await world.turn()
    world.books.posts["p"].gone = True
    world.clock.forward(days=1)
    await world.look()
    post = (await world.posts())["p"]
    assert post.gone_at == world.clock.now
    assert post.next_measure_at is None
    assert [value for _, value in await world.samples("hearts", "p")] == [2], "what was read stays"


async def test_what_cannot_be_meant_is_left_out_and_said(world):
    world.books.odd, world.books.refused = True, ("reach_28d",)
    outcome = await world.look()
    assert outcome.samples == 1
    assert (outcome.error["code"], outcome.error["detail"]) == ("metricsRefused", "The platform gives these no more: reach_28d.")
    assert [each["code"] for each in outcome.error["also"]] == ["readingsUnsound"]


async def test_a_connector_that_cannot_read_an_answer_ends_nothing_else(world, monkeypatch):
    monkeypatch.setattr(type(world.books), "_account", lambda self, _: {"fans": "many"})
    world.books.add(Post("p", world.clock.now - DAY, hearts=2))
    assert (await world.look()).error["code"] == "answerUnreadable"
    assert "p" in await world.posts()


async def test_a_clock_that_goes_back_changes_no_order(world):
    await world.look()
    before = world.clock.now
    world.clock.forward(hours=-3)
    world.books.fans = 9
    await world.look(now=True)
    assert [value for _, value in await world.samples("fans")] == [0, 9]
    assert (await world.samples("fans"))[1][0] == before + timedelta(microseconds=1)


async def test_a_platform_that_lags_is_not_asked_for_what_it_cannot_have(settle):
    world = await settle(late=timedelta(hours=48))
    world.books.add(Post("p", world.clock.now - HOUR, hearts=2))
    await world.until(world.clock.now + timedelta(hours=46))
    assert world.books.questions("/posts") == []
    await world.until(world.clock.now + timedelta(hours=2))
    assert len(world.books.questions("/posts")) == 1


async def test_what_a_platform_keeps_for_a_day_is_read_before_it_is_gone(settle):
    world = await settle(keeps=DAY)
    born = world.clock.now
    world.books.add(Post("story", born, hearts=2), Post("older", born - DAY * 2))
    await world.until(born + DAY * 3)
    moments = [at - born for at, _ in await world.samples("hearts", "story")]
    assert timedelta(hours=23, minutes=29) < max(moments) < DAY
    assert await world.samples("hearts", "older") == []


async def test_many_posts_are_asked_for_in_batches_and_not_all_at_once(settle):
    world = await settle(at_once=2)
    world.books.add(*(Post(f"p{each}", world.clock.now - DAY * (each + 1)) for each in range(50)))
    await world.look()
    await world.turn()
    asked = world.books.questions("/posts")
    assert [len(each["ids"].split(",")) for each in asked] == [2] * 20
    assert asked[0]["ids"] == "p0,p1", "the freshest first"
    await world.turn()
    assert len(world.books.questions("/posts")) == 25


async def test_as_many_statements_for_one_post_as_for_ninety(world, resources):
    """No query in a loop."""
    engine, counts = resources.database.engine.sync_engine, []
    await world.look()
    for posts in (1, 90):
        world.books.posts.clear()
        world.books.add(*(Post(f"n{posts}-{each}", world.clock.now - DAY * 50, hearts=each) for each in range(posts)))
        world.clock.forward(minutes=15)
        async with world.collector.database.transaction(world.workspace) as session:  # the account itself is not due
            known = {"id": world.account.id, "at": world.clock.now, "posts": list(world.books.posts)}
            query = "UPDATE measurements SET account_at = CAST(:at AS timestamptz), next_at = :at WHERE account_id = :id"
            await session.execute(text(query), known)
            query = """
                INSERT INTO account_posts
                    (id, workspace_id, account_id, platform_post_id, published_at, seen_at, next_measure_at)
                SELECT uuidv7(), workspace_id, account_id, p, CAST(:at AS timestamptz) - interval '50 days', :at, :at
                FROM measurements, unnest(CAST(:posts AS text[])) AS p WHERE account_id = :id"""
            await session.execute(text(query), known)
        seen = []

        def count(*given, seen=seen):
            seen.append(given[2])

        event.listen(engine, "before_cursor_execute", count)
        outcome = await world.look()
        event.remove(engine, "before_cursor_execute", count)
        assert outcome.posts == posts
        counts.append(len(seen))
    assert counts[0] == counts[1] > 10


async def test_a_platform_without_figures_is_left_alone_for_a_day(world, monkeypatch):
    class Mute(Documented):
        manifest = manifest(key="tally")

    monkeypatch.setattr(registry, "connectors", lambda: {"tally": Mute()})
    assert await world.look() is None
    assert (await world.row()).next_at - world.clock.now > timedelta(hours=18)
