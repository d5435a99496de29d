"""Real servers for every test: PostgreSQL and Valkey of our own, started once per test process, migrated, emptied at its end."""

import base64
import secrets
from datetime import UTC, datetime, time, timedelta
from time import sleep as pause

import httpx2
import pytest
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as drawing
from hypothesis.internal.conjecture import providers

import own_ports
import stage
from factories import Factory
from ocma import bootstrap
from ocma.entrypoints.api.app import create_app
from ocma.infra import embedded, migrations
from ocma.infra.database import Database
from ocma.settings import Settings

# The same examples in every run, however slow the machine: a change is refused for what it did, not for what was drawn that day.
# `make test ARGS=--hypothesis-profile=default` draws others.
drawing.register_profile("steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
drawing.load_profile("steady")
# It would draw constants of whatever modules are loaded by then, which depends on the files this process has had before.
providers._get_local_constants = lambda: providers._local_constants

own_ports.take_share()

A_TEST = 45  # seconds that a test may take

# As in production (infra/telemetry.py), a traceback shows no variables: they would hold keys.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)


@pytest.fixture
def same_day():
    """The test begins and ends on one day of UTC: it waits for the next one when this one is about to end."""
    now = datetime.now(UTC)
    left = (datetime.combine(now.date() + timedelta(days=1), time(), UTC) - now).total_seconds()
    if left < A_TEST:
        pause(left)


@pytest.fixture(scope="session")
def services():
    with embedded.temporary() as found:
        migrations.run(found.postgres.owner_url)
        yield found


@pytest.fixture(scope="session")
def settings(services, tmp_path_factory):
    """As the operator of the test servers would set them; nothing from the machine's own environment or `.env`."""
    return make_settings(services, OCMA_MEDIA_DIR=tmp_path_factory.mktemp("media"))


def make_settings(services, **more):
    values = {
        "DATABASE_URL": services.postgres.app_url,
        "REDIS_URL": services.valkey.url,
        "OCMA_VAULT_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        **stage.UNLIMITED,
        **stage.UNMEASURED,
        **more,
    }
    return Settings(_env_file=None, **values)


@pytest.fixture(scope="session")
async def resources(settings):
    async with bootstrap.resources(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def database(resources) -> Database:
    return resources.database


@pytest.fixture(scope="session")
def app(resources):
    return create_app(resources)


@pytest.fixture(scope="session")
async def api(app):
    """The HTTP door without a network; requests carry no credentials of their own."""
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://api.test") as client:
            yield client


@pytest.fixture(scope="session")
def make(resources):
    """Makes workspaces, users and keys: factories.Factory."""
    return Factory(resources)


@pytest.fixture
async def workspace(make):
    return await make.workspace()


@pytest.fixture
async def key(make, workspace):
    """Headers of a key that may do everything in `workspace`."""
    return await make.key(workspace)
