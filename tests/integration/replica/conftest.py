"""OCMA on a primary with a replica; what was broken is mended after each test."""

import tempfile
from pathlib import Path

import pytest

from conftest import make_settings
from factories import Factory
from integration.replica import pair as pairs
from ocma import bootstrap


@pytest.fixture(scope="session")
def servers():
    with pairs.running(Path(tempfile.mkdtemp(prefix="ocma-"))) as found:
        yield found


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """The first read waits for the first look, however busy the machine is; what happens without one is another test's."""
    monkeypatch.setattr("ocma.infra.replica.FIRST", 15.0)


@pytest.fixture
async def pair(servers):
    yield servers
    if servers.replica.child is None:
        servers.replica.start()
    servers.replica.thaw()
    await servers.replica.ask("SELECT pg_wal_replay_resume()")


@pytest.fixture
def lag():
    """Seconds that the replica may be behind."""
    return 3


@pytest.fixture
def open_with(pair, services, tmp_path, lag):
    """Resources that read from a replica when it is no more than `lag` behind."""

    def open_with(url):
        urls = {"DATABASE_URL": pair.primary.url, "DATABASE_READ_URL": url}
        return bootstrap.resources(make_settings(services, **urls, OCMA_READ_LAG=lag, OCMA_MEDIA_DIR=tmp_path))

    return open_with


@pytest.fixture
async def opened(open_with, pair):
    async with open_with(pair.replica.url) as found:
        yield found


@pytest.fixture
async def workspace(opened, pair):
    made = await Factory(opened).workspace()
    await pair.caught_up()
    return made
