"""Whether the collector is there is nobody's trouble but its operator's."""

import time

import pytest

from integration.tracing.collector import collector as collectors
from integration.tracing.conftest import running

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(params=["away", "silent"])
def endpoint(request):
    if request.param == "away":
        yield NOWHERE
        return
    with collectors() as found:
        found.silent.set()
        yield found.url


async def test_posts_go_out_and_processes_end(environment, endpoint, company, headers, tmp_path):
    account = await company.connect("mastodon", "untraced")
    log = tmp_path / "log"
    with running(environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}, log) as client:
        for number in range(3):
            body = {"content": f"nobody looks {number} {endpoint}", "accountIds": [str(account.id)], "scheduledAt": "now"}
            answer = client.post("/api/queue/schedule", json=body, headers=headers)
            assert answer.status_code == 202, answer.text
            await company.wait(await company.job(answer.json()["jobId"]), "completed")
        time.sleep(1)
    assert "Traceback" not in log.read_text()
    assert "process.stopped" in log.read_text()


async def test_what_is_left_is_sent_at_the_end(environment, company, headers, tmp_path):
    account = await company.connect("mastodon", "last")
    with collectors() as found:
        late = environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": found.url, "OTEL_BSP_SCHEDULE_DELAY": "600000"}
        with running(late, tmp_path / "log") as client:
            body = {"content": "the last one", "accountIds": [str(account.id)], "scheduledAt": "now"}
            answer = client.post("/api/queue/schedule", json=body, headers=headers).json()
            await company.wait(await company.job(answer["jobId"]), "completed")
            assert not found.bodies
        names = {(each.service, each.span.name) for each in found.spans()}
    assert {("ocma-api", "POST /api/queue/schedule"), ("ocma-worker", "publish"), ("ocma-worker", "record")} <= names
