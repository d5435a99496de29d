"""The breaker: opens for a platform in trouble and never for one account, lets one probe through, disconnects nobody."""

import asyncio
import time
from dataclasses import replace

import pytest

from integration.publishing.gates.cast import doubted
from integration.publishing.gates.conftest import QUICK, SHUT
from ocma.clock import utcnow
from ocma.errors import NotFound, Unavailable
from ocma.features.accounts.tokens import TokenDoubted
from ocma.features.publishing.breaker import counts_key, outcome_of
from ocma.features.publishing.gates import SNOOZE
from ocma.features.publishing.health import fetch_health
from ocma.platforms.errors import (
    ContentRejected,
    OutcomeUnknown,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)

DOWN = PlatformUnavailable(status=503)
LOST = OutcomeUnknown(status=500)
REFUSED = TokenDoubted(status=401)


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ok"),
        (ContentRejected(status=422), "ok"),
        (ContentRejected(), None),
        (Throttled(status=429), "ok"),
        (PlatformUnavailable(), "down"),
        (DOWN, "down"),
        (PlatformUnavailable(status=422, rule="mediaProcessing"), None),
        (PlatformUnavailable(rule="provenAbsent"), None),
        (LOST, "down"),
        (caused(OutcomeUnknown(), TimeoutError()), "down"),
        (OutcomeUnknown("An earlier send of this part is not settled."), None),
        (caused(OutcomeUnknown(), ContentRejected(status=403)), None),
        (OutcomeUnknown(status=201), None),
        (REFUSED, "refused"),
        (PlatformUnavailable(status=401, rule="freshTokenRefused"), "refused"),
        (ReauthorizationRequired(status=401), "refused"),
        (ReauthorizationRequired(rule="invalid_grant"), "refused"),
        (ReauthorizationRequired("The account is not usable (restricted)."), None),
        (Unavailable(), None),
        (NotFound(), None),
    ],
)
def test_what_an_error_says_of_the_platform(error, outcome):
    assert outcome_of(error) == outcome


async def one_each(cast, count):
    return [(await cast.works(await cast.account()))[0] for _ in range(count)]


async def state(redis, gates, cast):
    place = gates.place("mastodon", cast.host)
    return (await fetch_health(redis, [place], utcnow))[place]


async def open_up(gates, works):
    for each in works:
        await gates.told(each, DOWN)


async def test_an_outage_opens_it_for_all_processes(gates, redis, cast):
    one, two = gates(policy=SHUT), gates(policy=SHUT)
    works = await one_each(cast, 7)
    for index, each in enumerate(works[:6]):
        await (one if index % 2 else two).told(each, LOST if index % 3 else DOWN)

    waits = await two.admit(works)

    assert set(waits) == {each.claim.id for each in works}
    assert {each.reason for each in waits.values()} == {"breaker"}
    assert (await state(redis, one, cast)).state == "open"


async def test_one_account_cannot_open_it(gates, redis, cast):
    one = gates()
    works = await cast.works(await cast.account(), 2)
    for _ in range(30):
        await one.told(works[0], DOWN)

    assert await one.admit(works) == {}
    assert (await state(redis, one, cast)).failures == 30


async def test_some_failures_among_many_successes_do_not_open_it(gates, redis, cast):
    one, two = gates(), gates()
    works = await one_each(cast, 8)
    for each in works * 5:
        await two.told(each, None)
    await two.admit(works)  # carries the news
    await open_up(one, works)

    assert await one.admit(works) == {}


async def test_a_single_failure_opens_nothing(gates, cast):
    one = gates()
    works = await one_each(cast, 5)
    await open_up(one, works)  # five calls are no volume

    assert await one.admit(works) == {}


async def test_one_host_does_not_stop_another(gates, cast, make):
    one = gates(policy=SHUT)
    works = await one_each(cast, 6)
    await open_up(one, works)
    elsewhere = replace(cast, host="other.example")

    assert await one.admit(await one_each(elsewhere, 2)) == {}
    assert len(await one.admit(works)) == 6


async def test_one_probe_then_closed(gates, redis, cast):
    one, two = gates(), gates()
    works = await one_each(cast, 6)
    await open_up(one, works)
    await asyncio.sleep(0.6)
    assert (await state(redis, one, cast)).state == "halfOpen"

    answers = await asyncio.gather(one.admit(works[:3]), two.admit(works[3:]))

    going = [each for each in works if all(each.claim.id not in waits for waits in answers)]
    assert len(going) == 1
    await (one if going[0] in works[:3] else two).told(going[0], None)
    assert await two.admit(works) == {}
    assert (await state(redis, one, cast)).state == "closed"


async def test_a_failed_probe_opens_it_for_longer_up_to_a_limit(gates, redis, cast):
    one = gates()
    works = await one_each(cast, 6)
    await open_up(one, works)
    lengths = []
    for _ in range(4):
        lengths.append(int(await redis.hget(one.place("mastodon", cast.host).key("breaker"), "length")) / 1000)
        assert ((await state(redis, one, cast)).until - utcnow()).total_seconds() <= lengths[-1]
        await asyncio.sleep(lengths[-1] + 0.05)
        assert len(await one.admit(works)) == 5
        await one.told(works[0], DOWN)

    assert lengths[0] < 0.51
    assert lengths[2] > lengths[0] * 1.8
    assert max(lengths) <= 2.0


async def test_a_probe_that_dies_is_replaced(gates, redis, cast):
    one = gates(policy=replace(QUICK, probe=60.0))
    works = await one_each(cast, 6)
    await open_up(one, works)
    await asyncio.sleep(0.6)
    assert len(await one.admit(works)) == 5
    assert len(await one.admit(works[1:])) == 5

    assert 50 < await redis.ttl(one.place("mastodon", cast.host).key("probe")) <= 60
    await redis.delete(one.place("mastodon", cast.host).key("probe"))  # as when its time is over

    assert len(await one.admit(works[1:])) == 4


async def test_a_probe_that_says_nothing_makes_room(gates, cast):
    one = gates()
    works = await one_each(cast, 6)
    await open_up(one, works)
    await asyncio.sleep(0.6)
    assert works[0].claim.id not in await one.admit(works)

    await one.told(works[0], NotFound())

    assert works[1].claim.id not in await one.admit(works[1:])


async def test_a_probe_whose_worker_died_is_the_probe_of_whoever_has_it_next(gates, redis, cast):
    one, two = gates(), gates()
    works = await one_each(cast, 6)
    await open_up(one, works)
    await asyncio.sleep(0.6)
    assert await one.admit(works[:1]) == {}

    assert set(await two.admit(works)) == {each.claim.id for each in works[1:]}
    await two.told(works[0], None)

    assert (await state(redis, two, cast)).state == "closed"


async def test_a_message_that_is_over_holds_no_probe(gates, redis, cast):
    one, two = gates(), gates()
    works = await one_each(cast, 6)
    await open_up(one, works)
    await asyncio.sleep(0.6)
    assert works[0].claim.id not in await one.admit(works)

    await one.done(works)

    assert works[1].claim.id not in await two.admit(works[1:])
    assert (await state(redis, one, cast)).state == "halfOpen"


async def test_a_probe_let_go_without_redis_holds_nothing_when_it_is_away_again(gates, server, cast):
    one = gates(patience=0.5)
    works = await one_each(cast, 6)
    server.stop()
    try:
        await open_up(one, works)
        await asyncio.sleep(0.7)
        assert works[0].claim.id not in await one.admit(works)
    finally:
        server.again()
    await asyncio.sleep(0.6)
    await one.told(works[0], NotFound())
    server.stop()
    try:
        assert works[1].claim.id not in await one.admit(works[1:])
    finally:
        server.again()


async def test_a_refusal_that_could_not_be_written_down_hides_no_later_one(gates, redis, cast):
    """The database went away between the judgement and its record; nobody was told."""
    one = gates()
    (work,) = await one_each(cast, 1)
    doubted(work, ago=61)
    assert await one.confirms(work)
    await one.done([work])
    before = int(await redis.hget(counts_key("mastodon"), "refused"))

    await one.told(work, REFUSED)

    assert int(await redis.hget(counts_key("mastodon"), "refused")) == before + 1


async def test_who_waits_for_the_breaker_has_not_been_charged(gates, redis, cast):
    one = gates("publish:account=1/1m", policy=SHUT)
    works = await one_each(cast, 6)
    await open_up(one, works)
    assert len(await one.admit(works)) == 6
    await redis.hset(one.place("mastodon", cast.host).key("breaker"), "until", 1)  # it has been open for long enough
    assert works[0].claim.id not in await one.admit(works)
    await cast.attempt(works[0])
    await one.told(works[0], None)

    assert set(await one.admit(works)) == {works[0].claim.id}


async def test_what_was_admitted_before_is_halted_without_a_question(gates, redis, cast):
    one = gates(policy=SHUT)
    works = await one_each(cast, 8)
    assert await one.admit(works) == {}
    assert one.halted(works[7]) is None
    await open_up(one, works[:6])
    before = (await redis.info("stats"))["total_commands_processed"]

    waits = one.halted(works[7])

    assert waits.reason == "breaker"
    assert waits.seconds > 0.3
    assert (await redis.info("stats"))["total_commands_processed"] == before + 1  # this INFO


async def test_all_is_well_costs_no_round_trip(gates, redis, cast):
    one = gates()
    works = await one_each(cast, 3)
    await one.admit(works)
    before = (await redis.info("stats"))["total_commands_processed"]
    for each in works * 100:
        await one.told(each, None)
    assert (await redis.info("stats"))["total_commands_processed"] == before + 1


async def test_a_burst_of_refused_tokens_opens_it_and_confirms_nobody(gates, redis, cast):
    one, two = gates(policy=SHUT), gates(policy=SHUT)
    works = await one_each(cast, 6)
    for index, each in enumerate(works):
        doubted(each, ago=120)
        await (one if index % 2 else two).told(each, REFUSED)

    assert (await state(redis, one, cast)).reason == "refused"
    assert len(await one.admit(works)) == 6
    assert not await one.confirms(works[0])


async def test_refused_at_the_second_round_by_all_confirms_at_most_the_first(gates, redis, cast):
    """Redis was flushed between the two rounds of a burst: the breaker is closed and everybody comes at once."""
    processes = [gates(), gates()]
    works = await one_each(cast, 12)
    for each in works:
        doubted(each, ago=61)

    found = await asyncio.gather(*(processes[index % 2].confirms(each) for index, each in enumerate(works)))

    assert sum(found) <= 1


async def test_one_revoked_account_is_confirmed_at_its_second_refusal(gates, cast):
    one = gates()
    (work,) = await one_each(cast, 1)
    assert not await one.confirms(work)
    doubted(work, ago=10)
    assert not await one.confirms(work)
    doubted(work, ago=60)
    assert await one.confirms(work)


async def test_a_confirmed_refusal_counts_once(gates, redis, cast):
    one = gates()
    (work,) = await one_each(cast, 1)
    doubted(work, ago=61)
    before = int(await redis.hget(counts_key("mastodon"), "refused") or 0)
    assert await one.confirms(work)
    await one.told(work, REFUSED)
    assert int(await redis.hget(counts_key("mastodon"), "refused")) == before + 1
    await one.told(work, REFUSED)  # another time
    assert int(await redis.hget(counts_key("mastodon"), "refused")) == before + 2


async def test_some_revoked_accounts_among_many_good_ones_are_confirmed(gates, cast):
    one = gates()
    works = await one_each(cast, 3)
    for each in works * 20:
        await one.told(each, None)
    for each in works:
        doubted(each, ago=60)

    assert [await one.confirms(each) for each in works] == [True, True, True]


async def test_without_redis_each_process_has_its_own(gates, server, cast):
    one, two = gates(), gates()
    works = await one_each(cast, 6)
    server.stop()
    try:
        await open_up(one, works)
        assert len(await one.admit(works)) == 6
        assert await two.admit(works) == {}
        await asyncio.sleep(0.7)
        assert len(await one.admit(works)) == 5
        await one.told(works[0], None)
        assert await one.admit(works) == {}
    finally:
        server.again()


async def test_redis_goes_away_while_it_is_open(gates, server, cast):
    one, two = gates(policy=SHUT), gates(policy=SHUT)
    works = await one_each(cast, 6)
    await open_up(one, works)
    assert len(await two.admit(works)) == 6
    server.stop()
    try:
        assert len(await two.admit(works)) == 6
    finally:
        server.again()


async def test_throttled_closes_the_account_for_everybody(gates, redis, cast):
    one, two = gates(), gates()
    (work, later), (other,) = await cast.works(await cast.account(), 2), await one_each(cast, 1)
    await one.told(work, Throttled(status=429, retry_after=30))

    waits = await two.admit([later, other])

    assert set(waits) == {later.claim.id}
    assert waits[later.claim.id].reason == "throttled"
    assert 20 < waits[later.claim.id].seconds <= 30


async def test_what_was_admitted_with_a_throttled_one_is_not_tried_in_vain(gates, redis, cast):
    """The rest of the account's message, or of the app's; nobody else's."""
    one = gates()
    (work, later), (other,) = await cast.works(await cast.account(), 2), await one_each(cast, 1)
    assert await one.admit([work, later, other]) == {}
    await one.told(work, Throttled(status=429, retry_after=30))
    before = (await redis.info("stats"))["total_commands_processed"]

    assert (one.halted(later).reason, one.halted(other)) == ("throttled", None)
    assert one.halted(later).seconds > 20
    assert (await redis.info("stats"))["total_commands_processed"] == before + 1  # this INFO


async def test_a_throttle_of_unknown_length_closes_the_account_for_as_long_as_its_post_waits(gates, cast):
    one, two = gates(), gates()
    (work, later), (other,) = await cast.works(await cast.account(), 2), await one_each(cast, 1)
    await one.told(work, Throttled(status=429))

    waits = await two.admit([later, other])

    assert (one.halted(later).reason, one.halted(other)) == ("throttled", None)
    assert set(waits) == {later.claim.id}
    assert SNOOZE - 10 < waits[later.claim.id].seconds <= SNOOZE


async def test_a_throttle_that_is_over_halts_nobody(gates, cast, monkeypatch):
    one = gates()
    work, later = await cast.works(await cast.account(), 2)
    await one.told(work, Throttled(status=429, retry_after=30))
    assert one.halted(later) is not None
    monkeypatch.setattr("ocma.features.publishing.gates.monotonic", lambda: time.monotonic() + 30)
    assert one.halted(later) is None


async def test_an_app_wide_throttle_closes_the_app(gates, cast):
    one = gates()
    (work,), (other,) = [await cast.works(await cast.account("x"), platform="x") for _ in range(2)]
    await one.told(work, Throttled(status=402, rule="creditsDepleted", retry_after=30))

    assert set(await one.admit([other])) == {other.claim.id}


@pytest.mark.parametrize(
    ("platform", "headers", "whose"),
    [
        ("mastodon", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2030-01-01T00:00:30.5Z"}, "account"),
        ("mastodon", {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "2030-01-01T00:00:30Z"}, None),
        ("x", {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1893456030"}, "account"),
        ("x", {"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": "1893456030"}, "app"),
        ("x", {"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": "soon"}, None),
    ],
)
async def test_the_last_call_of_a_window_closes_it_until_its_reset(gates, cast, platform, headers, whose):
    one = gates()
    first, second = await cast.account(platform), await cast.account(platform)
    work, later = await cast.works(first, 2, platform)
    (other,) = await cast.works(second, 1, platform)
    one.observer(work.account)({"date": "Tue, 01 Jan 2030 00:00:00 GMT", **headers})

    began = time.monotonic()
    await one.told(work, None)

    waits = await one.admit([later, other])
    took = time.monotonic() - began
    assert set(waits) == {"account": {later.claim.id}, "app": {later.claim.id, other.claim.id}, None: set()}[whose]
    assert all(28 - took < each.seconds < 31 for each in waits.values())
