"""Servers of our own for tests that go step by step: neither a dispatcher nor a worker but the test itself."""

import httpx2
import pytest

import by_hand
from factories import Factory
from ocma.entrypoints.api.app import create_app
from ocma.infra import embedded, migrations


@pytest.fixture(scope="session")
def services():
    with embedded.temporary() as found:
        migrations.run(found.postgres.owner_url)
        yield found


@pytest.fixture(scope="session")
def environment(services, sandbox, tmp_path_factory):
    return by_hand.settings(services, sandbox, tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="session")
async def opened(environment):
    async with by_hand.opened(environment) as found:
        yield found


@pytest.fixture(autouse=True)
async def forgotten(opened):
    """What workers share about platforms in Redis, limits that are used up for example, is of one test."""
    await opened.redis.flushall()


@pytest.fixture
async def hand(company):
    async with by_hand.hand(company) as found:
        yield found


@pytest.fixture
async def door(opened, company):
    """The HTTP door, with a key of the company."""
    app, headers = create_app(opened), await Factory(opened).key(company.caller.workspace_id)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://ocma.test", headers=headers) as client,
    ):
        yield client
