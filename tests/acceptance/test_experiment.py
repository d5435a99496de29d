"""An experiment on real processes of both sides: posts go out over HTTP, the platform counts, a day passes, a winner is named."""

import asyncio
import secrets
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import httpx2
import pytest

import stage
import standing
from acceptance.month import World
from answers import good
from factories import Factory
from ocma.bootstrap import resources
from ocma.entrypoints.api.app import create_app
from ocma.entrypoints.worker.dispatcher import dispatch_all
from ocma.features.analytics import collect
from ocma.infra import embedded, migrations

ACCOUNTS = 10
DAY = timedelta(days=1)
VARIANTS = [{"key": "statement", "content": "We are open."}, {"key": "question", "content": "Free today?"}]
PATIENT = {"OCMA_LEASE_SECONDS": "20", "OCMA_PUBLISH_TIMEOUT_SECONDS": "30"}
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def environment(tmp_path):
    """With servers of its own: by this clock it would be the turn of everybody else's accounts, too."""
    with embedded.temporary() as services, stage.sandbox() as sandbox:
        migrations.run(services.postgres.owner_url)
        yield sandbox, stage.environment(services.postgres.app_url, services.valkey.url, sandbox, tmp_path) | PATIENT


@pytest.fixture
async def scene(environment, monkeypatch):
    (sandbox, variables), clock = environment, standing.Clock()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with standing.everywhere(clock):
        async with resources(clock=clock) as found, httpx2.AsyncClient(timeout=30) as client:
            yield found, World(sandbox.url, client), variables, clock


@asynccontextmanager
async def publishing(found, variables):
    stop = asyncio.Event()
    with stage.worker(variables):
        running = asyncio.create_task(dispatch_all(found, stop))
        try:
            yield
        finally:
            stop.set()
            await running


async def test_from_accounts_to_a_winner(scene):
    found, world, variables, clock = scene
    company = await stage.company(found)
    accounts = [await company.connect("mastodon", f"e{number}{secrets.token_hex(3)}") for number in range(ACCOUNTS)]
    key = await Factory(found).key(company.caller.workspace_id)
    app = create_app(found)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api.test", headers=key) as api,
    ):
        body = {"name": "Today", "accountIds": [str(each.id) for each in accounts], "variants": VARIANTS}
        made = good(await api.post("/api/experiments", json=body), 201)
        address = f"/api/experiments/{made['id']}"
        begun = good(await api.post(f"{address}/start", json={"everyHours": 0.25}))
        async with publishing(found, variables):
            for place in (0, 1):
                await go_out(api, company, [each for each in begun["allocation"] if each["place"] == place])
        books = (await world.get("books", platform="mastodon"))["data"]
        assert len(books) == ACCOUNTS * 2
        assert good(await api.get(address))["state"] == "running"

        await count(found, world, clock, company, begun)
        seen = good(await api.get(address))
        assert (seen["state"], seen["blocks"]) == ("decided", ACCOUNTS)
        assert seen["decision"]["winner"] == "question"
        assert all(each["value"] == likes(each) for each in seen["allocation"])
        assert good(await api.get(address)) == seen


async def go_out(api, company, places):
    """The second posts are not waited for: a person moves them to now, all alike."""
    for each in places:
        if each["place"]:
            good(await api.patch(f"/api/queue/jobs/{each['jobId']}", json={"scheduledAt": "now"}))
    for each in places:
        await company.wait(await company.job(each["jobId"]), "completed", limit=60)


def likes(place):
    return place["block"] + (30 if place["variant"] == "question" else 7)


async def count(found, world, clock, company, begun):
    """The platform counts, a day passes for both sides, and a worker's collector looks."""
    for each in begun["allocation"]:
        job = await company.job(each["jobId"])
        metrics = {"favourites_count": likes(each)}
        await world.post("metrics", platform="mastodon", id=job.publications[0].platform_post_id, metrics=metrics)
    await world.post("clock", running=False)
    now = datetime.fromisoformat((await world.get("clock"))["at"])
    for after in (DAY + timedelta(minutes=20), DAY + timedelta(minutes=40), DAY + timedelta(hours=1)):
        clock.at = now + after
        await world.post("clock", at=clock.at.isoformat())
        collector = found.collector()
        for claim in await collect.claim_due(collector, 100):
            await collect.collect(collector, claim)
