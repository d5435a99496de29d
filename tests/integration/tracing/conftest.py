"""Real processes that send their traces to a real collector, and publish on the sandbox meanwhile."""

import signal
from contextlib import contextmanager

import httpx2
import pytest

import stage
from by_hand import opened as opened_with
from factories import Factory
from integration.tracing.collector import collector as collectors
from ocma.infra import embedded, migrations

HEADERS = "x-collector-key=c0llector-s3cret"


@pytest.fixture(scope="session")
def services():
    """Of our own: nobody else's worker takes these posts."""
    with embedded.temporary() as found:
        migrations.run(found.postgres.owner_url)
        yield found


@pytest.fixture(scope="session")
def sandbox():
    with stage.sandbox() as found:
        yield found


@pytest.fixture(scope="session")
def environment(services, sandbox, tmp_path_factory):
    media = tmp_path_factory.mktemp("media")
    return stage.environment(services.postgres.app_url, services.valkey.url, sandbox, media) | {
        "OTEL_BSP_SCHEDULE_DELAY": "100",  # milliseconds
        "OTEL_EXPORTER_OTLP_HEADERS": HEADERS,
        "OCMA_LOG_LEVEL": "INFO",
    }


@pytest.fixture(scope="session")
async def opened(environment):
    async with opened_with(environment) as found:
        yield found


@pytest.fixture(scope="session")
async def company(opened):
    return await stage.company(opened)


@pytest.fixture(scope="session")
async def headers(opened, company):
    return await Factory(opened).key(company.caller.workspace_id)


@contextmanager
def running(environment, log):
    """API, worker and dispatcher; at the end they are asked to stop, in good order."""
    with (
        log.open("ab") as file,
        stage.served(environment, file) as url,
        stage.process(["-m", "ocma", "worker"], environment, file) as worker,
        stage.process(["-m", "ocma", "dispatcher"], environment, file) as dispatcher,
    ):
        with httpx2.Client(base_url=url, timeout=30) as client:
            yield client
        for each in (worker, dispatcher):
            each.send_signal(signal.SIGTERM)
        for each in (worker, dispatcher):
            each.wait(30)


@pytest.fixture(scope="module")
def collector():
    with collectors() as found:
        yield found


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("logs") / "all.log"


@pytest.fixture(scope="module")
def door(environment, collector, log):
    """No longer than its module: the next one's posts are for a worker of its own."""
    with running(environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}, log) as client:
        yield client
