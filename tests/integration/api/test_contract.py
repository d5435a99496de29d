"""The API keeps to its own description: requests made from /openapi.json, good and bad, against a real server."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

import contract.generation  # noqa: F401 - it registers how pieces of uploads are written
import stage
from ocma.entrypoints.api.app import create_app
from ocma.infra import heartbeat

CHECKS = [
    openapi_checks.missing_required_header,
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.unsupported_method,
    openapi_checks.ignored_auth,
]
ELSEWHERE = {"x-workspace-id", "idempotency-key"}  # would answer before the operation does; they have tests of their own
ENDLESS = "/api/queue/events"
DESCRIPTION = create_app().openapi()
schema = schemathesis.openapi.from_dict(DESCRIPTION).exclude(path=ENDLESS)


@pytest.fixture(scope="module")
def server(services, settings, tmp_path_factory):
    """`ocma api` in a process of its own. Gives its URL."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("OCMA_", "TWITTER_"))},
        "DATABASE_URL": services.postgres.app_url,
        "REDIS_URL": services.valkey.url,
        "OCMA_VAULT_KEYS": settings.vault_keys.get_secret_value(),
        "OCMA_MEDIA_DIR": str(settings.media_dir),
        **stage.UNLIMITED,
    }
    folder = tmp_path_factory.mktemp("server")
    with socket.create_server(("127.0.0.1", 0)) as listening, (folder / "log").open("w") as log:
        command = [sys.executable, "-m", "ocma", "api", "--fd", str(listening.fileno())]
        process = subprocess.Popen(command, env=environment, cwd=folder, stderr=log, pass_fds=[listening.fileno()])
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            asyncio.run(answering(url, process))
            yield url
        finally:
            process.terminate()
            process.wait(30)
    assert "Traceback" not in (folder / "log").read_text()


async def answering(url, process):
    for _ in range(600):
        assert process.poll() is None
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=1).close()
        except (urllib.error.URLError, OSError):
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
async def credentials(make, resources):
    """And a worker's sign of life, without which /readyz says 503."""
    await heartbeat.beat(resources.redis, "worker", "contract", time.time() + 600)
    workspace = await make.workspace()
    yield str(workspace), await make.key(workspace)
    await heartbeat.stop(resources.redis, "worker", "contract")


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_to_its_description(case, server, credentials):
    workspace, headers = credentials
    if is_id((case.path_parameters or {}).get("workspace_id")):
        case.path_parameters["workspace_id"] = workspace
    case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() not in ELSEWHERE}
    tus = case.path.startswith("/api/uploads") and [
        openapi_checks.missing_required_header
    ]  # which answers 412 without its version
    case.call_and_validate(base_url=server, headers=headers, checks=CHECKS, excluded_checks=tus or [], timeout=30)


def is_id(value):
    try:
        return UUID(str(value)) is not None
    except ValueError:
        return False


def operations():
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_operations_are_named_after_their_functions_and_each_once():
    names = [operation["operationId"] for _, operation in operations()]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() and name.islower() for name in names)


def test_every_operation_says_what_it_does_and_what_it_answers():
    for name, operation in operations():
        assert operation.get("summary"), name
        success = [status for status in operation["responses"] if status.startswith("2")]
        assert success, name
        for status in success:
            for content in operation["responses"][status].get("content", {}).values():
                assert content.get("schema") != {}, f"{name} has an untyped answer"


def test_every_failure_is_a_problem():
    for name, operation in operations():
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")) and name != "GET /readyz":
                assert list(response["content"]) == ["application/problem+json"], (name, status)
                assert response["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in DESCRIPTION["components"]["schemas"]


def test_writes_take_an_idempotency_key_and_reads_do_not():
    anonymous = {"POST /api/auth/register", "POST /api/auth/login"}
    for name, operation in operations():
        takes = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
        assert takes == (not name.startswith("GET") and name not in anonymous), name


def test_who_may_call_what_without_credentials():
    open_ones = {name for name, operation in operations() if not operation.get("security")}
    assert open_ones <= {
        "GET /healthz",
        "GET /readyz",
        "GET /api/config",
        "POST /api/auth/register",
        "POST /api/auth/login",
        "GET /api/social/callback",
        "GET /api/social/clients/{platform}.json",
        "GET /media/{signed}",
    }
