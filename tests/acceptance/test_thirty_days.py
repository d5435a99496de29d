"""Thirty days of figures on every platform equal the platforms' own books: through restarts, killed collectors, faults, and days on
which nobody looked. One month is played, seeded, with real processes of both sides; every test looks at another side of it.
"""

import asyncio
from collections import Counter, defaultdict
from random import Random

import httpx2
import pytest
from sqlalchemy import select, text

import stage
import standing
from acceptance.month import DAY, FAULTS, KILLS, LENGTH, POSTS, UNDELETABLE, Month, World
from acceptance.truth import PEOPLE, TELLS, Truth, close, written, wrong_days, wrong_totals
from answers import good
from factories import Factory
from ocma.entrypoints.api.app import create_app
from ocma.entrypoints.worker.dispatcher import dispatch_all
from ocma.features.accounts.models import Account, AccountToken
from ocma.features.analytics.models import AccountPost, Measurement
from ocma.infra import embedded, migrations
from ocma.platforms.registry import get_connector

SEED = 30
PLATFORMS = tuple(POSTS)
TOLD_OF = {"x", "mastodon", "bluesky", "facebook", "threads", "youtube"}  # who say that a deleted post is gone
PEOPLED = {"instagram", "threads"}  # who tells who the followers are
ANALYTICS = "r_member_postAnalytics r_member_profileAnalytics"
PATIENT = {
    "OCMA_LINKEDIN_SCOPES": f"{stage.LINKEDIN_SCOPES} {ANALYTICS}",
    "OCMA_LEASE_SECONDS": "20",
    "OCMA_PUBLISH_TIMEOUT_SECONDS": "30",
}
pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """With servers of its own: by this clock it would be the turn of everybody else's accounts, too."""
    with embedded.temporary() as services, stage.sandbox() as found:
        migrations.run(services.postgres.owner_url)
        folder = tmp_path_factory.mktemp("media")
        yield found, stage.environment(services.postgres.app_url, services.valkey.url, found, folder) | PATIENT


@pytest.fixture(scope="module")
async def month(environment):
    sandbox, variables = environment
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        clock = standing.Clock()
        with standing.everywhere(clock):
            async with httpx2.AsyncClient(timeout=30) as client:
                played = Month(sandbox, World(sandbox.url, client), PLATFORMS, clock, Random(SEED))
                await played.open()
                try:
                    with stage.served(variables) as url, stage.worker(variables | {"OCMA_MEDIA_BASE_URL": url}):
                        await dispatched(played, played.publish())
                    await played.live()
                    yield played
                finally:
                    await played.close()


async def dispatched(month, publishing):
    """With a dispatcher beside it."""
    stop = asyncio.Event()
    running = asyncio.create_task(dispatch_all(month.found, stop))
    try:
        await publishing
    finally:
        stop.set()
        await running


@pytest.fixture(scope="module")
async def found(month):
    """What OCMA has written down: series by their number, all samples."""
    return await written(month)


@pytest.fixture(scope="module")
async def truth(month):
    known = Truth(month)
    await known.open()
    return known


def test_the_month_was_a_hard_one(month):
    """Or it would prove less."""
    befell = month.happened
    assert befell["restart"] >= 5
    assert [each for each in KILLS if befell[f"killed {each}"] != 1] == []
    assert [each for each in FAULTS if not befell[each]] == []
    assert befell["failed look"] > 5
    assert month.clock.at - month.begun >= LENGTH
    assert [each for each in month.gaps if each[1] - each[0] > DAY] == month.gaps
    assert len(month.gaps) == 3
    assert befell["connected again: bluesky"] == 2, "a public client's session ends after two weeks"
    assert set(month.native) >= {"x", "mastodon", "bluesky", "facebook"}
    assert set(month.deleted) == set(PLATFORMS) - UNDELETABLE


async def test_every_total_was_true_when_it_was_read(found, truth):
    """Each sample, of posts and accounts, and so the newest, too."""
    series, samples = found
    assert await wrong_totals(truth, series, samples) == []
    points = [each for each in samples if each.start_at is None]
    assert len(points) > 800 * len(PLATFORMS)
    assert sum(each.value > 0 for each in points) > len(points) / 2
    newest = {each.series_id: each for each in points}
    assert [each for each in newest.values() if each.value != series[each.series_id].latest] == []


async def test_groups_of_followers_add_up_to_them(found):
    series, samples = found
    whole, parts = {}, Counter()
    for each in samples:
        of = series[each.series_id]
        if of.name == PEOPLE:
            parts[of.account_id, each.fetched_at, of.grp.partition("=")[0]] += each.value
        elif of.name == "followers_count" and not of.post:
            whole[of.account_id, each.fetched_at] = each.value
    assert {each.platform for each in series.values() if each.name == PEOPLE} == PEOPLED
    assert [key for key, count in parts.items() if count != whole[key[:2]]] == []


async def test_whole_days_are_there_once_and_true(found, truth):
    """Those of the gaps, too, which were asked for afterwards; none is missing and none is of more or less than a day."""
    series, samples = found
    assert await wrong_days(truth, series, samples) == []
    spans = Counter(each.series_id for each in samples if each.start_at)
    assert min(spans.values()) >= LENGTH.days - 4
    assert {series[number].platform for number in spans} == {key for key in PLATFORMS if key in TELLS}
    assert [each for each in spans if series[each].post] == []


async def test_the_judge_sees_what_is_wrong(found, truth):
    """One figure that is one too many, one day that is lost, one that is there twice."""
    series, samples = found
    random = Random(SEED)
    points = [each for each in samples if each.start_at is None and series[each.series_id].name != PEOPLE]
    days = [each for each in samples if each.start_at]
    for each in random.sample(points, 5):
        ((found_wrong, _, true),) = await wrong_totals(truth, series, [each._replace(value=each.value + 1)])
        assert (found_wrong.series_id, true) == (each.series_id, each.value)
    for each in random.sample(days, 5):
        others = [other for other in samples if other is not each]
        changed = each._replace(value=each.value + 1)
        for instead, values in (([], []), ([each, each], [each.value] * 2), ([changed], [changed.value])):
            complaints = await wrong_days(truth, series, others + instead)
            assert [(of.id, start, told) for of, start, told, _ in complaints] == [(each.series_id, each.start_at, values)]


async def test_nothing_that_a_platform_gives_was_left_out(month, found, truth):
    """Of every platform all that its manifest says it measures, for each post and the account."""
    series, _ = found
    for key in PLATFORMS:
        measuring = get_connector(key).manifest.measuring
        ours = [each for each in series.values() if each.platform == key]
        assert {each.name for each in ours if not each.post} == {each.name for each in measuring.of("account")}, key
        posts = defaultdict(set)
        for each in ours:
            posts[each.post].add(each.name)
        assert len(posts) - 1 >= len(POSTS[key]) + (key in month.native), key
        for post in set(posts) - {None, month.deleted.get(key), month.native.get(key)}:
            assert posts[post] == truth.measured(key, post), (key, post)


async def test_every_look_wrote_what_it_said(month, found):
    """No sample was lost on the way down, and none came twice."""
    series, samples = found
    kept = Counter((series[each.series_id].account_id, each.fetched_at) for each in samples)
    assert {look: count for look, count in month.looks.items() if count} == {
        look: count for look, count in kept.items() if look in month.looks
    }
    assert len(set(kept) - set(month.looks)) <= 3 * len(KILLS), "written by collectors that were killed after it"
    assert max(Counter((each.series_id, each.fetched_at, each.start_at) for each in samples).values()) == 1


async def test_rollups_add_up(month, found):
    """By hour, day and week: growth and gaps of a total are the last less the first, growth of days is the days' sum."""
    series, samples = found
    async with month.found.database.transaction(month.workspace) as session:
        rows = (await session.execute(text("SELECT series_id, grain, growth, gap, last, bucket_at FROM metric_rollups"))).all()
    rolled = defaultdict(list)
    for row in rows:
        rolled[row.series_id, row.grain].append(row)
    by_series = defaultdict(list)
    for each in samples:
        by_series[each.series_id].append(each)
    for number, each in series.items():
        values = [sample.value for sample in by_series[number]]
        for grain in ("hour", "day", "week"):
            grown = sum((row.growth or 0) + (row.gap or 0) for row in rolled[number, grain])
            if each.kind == "total":
                assert close(grown, values[-1] - values[0]), (each, grain)
            if each.kind == "delta" and grain != "hour":
                assert close(grown, sum(values)), (each, grain)
            if each.kind == "rate":
                assert grown == 0, (each, grain)


async def test_all_accounts_are_well_in_the_end(month):
    """Their tokens, most of which live for hours, were renewed all the while; nothing is owed."""
    async with month.found.database.transaction(month.workspace) as session:
        rows = (await session.execute(select(Account, Measurement, AccountToken).where(_OF_ONE))).all()
        posts = (await session.scalars(select(AccountPost))).all()
    assert {account.platform for account, _, _ in rows} == set(PLATFORMS)
    assert [
        (each.platform, each.status, look.error) for each, look, _ in rows if (each.status, look.error) != ("active", None)
    ] == []
    assert {account.platform for account, _, token in rows if token.version > 20} >= {"x", "bluesky", "tiktok", "youtube"}
    assert [each for _, each, _ in rows if each.next_at <= month.clock.at] == []
    assert [each.platform_post_id for each in posts if each.next_measure_at and each.next_measure_at <= month.clock.at] == []
    known = {each.platform_post_id: each for each in posts}
    assert [each for each in month.native.values() if known[each].publication_id] == []
    assert {key for key, post in month.deleted.items() if known[post].gone_at} == TOLD_OF


_OF_ONE = (Measurement.account_id == Account.id) & (AccountToken.account_id == Account.id)


async def test_the_report_tells_the_sums_of_the_books(month, found, truth):
    """By the door: each platform's, and null where it gives nothing."""
    series, _ = found
    app = create_app(month.found)
    key = await Factory(month.found).key(month.workspace)
    span = {"from": (month.begun - DAY).isoformat(), "to": month.clock.at.isoformat()}
    door = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api.test")
    async with app.router.lifespan_context(app), door as client:
        told = good(await client.get("/api/social/metrics", headers=key, params=span))["metrics"]
    posts = await by_posts(series, truth)
    totals = {each["platform"]: {name: each[name] for name in TOTALS} for each in told["platformBreakdown"]}
    for platform in PLATFORMS:
        ours = [figures for (key, _), figures in posts.items() if key == platform]
        assert totals[platform] == sums(ours), platform
    assert {name: told[name] for name in TOTALS} == sums(list(posts.values()))
    unseen = {each for each in PLATFORMS if totals[each]["totalImpressions"] is None}
    assert unseen == {"mastodon", "bluesky"}
    assert totals["threads"]["totalReach"] is totals["tiktok"]["totalReach"] is None
    assert told["totalPosts"] == len({(each.platform, each.post) for each in series.values() if each.post})


TOTALS = ("totalImpressions", "totalEngagement", "totalReach")
DONE = ("likes", "comments", "shares", "quotes", "sends", "saves")


async def by_posts(series, truth):
    """What is true of each post at the time of its newest figures, by OCMA's names; of several names the manifest's first."""
    known = defaultdict(dict)
    for each in series.values():
        if each.post and not each.grp:
            known[each.platform, each.post][each.name] = each
    found = {}
    for (platform, post), own in known.items():
        figures = {}
        for measure in get_connector(platform).manifest.measuring.of("post"):
            if measure.name in own and measure.metric.key not in figures:
                figures[measure.metric.key] = await truth.of_total(own[measure.name], own[measure.name].latest_at)
        found[platform, post] = figures
    return found


def sums(posts):
    impressions = [each.get("impressions", each.get("views")) for each in posts]
    done = [sum(each[name] for name in DONE if name in each) if set(DONE) & set(each) else None for each in posts]
    return dict(zip(TOTALS, map(known_sum, (impressions, done, [each.get("reach") for each in posts])), strict=True))


def known_sum(values):
    known = [each for each in values if each is not None]
    return sum(known) if known else None
