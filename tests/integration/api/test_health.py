"""/healthz, /readyz, /api/config."""

import time

import asyncpg
import pytest

import ocma
from answers import good
from integration.api.test_metrics import door
from ocma.features.workspaces.scopes import SCOPES
from ocma.infra import heartbeat
from ocma.infra.database import Database
from ocma.infra.redis import connect


@pytest.fixture
async def beat(resources):
    await resources.redis.delete("ocma:heartbeats:worker")  # of workers that other tests have killed

    async def set_beat(age):
        await heartbeat.beat(resources.redis, "worker", "test", time.time() - age)

    yield set_beat
    await heartbeat.stop(resources.redis, "worker", "test")


async def checks(api, status):
    body = good(await api.get("/readyz"), status)
    assert body["ready"] == (status == 200)
    return {each["name"]: (each["ok"], each["detail"]) for each in body["checks"]}


async def test_alive(api):
    assert good(await api.get("/healthz")) == {"status": "ok"}


async def test_ready(api, beat):
    await beat(1)
    found = await checks(api, 200)
    assert set(found) == {"postgresql", "schema", "redis", "worker"}
    assert all(ok for ok, _ in found.values())


@pytest.mark.parametrize("age", [None, 16])
async def test_not_ready_without_a_worker(api, beat, age):
    if age is not None:
        await beat(age)
    found = await checks(api, 503)
    assert {name for name, (ok, _) in found.items() if not ok} == {"worker"}


async def test_not_ready_on_another_schema(api, beat, services):
    await beat(1)
    owner = await asyncpg.connect(services.postgres.owner_url)
    await owner.execute("UPDATE ocma.alembic_version SET version_num = 'older'")
    try:
        ok, detail = (await checks(api, 503))["schema"]
        assert not ok
        assert "older" in detail
        assert "ocma migrate" in detail
    finally:
        from ocma.infra import migrations

        await owner.execute("UPDATE ocma.alembic_version SET version_num = $1", migrations.newest())
        await owner.close()


async def test_config_says_what_is_enabled_and_no_secret(api, settings):
    answer = await api.get("/api/config")
    body = good(answer)
    assert body["version"] == ocma.__version__
    assert body["jwt"] == {"enabled": False, "issuer": None, "audience": None}
    assert set(body["roles"]["owner"]) == set(body["scopes"]) == set(SCOPES)
    for secret in (settings.database_url, settings.redis_url, settings.vault_keys):
        assert secret.get_secret_value() not in answer.text


async def test_not_ready_without_redis_or_postgresql(resources, services):
    """Whatever else is wrong, each of them is named, and nothing of how it is reached."""
    nowhere, gone = connect("redis://:s3cret@127.0.0.1:1", patience=0.2), Database("postgresql://u:s3cret@127.0.0.1:1/x", pool=1)
    async with door(resources, redis=nowhere, database=gone) as client:
        answer = await client.get("/readyz")
        found = {each["name"]: each["ok"] for each in good(answer, 503)["checks"]}
    await nowhere.aclose()
    await gone.close()
    assert found == {"postgresql": False, "schema": False, "redis": False, "worker": False}
    assert "s3cret" not in answer.text
