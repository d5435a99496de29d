"""One stage for all publishing stories: a database of our own, a sandbox, a dispatcher."""

import asyncio

import pytest
from sqlalchemy import text

import by_hand
import stage
from ocma.entrypoints.worker.dispatcher import dispatch_all


@pytest.fixture(scope="session")
def sandbox():
    with stage.sandbox() as found:
        yield found


@pytest.fixture(scope="session")
def environment(services, sandbox, tmp_path_factory):
    return stage.environment(services.postgres.app_url, services.valkey.url, sandbox, tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="session")
async def opened(environment):
    async with by_hand.opened(environment) as found:
        yield found


@pytest.fixture(scope="module")
async def dispatcher(opened):
    """Gone with its module: it would claim what other modules of this process have planned."""
    stop = asyncio.Event()
    running = asyncio.create_task(dispatch_all(opened, stop))
    yield running
    stop.set()
    await running


@pytest.fixture
async def unguarded(sandbox):
    """The platforms do not save us from ourselves."""
    await sandbox.guard(on=False)
    yield
    await sandbox.guard(on=True)


@pytest.fixture
async def company(opened, sandbox):
    """What it leaves waiting is put off: a later module's worker would send it, and use up a fault that is meant for others."""
    made = await stage.company(opened)
    yield made
    async with opened.database.transaction(made.caller.workspace_id) as session:
        await session.execute(text("UPDATE publications SET due_at = now() + interval '1 day' WHERE state = 'scheduled'"))
    await sandbox.clear_faults()
