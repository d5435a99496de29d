"""Servers of our own, so that only the courier at hand delivers; receivers are real HTTP servers on this machine."""

import asyncio
import base64
import secrets
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import httpx2
import pytest

from conftest import make_settings
from factories import Factory
from integration.notifications.receiver import Receiver, receiving
from ocma import bootstrap
from ocma.entrypoints.api.app import create_app
from ocma.features.notifications import courier as couriers
from ocma.features.notifications.courier import Courier
from ocma.infra import embedded, migrations


@pytest.fixture(scope="package")
def servers():
    with embedded.temporary() as found:
        migrations.run(found.postgres.owner_url)
        asyncio.run(_calm(found.postgres.owner_url))
        yield found


async def _calm(owner_url):
    """While statistics are gathered, events that were committed after it began wait: tests count what one step passes on."""
    connection = await asyncpg.connect(owner_url)
    await connection.execute("ALTER SYSTEM SET autovacuum = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


@pytest.fixture(scope="package")
async def receiver():
    """Trusted: the operator of these tests lets webhooks go there."""
    async with receiving() as found:
        yield found


@pytest.fixture(scope="package")
def variables(servers, receiver, tmp_path_factory):
    """For a process of its own on the same servers."""
    return {
        "DATABASE_URL": servers.postgres.app_url,
        "REDIS_URL": servers.valkey.url,
        "OCMA_VAULT_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "OCMA_MEDIA_DIR": str(tmp_path_factory.mktemp("media")),
        "OCMA_TRUSTED_HOSTS": receiver.host,
    }


@pytest.fixture(scope="package")
async def opened(servers, variables):
    async with bootstrap.resources(make_settings(servers, **variables)) as found:
        yield found


@pytest.fixture(scope="package")
async def door(opened):
    transport = httpx2.ASGITransport(create_app(opened))
    async with httpx2.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client


@pytest.fixture(scope="package")
def made(opened):
    return Factory(opened)


@pytest.fixture
async def owner(servers):
    """The database as its owner sees it: everything."""
    connection = await asyncpg.connect(servers.postgres.owner_url, server_settings={"search_path": "ocma"})
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
async def alone(opened, owner):
    """What tests before left pending is nobody's any more."""
    await owner.execute("DELETE FROM webhook_endpoints")


@pytest.fixture
async def workspace(made):
    return await made.workspace()


@pytest.fixture
async def key(made, workspace):
    return await made.key(workspace)


@pytest.fixture
def courier(opened):
    """Impatient: a day of retries takes a second or so."""
    return Courier(
        database=opened.database,
        vault=opened.vault,
        outbound=opened.outbound,
        clock=opened.clock,
        trusted_hosts=opened.settings.trusted_hosts,
        timeout=30.0,
        patience=0.000001,
        lease=timedelta(seconds=60),
    )


@asynccontextmanager
async def at_work(courier, **more):
    """The courier's own loops, until the block ends."""
    stop = asyncio.Event()
    running = asyncio.create_task(couriers.run(replace(courier, **more), stop))
    try:
        yield
    finally:
        stop.set()
        await running


@pytest.fixture
async def endpoint(door, key, receiver):
    """Adds one at a path of the receiver; `fresh()` gives such a path."""

    async def add(path, **more):
        answer = await door.post("/api/webhook-endpoints", headers=key, json={"url": receiver.url(path), **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return add


@pytest.fixture
def path(receiver: Receiver):
    """One of the receiver's, of this test alone."""
    return receiver.fresh()
