"""`ocma api`: one process, its log, and how it ends."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import asyncpg
import pytest
import typer

from ocma.entrypoints.cli.api import _inherited


@contextmanager
def started(services, settings, folder):
    """Gives the process, its port and the file it logs to."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OCMA_", "TWITTER_"))}
    environment |= {
        "DATABASE_URL": services.postgres.app_url,
        "REDIS_URL": services.valkey.url,
        "OCMA_VAULT_KEYS": settings.vault_keys.get_secret_value(),
    }
    log = folder / "log"
    with socket.create_server(("127.0.0.1", 0)) as listening, log.open("w") as stream:
        command = [sys.executable, "-m", "ocma", "api", "--fd", str(listening.fileno())]
        process = subprocess.Popen(command, env=environment, cwd=folder, stderr=stream, pass_fds=[listening.fileno()])
        port = listening.getsockname()[1]
        try:
            assert ask(port, "GET", "/healthz")[0] == 200
            yield process, port, log
        finally:
            process.kill()
            process.wait(10)


@pytest.fixture(scope="module")
def server(services, settings, tmp_path_factory):
    """One that nobody stops."""
    with started(services, settings, tmp_path_factory.mktemp("api")) as found:
        yield found


@pytest.fixture
def fresh(services, settings, tmp_path):
    with started(services, settings, tmp_path) as found:
        yield found


def ask(port, method, path, body=None, headers=None):
    """The inherited socket is open before the program is: the first request waits for it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    content = json.dumps(body) if body is not None else None
    connection.request(method, path, content, {"Content-Type": "application/json", **(headers or {})})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def logged(log, count):
    """The requests in the log, once there are `count` (an answer may be here before its line is there)."""
    for _ in range(200):
        lines = [json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]
        requests = [line for line in lines if line["event"] == "request"]
        if len(requests) >= count:
            break
        time.sleep(0.05)
    return requests


def test_the_log_is_json_by_the_request_and_holds_no_secret(server):
    _, port, log = server
    ask(
        port,
        "GET",
        "/api/keys?cursor=in-the-query",
        headers={"Authorization": "Bearer ocma_k_in-the-header", "X-Request-Id": "mine"},
    )
    ask(port, "POST", "/api/auth/login", {"email": "ann@example.com", "password": "in-the-body-of-it"})
    requests = logged(log, 3)
    assert [(line["method"], line["path"], line["status"]) for line in requests] == [
        ("GET", "/healthz", 200),
        ("GET", "/api/keys", 401),
        ("POST", "/api/auth/login", 401),
    ]
    assert requests[1]["request_id"] == "mine"
    assert "in-the" not in log.read_text()


async def waiting_for(services, table):
    """Until somebody waits for our lock. By another session: inside one transaction the view does not change."""
    superuser = await asyncpg.connect(services.postgres.owner_url)
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%' || $1 || '%'"
    async with asyncio.timeout(30):
        while not await superuser.fetchval(query, f"INSERT INTO ocma.{table}"):
            await asyncio.sleep(0.02)
    await superuser.close()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
async def test_what_runs_is_finished_before_it_ends(fresh, services, sent):
    """The signal comes while a request waits in the middle of its work, for a lock that we hold."""
    process, port, log = fresh
    superuser = await asyncpg.connect(services.postgres.owner_url)
    held = superuser.transaction()
    await held.start()
    await superuser.execute("LOCK TABLE ocma.users IN SHARE MODE")
    account = {"email": f"{time.monotonic_ns()}@example.com", "password": "twelve chars"}
    running = asyncio.create_task(asyncio.to_thread(ask, port, "POST", "/api/auth/register", account))
    await waiting_for(services, "users")
    process.send_signal(sent)
    await asyncio.sleep(0.3)
    assert process.poll() is None
    await held.rollback()
    await superuser.close()
    assert (await running)[0] == 201
    await asyncio.to_thread(process.wait, 30)
    assert "Application shutdown complete" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_bytes_that_are_no_http(server):
    _, port, log = server
    for sent in (b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\xff" * 70_000):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(sent)
            assert connection.recv(100).startswith(b"HTTP/1.1 4")
    assert ask(port, "GET", "/healthz")[0] == 200
    assert "Traceback" not in log.read_text()


def test_a_port_in_use_is_said(server, services, settings):
    """After the settings were found to be fine."""
    _, port, _ = server
    command = [sys.executable, "-m", "ocma", "api", "--port", str(port)]
    servers = {"DATABASE_URL": services.postgres.app_url, "REDIS_URL": services.valkey.url}
    environment = {**os.environ, **servers, "OCMA_VAULT_KEYS": settings.vault_keys.get_secret_value()}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode != 0
    assert "address already in use" in done.stderr


def test_an_inherited_socket_is_what_it_is():
    """Taken for a Unix one, it would keep every body back until the client acknowledges the headers."""
    with socket.create_server(("127.0.0.1", 0)) as listening, _inherited(os.dup(listening.fileno())) as found:
        assert (found.family, found.getsockname()) == (socket.AF_INET, listening.getsockname())
    with pytest.raises(typer.BadParameter, match="no open socket"):
        _inherited(2**30)
