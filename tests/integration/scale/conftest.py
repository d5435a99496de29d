"""Servers of our own, because other stories' dispatchers still run."""

import asyncio

import asyncpg
import pytest

import by_hand
import stage
from integration.scale.crowd import ACCOUNTS, Crowd, unlimited
from ocma.infra import embedded, migrations

PATIENT = {"OCMA_LEASE_SECONDS": "6", "OCMA_PUBLISH_TIMEOUT_SECONDS": "5"}  # twelve servers and processes share the machine


@pytest.fixture(scope="module")
def servers():
    """Unlike those of other tests they keep every commit when they crash; else a post could go out twice, and should."""
    with embedded.temporary() as found:
        migrations.run(found.postgres.owner_url)
        asyncio.run(_keep_commits(found.postgres.owner_url))
        yield found


async def _keep_commits(owner_url):
    connection = await asyncpg.connect(owner_url)
    try:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def sandbox():
    with stage.sandbox() as found:
        yield found


@pytest.fixture(scope="module")
async def crowd(servers, sandbox, tmp_path_factory):
    """Of a workspace with many accounts; nobody is at work for it yet."""
    url, redis_url = servers.postgres.app_url, servers.valkey.url
    environment = stage.environment(url, redis_url, sandbox, tmp_path_factory.mktemp("media")) | PATIENT
    await unlimited(sandbox)
    async with by_hand.opened(environment) as opened:
        company = await stage.company(opened)
        accounts = [await company.connect("x", f"crowd{number}") for number in range(ACCOUNTS)]
        yield Crowd(company, accounts, sandbox, environment)
