"""/metrics: numbers for the operator, and for nobody else. /api/social/platforms: what stands still, and until when."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from answers import good
from ocma.clock import utcnow
from ocma.entrypoints.api.app import create_app
from ocma.features.publishing.breaker import Breaker, Place, Policy, place_of
from ocma.features.publishing.health import fetch_health
from ocma.infra import heartbeat
from ocma.infra.line import Line
from ocma.infra.redis import connect
from ocma.platforms.registry import get_connector
from rows import add_rows

TOKEN = "scrape-me"


@asynccontextmanager
async def door(resources, **changes):
    if "redis" in changes:
        changes["line"] = Line(changes["redis"], "test")
    app = create_app(replace(resources, **changes))
    transport = httpx2.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client


def with_token(settings):
    return settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})


async def scrape(client):
    answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    samples = [each for family in text_string_to_metric_families(answer.text) for each in family.samples]
    return {(each.name, *sorted(each.labels.items())): each.value for each in samples}


def value(samples, name, **labels):
    return samples[(name, *sorted(labels.items()))]


async def test_without_a_token_in_the_settings_there_is_nothing(api, key):
    assert (await api.get("/metrics", headers=key)).status_code == 404
    assert (await api.get("/metrics", headers={"Authorization": "Bearer "})).status_code == 404


async def test_with_another_token_nothing_is_shown(resources, key):
    async with door(resources, settings=with_token(resources.settings)) as client:
        assert (await client.get("/metrics")).status_code == 401
        answer = await client.get("/metrics", headers=key)
    assert answer.status_code == 401
    assert "ocma_" not in answer.text


async def test_publications_are_counted_over_all_workspaces(resources):
    async with door(resources, settings=with_token(resources.settings)) as client:
        before = await scrape(client)
        first, second = await add_rows(resources.database), await add_rows(resources.database)
        async with resources.database.transaction(second["workspace"]) as session:
            connection = await session.connection()
            late = f"UPDATE publications SET due_at = now() - interval '100 days' WHERE id = '{second['publication']}'"
            await connection.exec_driver_sql(late)
        after = await scrape(client)
    labels = {"platform": "mastodon", "state": "scheduled"}
    key = ("ocma_publications", *sorted(labels.items()))
    assert first["workspace"] != second["workspace"]
    assert after[key] - before.get(key, 0) == 2
    assert value(after, "ocma_publications_lateness_seconds", **labels) >= 100 * 86400 - 5
    assert value(after, "ocma_publications_due", **labels) >= 2


async def test_breakers_calls_and_processes_are_shown(resources):
    place, now = Place("mastodon", "metrics.example"), utcnow().timestamp()
    breaker = Breaker(resources.redis, Policy())
    await heartbeat.beat(resources.redis, "worker", "measured", now)
    async with door(resources, settings=with_token(resources.settings)) as client:
        before = await scrape(client)
        await breaker.failed(place, "down", "a", 3)
        await breaker.failed(place, "down", "b", 0)
        counted = await scrape(client)
        await breaker.trip(place, "down", 0.5)
        opened = await scrape(client)
    await heartbeat.stop(resources.redis, "worker", "measured")
    names = {"platform": "mastodon", "place": place.name}
    assert value(counted, "ocma_breaker_state", **names) == 0
    assert value(counted, "ocma_breaker_recent_failures", **names) == 2
    assert value(opened, "ocma_breaker_state", **names) == 2
    assert value(counted, "ocma_processes", kind="worker") >= 1
    for outcome, more in (("ok", 3), ("down", 2)):
        key = ("ocma_platform_calls_total", ("outcome", outcome), ("platform", "mastodon"))
        assert counted[key] - before.get(key, 0) == more


async def test_without_redis_the_rest_is_shown(resources):
    nowhere = connect("redis://127.0.0.1:1", patience=0.2)
    async with door(resources, settings=with_token(resources.settings), redis=nowhere) as client:
        samples = await scrape(client)
    await nowhere.aclose()
    assert value(samples, "ocma_up", server="redis") == 0
    assert value(samples, "ocma_up", server="postgresql") == 1
    assert not [each for each in samples if each[0].startswith("ocma_breaker")]


@pytest.fixture
async def x_place(resources):
    """X's, as it stands for this server; closed again afterwards."""
    place = place_of(get_connector("x").manifest, resources.environment, "")
    yield place
    await resources.redis.delete(*place.keys()[:5])


async def breaker_of(api, key, platform):
    found = good(await api.get("/api/social/platforms", headers=key))["data"]
    return next(each for each in found if each["platform"] == platform)


async def test_platforms_show_their_breaker_and_quotas(api, key, resources, x_place):
    view = await breaker_of(api, key, "x")
    assert view["breaker"] == {"state": "closed", "until": None, "reason": None, "recentFailures": 0}
    assert {"on": "publish", "of": "account", "calls": 100, "seconds": 900} in view["quotas"]

    await Breaker(resources.redis, Policy()).trip(x_place, "refused", 0.5)

    breaker = (await breaker_of(api, key, "x"))["breaker"]
    assert (breaker["state"], breaker["reason"]) == ("open", "refused")
    health = (await fetch_health(resources.redis, [x_place], utcnow))[x_place]
    assert abs((datetime.fromisoformat(breaker["until"]) - health.until).total_seconds()) < 0.1


async def test_a_host_shows_only_to_those_with_an_account_there(api, make, resources):
    ids = await add_rows(resources.database)  # an account on mastodon
    host = "trouble.example"
    async with resources.database.transaction(ids["workspace"]) as session:
        await (await session.connection()).exec_driver_sql(f"UPDATE accounts SET host = '{host}'")
    await Breaker(resources.redis, Policy()).trip(Place("mastodon", host), "down", 0.5)
    mine, others = await make.key(ids["workspace"]), await make.key(await make.workspace())

    assert (await breaker_of(api, mine, "mastodon"))["breaker"]["state"] == "open"
    assert (await breaker_of(api, others, "mastodon"))["breaker"]["state"] == "closed"
    account = good(await api.get(f"/api/social/accounts/{ids['account']}", headers=mine))
    assert account["breaker"]["state"] == "open"


async def test_an_account_shows_that_it_is_throttled(api, make, resources):
    ids = await add_rows(resources.database)
    await resources.redis.set(f"ocma:{{mastodon}}:closed:account:{ids['account']}", "1", px=60_000)
    headers = await make.key(ids["workspace"])
    account = good(await api.get(f"/api/social/accounts/{ids['account']}", headers=headers))
    assert account["throttledUntil"] > utcnow().isoformat()


async def test_without_redis_a_breaker_is_unknown(resources, make):
    ids = await add_rows(resources.database)
    headers = await make.key(ids["workspace"])
    nowhere = connect("redis://127.0.0.1:1", patience=0.2)
    async with door(resources, redis=nowhere) as client:
        assert (await breaker_of(client, headers, "x"))["breaker"] is None
    await nowhere.aclose()
