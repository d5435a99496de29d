"""An experiment from its first post to its decision, through the API."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from answers import good, problem
from integration.analytics.test_cost import watched
from integration.experiments.conftest import HOUR, TEXTS, URL
from ocma.features.assistant.experiments.outcomes import SETTLED
from ocma.features.assistant.experiments.rounds import draw

DAY = timedelta(days=1)


async def settle(world, experiment, figures, **more):
    """All that is planned goes out and is measured; `figures`: by variant and block."""
    for place in experiment["allocation"]:
        if place["status"] == "scheduled":
            post = await world.publish(place)
            await world.measure(post, DAY, likes=figures(place["variant"], place["block"]), **more)
    last = max(each["scheduledAt"] for each in experiment["allocation"])
    world.clock.at = type(world.clock.at).fromisoformat(last) + DAY + SETTLED + HOUR


async def test_each_account_has_every_variant_once_in_an_order_that_the_seed_gives(world):
    accounts = await world.accounts(12)
    found = await world.started(accounts, {**TEXTS, "third": "Sunday: open."})
    assert (found["state"], len(found["allocation"])) == ("running", 36)
    orders = Counter()
    for account in accounts:
        mine = [each for each in found["allocation"] if each["accountId"] == account]
        assert sorted(each["variant"] for each in mine) == sorted([*TEXTS, "third"])
        order = [each["variant"] for each in sorted(mine, key=lambda each: each["scheduledAt"])]
        assert order == draw(found["seed"], 1, account, [*TEXTS, "third"])
        orders[tuple(order)] += 1
    assert len(orders) > 1
    assert len(set(await world.texts())) == 36
    job = good(await world.api.get(f"/api/queue/jobs/{found['allocation'][0]['jobId']}", headers=world.key))
    assert job["metadata"] == {"experimentId": found["id"]}


def test_each_order_is_as_likely():
    orders = Counter(tuple(draw(7, 1, UUID(int=number), "abc")) for number in range(6000))
    assert len(orders) == 6
    assert all(850 <= count <= 1150 for count in orders.values())


async def test_many_posts_take_no_more_statements_than_few_and_each_is_told(world):
    """Planned by start and by a round, cancelled by stop; the audit trail has a whole entry for each of them."""
    taken = []
    for count in (1, 5):
        made = await world.create(await world.accounts(count))
        texts = {"plain": {"content": f"Plain {count}."}, "question": {"content": f"Question {count}?"}}
        with watched(world.database) as statements:
            for path, body in (("start", {}), ("rounds", {"variants": texts}), ("stop", {})):
                found = good(await world.post(f"/{made}/{path}", body))
                taken.append((path, len(statements)))
        assert Counter(each["status"] for each in found["allocation"]) == {"cancelled": count * 4}
    assert taken[:3] == taken[3:]
    events = good(await world.api.get("/api/audit?limit=100", headers=world.key))["data"]
    told = Counter((each["action"], each["subject"]) for each in events)
    jobs = [each["jobId"] for each in found["allocation"]]
    assert all(told["post.scheduled", job] == told["post.cancelled", job] == 1 for job in jobs)
    assert Counter(action for action, _ in told)["post.cancelled"] == 4 + 20
    assert good(await world.api.get("/api/audit/verify", headers=world.key))["valid"]


async def test_who_wins_every_block_is_named_and_it_stays_so(world):
    found = await world.started(await world.accounts(12))
    await settle(world, found, lambda variant, block: 10 + block if variant == "plain" else (10 + block) * 3)
    seen = await world.look(found["id"])
    assert seen["state"] == "decided"
    assert (seen["decision"]["winner"], seen["decision"]["reason"], seen["blocks"]) == ("question", "better", 12)
    assert seen["decision"]["p"] <= 0.05
    plain, question = seen["variants"]
    assert (plain["counted"], plain["mean"], plain["lift"]) == (12, 15.5, None)
    assert 1 < question["lift"]["low"] < question["lift"]["estimate"] < 3
    assert all(each["why"] is None for each in seen["allocation"])
    assert await world.look(found["id"]) == seen
    events = good(await world.api.get("/api/audit", headers=world.key))["data"]
    assert [each["action"] for each in events][:1] == ["experiment.decided"]
    problem(await world.post(f"/{found['id']}/stop"), 409, "notRunning")


async def test_many_looks_at_once_decide_once(world):
    found = await world.started(await world.accounts(12))
    await settle(world, found, lambda variant, block: block + (100 if variant == "plain" else 1000))
    looks = await asyncio.gather(*(world.look(found["id"]) for _ in range(6)))
    assert all(each == looks[0] for each in looks)
    events = good(await world.api.get("/api/audit", headers=world.key))["data"]
    assert sum(each["action"] == "experiment.decided" for each in events) == 1


async def test_what_counts_is_the_figure_at_its_hour_and_not_the_latest(world):
    found = await world.started(await world.accounts(1))
    first = found["allocation"][0]
    post = await world.publish(first)
    for after, likes in ((HOUR * 5, 3), (DAY - HOUR, 8), (DAY + HOUR, 11), (DAY + HOUR * 2, 12), (DAY * 5, 900)):
        await world.measure(post, after, likes=likes, comments=1)
    world.clock.at = post.published_at + DAY
    assert (await world.look(found["id"]))["allocation"][0]["why"] == "waiting"
    world.clock.at = post.published_at + DAY * 6
    place = (await world.look(found["id"]))["allocation"][0]
    assert (place["value"], place["why"]) == (12.0, None)  # likes and comments
    assert place["measuredAt"] == (post.published_at + DAY + HOUR).isoformat().replace("+00:00", "Z")


async def test_failed_cancelled_deleted_and_unread_posts_are_told_and_not_counted(world):
    found = await world.started(await world.accounts(4))
    first, second, third, fourth = (each for each in found["allocation"] if each["place"] == 0)
    await world.move(first, "failed", due_at=None, error={"code": "x", "kind": "contentRejected", "detail": "No."})
    good(await world.api.post(f"/api/queue/jobs/{second['jobId']}/cancel", headers=world.key, json={}))
    gone = await world.publish(third)
    async with world.database.transaction(world.workspace) as session:
        await session.execute(text("UPDATE account_posts SET gone_at = now() WHERE id = :id"), {"id": gone.id})
    unread = await world.publish(fourth)
    await world.measure(unread, DAY * 3, likes=5)
    world.clock.at = unread.published_at + DAY * 4
    seen = await world.look(found["id"])
    assert [each["why"] for each in seen["allocation"] if each["place"] == 0] == [
        "notPublished",
        "notPublished",
        "gone",
        "notMeasured",
    ]
    assert (seen["blocks"], seen["state"]) == (0, "running")
    assert sum(each["counted"] for each in seen["variants"]) == 0


async def test_a_rate_is_reckoned_of_one_reading(world):
    found = await world.started(await world.accounts(1, "x"), metric="engagement")
    post = await world.publish(found["allocation"][0])
    await world.measure(post, DAY + HOUR, likes=5, comments=5, impressions=200)
    await world.measure(post, DAY + HOUR * 2, impressions=400)
    world.clock.at = post.published_at + DAY * 2
    assert (await world.look(found["id"]))["allocation"][0]["value"] == 5.0


async def test_rounds_add_blocks_until_there_is_no_more_room(world):
    accounts = await world.accounts(2)
    found = await world.started(accounts, maxPosts=8)
    assert "fewer than 8" in found["warnings"][0]
    path = f"/{found['id']}/rounds"
    texts = {"plain": {"content": "Second, plain."}, "question": {"content": "A second?"}}
    more = good(await world.post(path, {"variants": texts, "everyHours": 2, "startsAt": "2020-01-01T00:00:00Z"}))
    assert [each["round"] for each in more["allocation"]] == [1] * 4 + [2] * 4
    assert sorted({each["block"] for each in more["allocation"]}) == [0, 1, 2, 3]
    again = {"plain": {"content": "Third, plain."}, "question": {"content": "A third?"}}
    problem(await world.post(path, {"variants": again}), 409, "maxPosts")
    await settle(world, more, lambda variant, block: 5)
    seen = await world.look(found["id"])
    assert seen["state"] == "decided"
    assert seen["decision"] == {"winner": None, "reason": "maxPosts", "p": None, "blocks": 4}
    assert all(each["p"] == 1 for each in seen["variants"])
    problem(await world.post(path, {"variants": again}), 409, "notRunning")


async def test_no_account_posts_the_same_twice(world):
    found = await world.started(await world.accounts(2))
    path = f"/{found['id']}/rounds"
    again = {"plain": {"content": f" {TEXTS['plain']} "}, "question": {"content": "Another?"}}
    answer = problem(await world.post(path, {"variants": again}), 422, "postedBefore")
    assert [each["path"] for each in answer["errors"]] == ["variants.plain"]
    odd = {"plain": {"content": "New."}, "strange": {"content": "Newer."}}
    answer = problem(await world.post(path, {"variants": odd}), 422, "variantsDiffer")
    assert [each["path"] for each in answer["errors"]] == ["variants.strange", "variants.question"]


async def test_stopping_cancels_what_is_not_out_and_keeps_what_is_known(world):
    found = await world.started(await world.accounts(2))
    post = await world.publish(found["allocation"][0])
    await world.measure(post, DAY, likes=4)
    world.clock.at = post.published_at + DAY * 2
    seen = good(await world.post(f"/{found['id']}/stop"))
    assert seen["state"] == "stopped"
    assert Counter(each["status"] for each in seen["allocation"]) == {"published": 1, "cancelled": 3}
    assert seen["allocation"][0]["value"] == 4
    problem(await world.post(f"/{found['id']}/stop"), 409, "notRunning")
    problem(await world.post(f"/{found['id']}/start"), 409, "notDraft")


async def test_deleting_cancels_as_well_and_forgets(world):
    found = await world.started(await world.accounts(2))
    assert (await world.api.delete(f"{URL}/{found['id']}", headers=world.key)).status_code == 204
    problem(await world.api.get(f"{URL}/{found['id']}", headers=world.key), 404)
    job = good(await world.api.get(f"/api/queue/jobs/{found['allocation'][0]['jobId']}", headers=world.key))
    assert job["status"] == "cancelled"


async def test_what_was_counted_and_decided_cannot_be_changed(world):
    found = await world.started(await world.accounts(10))
    await settle(world, found, lambda variant, block: 10 + block if variant == "plain" else (10 + block) * 3)
    assert (await world.look(found["id"]))["state"] == "decided"
    for statement in ("UPDATE experiment_posts SET value = 1", "UPDATE experiments SET decision = '{}'"):
        with pytest.raises(DBAPIError, match="cannot change"):
            async with world.database.transaction(world.workspace) as session:
                await session.execute(text(statement))


async def test_alike_variants_seldom_have_a_winner_though_every_reading_is_looked_at(world):
    """The whole way from a reading to a decision, looked at after every post; more of it without a database: unit tests."""
    random, winners, accounts = np.random.default_rng(11), 0, await world.accounts(10)
    for number in range(10):
        found = await world.started(accounts, {"plain": f"Number {number}.", "question": f"Number {number}?"})
        for place in found["allocation"]:
            post = await world.publish(place)
            await world.measure(post, DAY, likes=float(random.pareto(0.9) * 10))
            world.clock.at = max(world.clock.at, post.published_at + DAY + SETTLED + HOUR)
            seen = await world.look(found["id"])
        assert (seen["state"], seen["blocks"]) == ("running", 10) or seen["decision"]["reason"] == "better"
        winners += seen["state"] == "decided"
    assert winners <= 4  # five of ten would come once in ten thousand times, were one in twenty a false one
