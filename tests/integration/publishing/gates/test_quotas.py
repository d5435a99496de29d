"""Quotas: never more than the platform grants, whoever asks and whatever happens to Redis; and no longer a wait than needed."""

import asyncio
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocma.clock import utcnow
from ocma.features.publishing.breaker import Place
from ocma.features.publishing.load import Sending
from ocma.features.publishing.quotas import Window, fetch_calls, wait
from ocma.ids import new_id
from ocma.platforms.manifest import Quota

SHORT = "publish:account={}/15s"  # nobody counts anew for so short a wait


async def admitted(gates, works):
    """Those that may go; each of them then makes its call, as the write-ahead records it."""
    waits = await gates.admit(works)
    return [each for each in works if each.claim.id not in waits], waits


async def test_an_account_gets_what_is_granted_and_the_exact_reset(gates, cast):
    works = await cast.works(await cast.account(), 5)

    going, waits = await admitted(gates("publish:account=3/1m"), works)

    assert going == works[:3]
    assert [waits[each.claim.id].reason for each in works[3:]] == ["quota", "quota"]
    assert all(50 < waits[each.claim.id].seconds <= 60.1 for each in works[3:])
    assert waits[works[3].claim.id].at <= waits[works[4].claim.id].at


async def test_the_window_moves(gates, cast):
    account, one = await cast.account(), gates("publish:account=2/6s")
    first, second, third = await cast.works(account, 3)
    assert await one.admit([first]) == {}
    await asyncio.sleep(1)
    assert await one.admit([second]) == {}
    refused = (await one.admit([third]))[third.claim.id]
    assert 1 < refused.seconds < 5.01

    await asyncio.sleep(refused.seconds + 0.02)

    assert await one.admit([third]) == {}


async def test_who_waits_has_not_been_charged(gates, cast):
    """Three more calls would be too many in both windows: the app's must not have been charged by the account's waiting ones."""
    account, other, one = await cast.account(), await cast.account(), gates("publish:account=2/1m,publish:app=4/1m")
    going, _ = await admitted(one, await cast.works(account, 5))
    assert len(going) == 2

    going, waits = await admitted(one, await cast.works(other, 2))

    assert (len(going), waits) == (2, {})


async def test_an_accounts_posts_stay_in_order(gates, cast):
    account, one = await cast.account(), gates("publish:account=3/1m")
    (small,), (long,), (late,) = [await cast.works(account, parts=parts) for parts in (1, 3, 1)]

    waits = await one.admit([small, long, late])

    assert small.claim.id not in waits
    assert waits[late.claim.id].at >= waits[long.claim.id].at


async def test_nobody_overtakes_who_waits_for_another_quota(gates, cast):
    """The text alone would fit; but the picture was to come first."""
    account, one = await cast.account(), gates("media:account=2/1m")
    (first,), (picture,), (words,) = [await cast.works(account, files=files) for files in (2, 1, 0)]

    waits = await one.admit([first, picture, words])

    assert set(waits) == {picture.claim.id, words.claim.id}
    assert waits[words.claim.id].at > waits[picture.claim.id].at


async def test_each_part_costs_a_call_and_what_is_live_costs_none(gates, cast):
    account, one = await cast.account(), gates("publish:account=4/1m")
    (thread,), (again,) = await cast.works(account, parts=3), await cast.works(account, parts=3)
    again.publication.progress["parts"] = [{"id": "1", "url": None}, {"id": "2", "url": None}]

    assert await one.admit([thread, again]) == {}
    for work, part in [(thread, 0), (thread, 1), (thread, 2), (again, 2)]:
        await cast.attempt(work, part)
    assert set(await one.admit([again])) == {again.claim.id}


def sent(work, part=0):
    """As the write-ahead notes it."""
    work.attempts.append(Sending(new_id(), part, utcnow()))


async def test_what_is_not_ready_has_not_used_up_anything(gates, cast):
    """However often it is looked at."""
    (slow, other, late), one = await cast.works(await cast.account(), 3), gates(SHORT.format(2))
    for _ in range(5):
        assert await one.admit([slow]) == {}
        await one.done([slow])
    for each in (slow, other):
        assert await one.admit([each]) == {}
        sent(each)
        await one.done([each])
    assert set(await one.admit([late])) == {late.claim.id}


async def test_of_a_thread_that_is_not_ready_only_what_was_sent_is_used_up(gates, cast):
    account, one = await cast.account(), gates(SHORT.format(4))
    (thread,), (first, second) = await cast.works(account, parts=3), await cast.works(account, 2)
    assert await one.admit([thread]) == {}
    sent(thread)
    thread.publication.progress["parts"] = [{"id": "1", "url": None}]
    await one.done([thread])
    assert await one.admit([thread, first]) == {}  # 1 and 2 and 1
    assert set(await one.admit([second])) == {second.claim.id}


async def test_it_is_given_back_once(gates, cast):
    (first, second), one = await cast.works(await cast.account(), 2), gates(SHORT.format(1))
    assert await one.admit([first]) == {}
    await one.done([first])
    assert await one.admit([second]) == {}
    await one.done([first])
    assert set(await one.admit([first])) == {first.claim.id}


async def test_a_claim_anew_of_the_same_publication_keeps_its_own_charge(gates, cast):
    """The old one's message may end later."""
    (old,), one = await cast.works(await cast.account()), gates(SHORT.format(1))
    assert await one.admit([old]) == {}
    await one.done([old])
    anew = replace(old, claim=replace(old.claim, fence=2))
    assert await one.admit([anew]) == {}
    await one.done([old])
    assert set(await one.admit([old])) == {old.claim.id}


async def test_nothing_is_given_back_from_books_that_it_was_not_charged_in(gates, redis, cast):
    (before, after, late), one = await cast.works(await cast.account(), 3), gates(SHORT.format(1))
    assert await one.admit([before]) == {}
    (key,) = await redis.keys("*calls:publish*")
    instant = await redis.lindex(key, 0)
    await redis.flushall()
    assert await one.admit([after]) == {}
    await redis.lset(key, 0, instant)  # as if it had been charged in the same one
    await one.done([before])
    assert set(await one.admit([late])) == {late.claim.id}


async def test_a_thread_longer_than_the_quota_goes_when_the_window_is_empty(gates, cast):
    account, one = await cast.account(), gates("publish:account=2/1m")
    (thread,), (after,) = await cast.works(account, parts=5), await cast.works(account)

    assert set(await one.admit([thread, after])) == {after.claim.id}


async def test_looking_for_a_post_costs_nothing(gates, cast):
    account, one = await cast.account(), gates("publish:account=1/1m")
    (first, second) = await cast.works(account, 2)
    assert await one.admit([first]) == {}
    object.__setattr__(second.claim, "state", "unknown")

    assert await one.admit([second]) == {}


@pytest.mark.parametrize("away", [False, True])
async def test_who_only_looks_for_a_post_waits_for_nobodys_quota(gates, server, cast, away):
    one = gates("publish:account=1/1m")
    first, second, third = await cast.works(await cast.account(), 3)
    looking = replace(third, claim=replace(third.claim, state="unknown"))
    await cast.attempt(first)
    if away:
        server.stop()
    try:
        assert set(await one.admit([first, second, looking])) == {first.claim.id, second.claim.id}
    finally:
        if away:
            server.again()


async def test_uploads_have_a_quota_of_their_own(gates, cast):
    account, one = await cast.account(), gates("media:account=5/1m")
    (two,), (four,), (text,) = [await cast.works(account, files=files) for files in (2, 4, 0)]

    assert await one.admit([two]) == {}
    assert set(await one.admit([four])) == {four.claim.id}
    assert await one.admit([text]) == {}
    four.publication.progress["steps"] = {"media:0:0": {"id": "m", "at": 0}}
    assert await one.admit([four]) == {}


async def test_everybody_together_never_exceeds_the_apps_quota(gates, cast):
    """Six processes at once, twenty accounts."""
    quota = "publish:app=25/1m"
    client = new_id().hex
    processes = [gates(quota, TWITTER_CLIENT_ID=client) for _ in range(6)]
    first = await cast.works(await cast.account())
    assert await processes[0].admit(first) == {}
    await cast.rest(first[0])
    batches = [await cast.works(await cast.account(), 3) for _ in range(20)]

    found = await asyncio.gather(*(admitted(processes[index % 6], batch) for index, batch in enumerate(batches)))

    assert sum(len(going) for going, _ in found) == 24


async def test_who_lost_its_claim_before_its_call_is_not_charged_for_good(gates, cast):
    """Their leases ran out between the gate and the call: nobody waits for calls that were never made."""
    account, quota = await cast.account(), "publish:account=3/15m"
    works = await cast.works(account, 3)
    assert await gates(quota).admit(works) == {}
    for each in works:
        await cast.rest(each)

    assert await gates(quota).admit(works) == {}


async def test_calls_that_were_made_stay_charged_when_they_are_counted_anew(gates, cast):
    account, one = await cast.account(), gates("publish:account=3/15m")
    lost, called, later = await cast.works(account, 3)
    assert await one.admit([lost, called]) == {}
    began = time.monotonic()
    await cast.attempt(called, ago=60)
    await cast.rest(called)
    await cast.rest(lost)

    going, waits = await admitted(one, [lost, later, *await cast.works(account, 2)])

    took = time.monotonic() - began
    assert going == [lost, later]
    assert 839 - took < min(each.seconds for each in waits.values()) < 841  # the one call that was made leaves the window


async def test_what_is_charged_while_calls_are_counted_stays_charged(gates, redis, cast, monkeypatch):
    account, one = await cast.account(), gates("publish:account=2/15m")
    works = await cast.works(account, 2)
    assert await one.admit(works) == {}
    for each in works:
        await cast.rest(each)

    async def counted(*given):
        found = await fetch_calls(*given)
        for key in await redis.keys(f"*calls*{account}"):
            for _ in works:
                await redis.lpush(key, str(int((await redis.time())[0]) * 1000 + 1000))
        return found

    monkeypatch.setattr("ocma.features.publishing.gates.fetch_calls", counted)

    assert set(await one.admit(works)) == {each.claim.id for each in works}


async def test_a_short_wait_is_not_worth_a_query(gates, cast, monkeypatch):
    one, asked = gates("publish:account=1/10s"), []
    first, second, third = await cast.works(await cast.account(), 3)
    assert set(await one.admit([first, second])) == {second.claim.id}
    monkeypatch.setattr("ocma.features.publishing.gates.fetch_calls", lambda *given: asked.append(given))

    assert set(await one.admit([third])) == {third.claim.id}
    assert asked == []


async def test_off_is_off(gates, cast):
    assert await gates("off").admit(await cast.works(await cast.account(), 50)) == {}


async def test_calls_made_before_redis_was_flushed_count(gates, redis, cast):
    account, one = await cast.account(), gates("publish:account=4/1m")
    works = await cast.works(account, 6)
    going, _ = await admitted(one, works[:3])
    for index, each in enumerate(going):
        await cast.attempt(each, ago=10 * (3 - index))
        await cast.rest(each)
    await redis.flushall()

    going, waits = await admitted(one, works[3:])

    assert going == works[3:4]
    first = waits[works[4].claim.id]
    assert 20 < first.seconds < 30.1  # the oldest call was made 30 seconds ago


async def test_the_apps_calls_count_too_after_a_flush_with_what_is_in_others_hands(gates, redis, cast):
    client, quota = new_id().hex, "publish:app=6/1m"
    one, two = (gates(quota, TWITTER_CLIENT_ID=client) for _ in range(2))
    made, held, asking = [await cast.works(await cast.account(), 2) for _ in range(3)]
    assert await one.admit([*made, *held]) == {}
    for each in made:
        await cast.attempt(each)
        await cast.rest(each)
    await redis.flushall()  # `held` is admitted and has not written its attempts

    going, waits = await admitted(two, [*asking, *await cast.works(await cast.account(), 4)])

    assert len(going) == 2
    assert min(each.seconds for each in waits.values()) <= 10.1  # by then it is known whether they called


async def test_messages_that_meet_while_the_apps_calls_are_counted_are_charged_once(gates, redis, cast):
    """Each asks again when it is its turn to count, and by then somebody else may have done it."""
    one = gates("publish:app=50/1m", TWITTER_CLIENT_ID=new_id().hex)
    messages = [await cast.works(await cast.account("x"), 3, "x") for _ in range(4)]
    await redis.flushall()
    began, _ = await redis.time()

    assert await asyncio.gather(*map(one.admit, messages)) == [{}] * 4

    (key,) = await redis.keys("*calls:publish*")
    charged = [each for each in await redis.lrange(key, 0, -2) if int(each) >= began * 1000]
    assert len(charged) == 12


async def test_an_old_copy_of_redis_is_not_believed(gates, redis, server, cast):
    """Restored from before the last calls: its script cache is empty, so its books begin anew."""
    account, one = await cast.account(), gates("publish:account=3/1m")
    first, second, third, fourth = await cast.works(account, 4)
    assert await one.admit([first]) == {}
    await cast.attempt(first)
    key = next(each for each in await redis.keys("*") if b"calls" in each)
    old = await redis.dump(key)
    assert await one.admit([second, third]) == {}
    await cast.attempt(second)
    await cast.attempt(third)
    await redis.delete(key)
    await redis.restore(key, 60_000, old)

    server.stop()
    server.again()

    assert set(await one.admit([fourth])) == {fourth.claim.id}


async def test_an_idle_account_costs_one_round_trip_and_no_query(gates, redis, cast, monkeypatch):
    """Books that are older than the window know what they do not hold: nothing was called."""
    one = gates("publish:account=3/1s")
    await one.admit(await cast.works(await cast.account()))
    await asyncio.sleep(1.1)
    asked = []
    monkeypatch.setattr("ocma.features.publishing.gates.fetch_calls", lambda *given: asked.append(given))
    works = await cast.works(await cast.account())
    before = await redis.info("commandstats")

    assert await one.admit(works) == {}

    after = await redis.info("commandstats")
    calls = {name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"] for name in after if "eval" in name}
    assert (asked, calls) == ([], {"cmdstat_evalsha": 1, **{name: 0 for name in calls if name != "cmdstat_evalsha"}})


async def test_without_redis_postgresql_counts(gates, server, cast):
    account, quota = await cast.account(), "publish:account=4/1m,publish:app=5/1m"
    client = new_id().hex
    one, two = (gates(quota, TWITTER_CLIENT_ID=client) for _ in range(2))
    works = await cast.works(account, 6)
    server.stop()
    try:
        going, waits = await admitted(one, works)
        assert going == works[:4]
        assert {each.reason for each in waits.values()} == {"quota"}
        for each in going:
            await cast.attempt(each, ago=20)
        for each in works:
            await cast.rest(each)
        others = await cast.works(await cast.account(), 3)
        going, waits = await admitted(two, others)
        assert going == others[:1]
        assert 30 < waits[others[1].claim.id].seconds <= 40.1
    finally:
        server.again()


async def test_without_redis_nobody_counts_on_what_others_are_about_to_do(gates, server, cast):
    """Both have taken theirs and ask at once; each counts the other's, so that they never exceed it together."""
    client = new_id().hex
    processes = [gates("publish:app=5/1m", TWITTER_CLIENT_ID=client) for _ in range(2)]
    batches = [await cast.works(await cast.account(), 4) for _ in range(2)]
    server.stop()
    try:
        found = await asyncio.gather(*(admitted(one, batch) for one, batch in zip(processes, batches, strict=True)))
    finally:
        server.again()
    assert sum(len(going) for going, _ in found) <= 5
    assert all(each.seconds < 61 for _, waits in found for each in waits.values())


async def test_redis_comes_back(gates, server, cast):
    account, one = await cast.account(), gates("publish:account=2/1m", patience=0.5)
    first, second, third = await cast.works(account, 3)
    server.stop()
    try:
        assert await one.admit([first]) == {}
        await cast.attempt(first)
    finally:
        server.again()
    await asyncio.sleep(0.6)

    assert set(await one.admit([second, third])) == {third.claim.id}


STEPS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.integers(1, 6), steps=STEPS)
async def test_redis_and_the_plain_rule_agree(gates, cast, redis, calls, steps):
    """The script against `wait`, for any series of publications with so many parts; the same verdict, the same wait."""
    account, one = await cast.account(), gates(f"publish:account={calls}/10m")
    window = Window(Quota(calls, one._quotas["mastodon"][0].per), Place("mastodon", "h"), account)
    known, owed = [], 0
    works = [(await cast.works(account, parts=parts))[0] for parts, _ in steps]

    began = time.monotonic()
    waits = await one.admit(works)
    took = time.monotonic() - began

    for work, (parts, _) in zip(works, steps, strict=True):
        cost = min(parts, calls)
        expected = 600 if owed and not wait(window, known, cost, owed) else wait(window, known, cost, owed)
        if expected:
            owed += cost
            assert waits[work.claim.id].seconds == pytest.approx(expected, abs=2 + took)
        else:
            assert work.claim.id not in waits
            known = [0.0] * cost + known


@given(
    calls=st.integers(1, 5),
    costs=st.lists(st.integers(1, 5), max_size=40),
    steps=st.lists(st.floats(0.01, 30), min_size=40, max_size=40),
)
def test_no_window_ever_holds_more_than_its_calls(calls, costs, steps):
    """Whoever waits as long as told gets through then, and not a moment before."""
    from datetime import timedelta

    window = Window(Quota(calls, timedelta(seconds=60)), Place("mastodon", "h"), new_id())
    now, made = 0.0, []
    for wanted, step in zip(costs, steps, strict=False):
        now += step
        cost = min(wanted, calls)
        known = [now - at for at in reversed(made)]
        left = wait(window, known, cost)
        if left:
            assert wait(window, [now + left * 0.999 - at for at in reversed(made)], cost) > 0
            now += left + 0.001
            assert wait(window, [now - at for at in reversed(made)], cost) == 0
        made += [now] * cost
        assert sum(now - at < 60 for at in made) <= calls
