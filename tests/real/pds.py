"""A real Bluesky PDS for tests, with a directory of DIDs of its own: npm packages, run by the Node that the development tools bring.

    with started(folder, users=("alice", "bob")) as pds:
        pds.url, pds.plc_url, pds.users["alice"].app_password

Facts: @atproto/pds 0.5.35 with better-sqlite3 13.2.0 (which brings its own binaries; 12 crashes on Node 24). It is known as
http://localhost:PORT, the only name under which it speaks plain HTTP. No AppView is behind it: it answers no app.bsky call, and
has no video service. A client is `http://localhost?redirect_uri=http://127.0.0.1:…&scope=…`.
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from ocma.infra.embedded import ports
from ocma.infra.embedded.process import Child, Command, bare_environment, end, spawn
from real.pds_packages import PACKAGES, node, packages

READY_LIMIT = 60.0  # seconds; 3 were seen on an idle machine
STARTS = 3  # a port may be taken by another between choosing and using it


@dataclass(frozen=True)
class User:
    """A session opened with the app password is what a user would give us."""

    handle: str
    did: str
    password: str = field(repr=False)
    app_password: str = field(repr=False)


@dataclass(frozen=True)
class Pds:
    """`url` is also the authorization server's."""

    url: str
    plc_url: str
    users: Mapping[str, User]
    pid: int
    folder: Path


@contextmanager
def started(folder: Path, users: tuple[str, ...] = ("alice",)) -> Iterator[Pds]:
    """A server of our own with these users, ended when the context ends, or by the kernel when we do."""
    home, binary = packages(), node().node
    for attempt in range(STARTS):
        contact, data = f"{secrets.token_hex(16)}@example.test", folder / f"pds{attempt}"
        pair = ports.keep(folder, data.name), ports.keep(folder, f"plc{attempt}")
        child = _start(binary, home, data, pair, contact)
        try:
            url = f"http://localhost:{pair[0]}"
            if _is_ours(child, url, contact):
                yield Pds(url, f"http://localhost:{pair[1]}", {name: create(url, name) for name in users}, child.pid, data)
                return
        finally:
            end(child)
    raise AssertionError(f"the PDS did not come up in {STARTS} starts: {_log(data)}")


def _start(binary: Path, home: Path, data: Path, pair: tuple[int, int], contact: str) -> Child:
    argv = (str(binary), str(PACKAGES / "pds.mjs"), str(data), *(str(port) for port in pair), contact)
    environment = {**bare_environment(), "NODE_ENV": "development", "LOG_ENABLED": "false"}
    return spawn(Command(argv=argv, log=data.with_suffix(".log"), folder=home, environment=environment, grace=5.0))


def _is_ours(child: Child, url: str, contact: str) -> bool:
    """Whoever tells our contact is the server we started, not one that had the port before."""
    give_up_at = time.monotonic() + READY_LIMIT
    while time.monotonic() < give_up_at and child.ended() is None:
        with suppress(httpx2.TransportError):
            answer = httpx2.get(f"{url}/xrpc/com.atproto.server.describeServer", timeout=5, trust_env=False)
            return answer.is_success and contact in answer.text
        time.sleep(0.1)
    return False


def create(url: str, name: str) -> User:
    """An account `name.test`, with an app password."""
    password = secrets.token_urlsafe(12)
    body = {"handle": f"{name}.test", "email": f"{name}@example.test", "password": password}
    account = _post(url, "createAccount", body)
    made = _post(url, "createAppPassword", {"name": "tests"}, account["accessJwt"])
    return User(account["handle"], account["did"], password, made["password"])


def _post(url: str, method: str, body: Mapping[str, str], token: str | None = None) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = f"{url}/xrpc/com.atproto.server.{method}"
    answer = httpx2.post(address, json=dict(body), headers=headers, timeout=30, trust_env=False)
    assert answer.is_success, f"{method}: {answer.status_code} {answer.text[:300]}"
    return answer.json()


def _log(data: Path) -> str:
    log = data.with_suffix(".log")
    return log.read_text(errors="replace")[-600:] if log.exists() else "no log"
