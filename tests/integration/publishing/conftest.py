"""One stage for all publishing stories: a database of our own, a sandbox, a dispatcher."""

import asyncio

import pytest

import stage
from ocma.bootstrap import resources
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
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        async with resources() as found:
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
    yield await stage.company(opened)
    await sandbox.clear_faults()
