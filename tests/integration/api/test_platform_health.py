"""/api/health/platforms: which platforms can be published to now."""

import pytest

from answers import good, problem
from integration.api.test_metrics import door
from ocma.features.publishing.admission import app_door
from ocma.features.publishing.breaker import Breaker, Place, Policy, place_of
from ocma.infra.redis import connect
from ocma.platforms.registry import connectors, get_connector
from rows import add_rows

URL = "/api/health/platforms"
APP = {"TWITTER_CLIENT_ID": "our-app", "TWITTER_CLIENT_SECRET": "s"}


@pytest.fixture
async def with_app(resources):
    """A server that has an app on X, and its place there."""
    environment = {**resources.environment, **APP}
    place = place_of(get_connector("x").manifest, environment, "")
    async with door(resources, environment=environment) as client:
        yield client, place
    await resources.redis.delete(*place.keys()[:5], app_door(place))


async def health(client, headers, platform):
    found = good(await client.get(URL, headers=headers))["data"]
    assert [each["platform"] for each in found] == list(connectors())
    return next(each for each in found if each["platform"] == platform)


async def test_a_platform_without_an_app_is_not_configured(api, key):
    assert (await health(api, key, "x"))["status"] == "notConfigured"
    assert (await health(api, key, "mastodon"))["status"] == "working"  # each of its servers gives us an app


async def test_as_the_breaker_says(with_app, key, resources):
    client, place = with_app
    assert (await health(client, key, "x"))["status"] == "working"
    await Breaker(resources.redis, Policy()).trip(place, "down", 0.5)
    down = await health(client, key, "x")
    assert (down["status"], down["breaker"]["state"], down["breaker"]["reason"]) == ("down", "open", "down")
    await resources.redis.hset(place.key("breaker"), "until", "1")  # long ago
    assert (await health(client, key, "x"))["status"] == "recovering"


async def test_a_throttled_app_says_until_when(with_app, key, resources):
    client, place = with_app
    await resources.redis.set(app_door(place), "1", px=60_000)
    found = await health(client, key, "x")
    assert found["status"] == "throttled"
    assert found["throttledUntil"] is not None
    assert (await health(client, key, "youtube"))["throttledUntil"] is None


async def test_a_host_in_trouble_shows_only_to_those_with_an_account_there(api, make, resources):
    ids = await add_rows(resources.database)
    host = "ill.example"
    async with resources.database.transaction(ids["workspace"]) as session:
        await (await session.connection()).exec_driver_sql(f"UPDATE accounts SET host = '{host}'")
    await Breaker(resources.redis, Policy()).trip(Place("mastodon", host), "down", 0.5)
    mine, others = await make.key(ids["workspace"]), await make.key(await make.workspace())
    assert (await health(api, mine, "mastodon"))["status"] == "down"
    assert (await health(api, others, "mastodon"))["status"] == "working"


async def test_without_redis_nobody_knows(resources, key):
    nowhere = connect("redis://127.0.0.1:1", patience=0.2)
    async with door(resources, redis=nowhere, environment={**resources.environment, **APP}) as client:
        found = await health(client, key, "x")
    await nowhere.aclose()
    assert (found["status"], found["breaker"], found["throttledUntil"]) == ("unknown", None, None)


async def test_a_stranger_sees_nothing(api, make, workspace):
    problem(await api.get(URL), 401)
    problem(await api.get(URL, headers=await make.key(workspace, "posts:read")), 403)
