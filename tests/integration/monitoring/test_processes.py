"""What API, worker and dispatcher show of their own work."""

import subprocess
import sys

import httpx2
import pytest

import stage
from integration.monitoring.conftest import TOKEN, ready, scrape
from ocma.infra.embedded import ports


async def test_a_worker_shows_its_calls_and_how_late_it_sends(told):
    worker = told["worker"]
    assert worker.total("ocma_platform_call_seconds_count", platform="x", kind="publish", outcome="2xx") == 2
    assert worker.total("ocma_platform_call_seconds_count", platform="x", kind="publish", outcome="4xx") == 1
    assert worker.total("ocma_platform_call_seconds_count", platform="x", kind="login", outcome="2xx") == 1
    assert 0 < worker.total("ocma_platform_call_seconds_sum", platform="x", kind="publish") < 60
    assert worker.total("ocma_send_lateness_seconds_count", platform="x") >= 3
    assert 0 <= worker.total("ocma_send_lateness_seconds_sum", platform="x") < 60
    assert worker.total("ocma_token_refreshes_total", platform="x", outcome="renewed") == 1
    assert worker.total("ocma_publications_put_back_total", platform="x", reason="throttled") >= 1
    assert worker.total("ocma_accounts_waiting", platform="x") == 1  # three posts of it
    assert "ocma_publications_in_hand" in worker.labels


async def test_a_dispatcher_shows_what_it_handed_out(told):
    dispatcher = told["dispatcher"]
    assert dispatcher.total("ocma_publications_handed_out_total", platform="x") >= 5
    assert "ocma_publications_in_hand" not in dispatcher.labels


@pytest.mark.parametrize("kind", ["api", "worker", "dispatcher"])
async def test_each_shows_its_pools_and_itself(told, kind):
    found = told[kind]
    for pool in ("transactions", "batches", "leases", "redis"):
        assert found.total("ocma_pool_size", pool=pool) > 0
        used = found.total("ocma_pool_connections", pool=pool)
        assert 0 <= used <= found.total("ocma_pool_size", pool=pool)
        assert found.total("ocma_pool_waiting", pool=pool) == 0
    assert found.total("ocma_pool_connections", pool="batches") > 0  # it has asked something
    assert found.total("process_resident_memory_bytes") > 10_000_000


async def test_the_api_counts_requests_by_route_and_nothing_that_callers_wrote(told):
    api = told["api"]
    name = "ocma_http_request_seconds_count"
    assert api.total(name, route="/healthz", method="GET", status="2xx") == 1
    assert api.total(name, route="/api/queue/jobs", method="GET", status="4xx") == 1
    assert api.total(name, route="none", method="GET", status="4xx") == 1
    assert api.total(name, route="/metrics", status="2xx") >= 1
    assert api.total("ocma_http_requests_in_flight") == 1  # this one
    assert not [labels for _, labels, _ in api.samples if "secret" in str(labels) or "no-id" in str(labels)]


async def test_the_api_shows_what_all_share(told):
    api = told["api"]
    assert api.total("ocma_up") == 2
    assert api.total("ocma_processes", kind="worker") == 1
    assert api.total("ocma_processes", kind="dispatcher") == 1
    assert api.total("ocma_publications", platform="mastodon", state="scheduled") == 1
    assert api.total("ocma_accounts", platform="mastodon", status="active") == 1
    assert api.total("ocma_accounts", platform="x", status="needsReauthorization") == 0
    assert api.total("ocma_breaker_state", platform="x") == 0
    granted, left = (api.total(name, platform="x", on="publish") for name in ("ocma_quota_calls", "ocma_quota_calls_left"))
    assert granted == 10_000
    assert granted - 6 <= left <= granted - 3  # those that were sent, and what may have been let go since


async def test_nothing_of_a_post_or_an_account_is_a_label(everything):
    assert not [labels for _, labels, _ in everything.samples if "monitored" in str(labels)]


async def test_the_door_wants_the_token(doors, told):
    async with httpx2.AsyncClient(timeout=30) as client:
        for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": f"Basic {TOKEN}"}):
            answer = await client.get(f"{doors['worker']}/metrics", headers=headers)
            assert answer.status_code == 401
            assert "ocma_pool" not in answer.text
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert (await client.get(f"{doors['worker']}/", headers=right)).status_code == 404
        assert (await client.post(f"{doors['worker']}/metrics", headers=right)).status_code == 405


@pytest.fixture
def port(tmp_path):
    return ports.keep(tmp_path, "metrics")


def begin(kind, environment, **more):
    command = [sys.executable, "-m", "ocma", kind]
    return subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("kind", ["worker", "dispatcher"])
def test_a_port_that_is_taken_is_told(environment, doors, kind):
    port = doors["worker"].rpartition(":")[2]
    done = begin(kind, environment, OCMA_METRICS_PORT=port)
    assert done.returncode == 73
    assert f"Port {port} on 127.0.0.1" in done.stderr
    assert "OCMA_METRICS_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_without_a_token_is_told(environment, port):
    done = begin("worker", environment, OCMA_METRICS_PORT=str(port), OCMA_METRICS_TOKEN="")
    assert done.returncode == 65
    assert "OCMA_METRICS_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_of_another_machine_is_told(environment, port):
    done = begin("worker", environment, OCMA_METRICS_PORT=str(port), OCMA_METRICS_HOST="192.0.2.1")
    assert done.returncode == 65
    assert "OCMA_METRICS_HOST" in done.stderr
    assert "Traceback" not in done.stderr


async def test_it_is_closed_with_the_process(environment, port):
    with stage.process(["-m", "ocma", "dispatcher"], environment | {"OCMA_METRICS_PORT": str(port)}) as running:
        await ready(f"http://127.0.0.1:{port}")
        running.terminate()
        assert running.wait(20) == 0
    with pytest.raises(httpx2.ConnectError):
        await scrape(f"http://127.0.0.1:{port}")
