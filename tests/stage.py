"""A stage for whole stories: embedded servers, the sandbox and our own processes, all real, all ours."""

import asyncio
import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import httpx2

from ocma.bootstrap import Resources
from ocma.features.accounts import authorizations, connections
from ocma.features.accounts.connections import Code
from ocma.features.accounts.models import Account
from ocma.features.publishing import jobs
from ocma.features.publishing.breaker import Place, places_key
from ocma.features.publishing.jobs import Job
from ocma.features.publishing.schemas import Schedule
from ocma.features.scheduling.schedule import Calendar, schedule
from ocma.features.workspaces.caller import Caller, operator
from ocma.features.workspaces.models import Workspace
from ocma.ids import new_id
from ocma.infra.redis import Client
from ocma.platforms.registry import connectors

STOPPING_WORKER = Path(__file__).parent / "stopping_worker.py"
# What platforms do by themselves against doubles, as they usually have it. The others' own means cannot be turned off: a
# container, an upload session or a record's key works once.
GUARDS: dict[str, tuple[str, int | bool]] = {
    "x": ("duplicate_window_seconds", 86400),
    "mastodon": ("idempotency_seconds", 3600),
    "linkedin": ("duplicate_window_seconds", 600),
    "facebook": ("duplicates_refused", True),
}
# All tests come from one address, and schemathesis asks tens of thousands of times. The limits are counted all the same.
UNLIMITED = {f"OCMA_RATE_LIMIT_{kind}": "100000000/1m" for kind in ("READ", "WRITE", "UPLOAD", "DOWNLOAD", "AUTH", "AI")}
# A worker that reads figures would meet the faults that are meant for publishing; who tests that turns it on.
UNMEASURED = {"OCMA_METRICS_ENABLED": "false"}
# What the gates keep in Redis of how an app's calls went (breaker.lua).
TROUBLES = ("breaker", "probe", "tally", "down", "refused")
LINKEDIN_SCOPES = "openid profile w_member_social rw_organization_admin w_organization_social r_organization_social"


@dataclass
class Sandbox:
    """The platforms' side, in a process of its own."""

    url: str
    client_id: str
    client_secret: str
    process: subprocess.Popen[str] = field(repr=False)

    async def books(self, platform: str, content: str) -> list[dict[str, Any]]:
        """What the platform itself has on record with this text."""
        async with httpx2.AsyncClient(timeout=30) as client:
            found = (await client.get(f"{self.url}/_control/books", params={"platform": platform})).raise_for_status()
        return [each for each in found.json()["data"] if each["content"] == content]

    async def marked(self, platform: str, mark: str) -> list[dict[str, Any]]:
        """What the platform has on record with this mark somewhere in its text: some put a title before it."""
        async with httpx2.AsyncClient(timeout=30) as client:
            found = (await client.get(f"{self.url}/_control/books", params={"platform": platform})).raise_for_status()
        return [each for each in found.json()["data"] if mark in each["content"]]

    async def fault(self, platform: str, kind: str, count: int = 1, **more: Any) -> None:
        async with httpx2.AsyncClient(timeout=30) as client:
            body = {"platform": platform, "kind": kind, "count": count, **more}
            (await client.post(f"{self.url}/_control/faults", json=body)).raise_for_status()

    async def waiting_faults(self) -> list[dict[str, Any]]:
        """Those that have not struck yet."""
        async with httpx2.AsyncClient(timeout=30) as client:
            return (await client.get(f"{self.url}/_control/faults")).raise_for_status().json()["data"]

    async def guard(self, *, on: bool) -> None:
        """The platforms' own protection against doubles. Off: what we send twice is live twice, so that a test can see it."""
        async with httpx2.AsyncClient(timeout=30) as client:
            for platform, (name, usual) in GUARDS.items():
                body = {"platform": platform, "settings": {name: usual if on else type(usual)(0)}}
                (await client.post(f"{self.url}/_control/settings", json=body)).raise_for_status()

    async def clear_faults(self) -> None:
        async with httpx2.AsyncClient(timeout=30) as client:
            (await client.delete(f"{self.url}/_control/faults")).raise_for_status()

    def environment(self) -> dict[str, str]:
        """Every platform is here; X and Mastodon are moved by variables of their own, and X knows an app of ours."""
        return {
            "OCMA_SANDBOX_URL": self.url,
            "OCMA_LINKEDIN_SCOPES": LINKEDIN_SCOPES,  # an app that has been allowed pages
            "OCMA_X_API_URL": f"{self.url}/x",
            "OCMA_X_AUTH_URL": f"{self.url}/x",
            "OCMA_MASTODON_API_URL": f"{self.url}/mastodon",
            "TWITTER_CLIENT_ID": self.client_id,
            "TWITTER_CLIENT_SECRET": self.client_secret,
        }


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    client_id, secret = f"client-{secrets.token_hex(4)}", secrets.token_hex(24)
    command = [sys.executable, "-m", "ocma_sandbox", "--port", "0", "--x-client-id", client_id, "--x-client-secret", secret]
    command += ["--die-with-parent"] if sys.platform == "linux" else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline().split()
        assert line[:1] == ["READY"], line
        yield Sandbox(line[1], client_id, secret, process)
    finally:
        process.terminate()
        process.wait(15)


def environment(database_url: str, redis_url: str, sandbox: Sandbox, media: Path) -> dict[str, str]:
    return settings(database_url, redis_url, media) | sandbox.environment()


def settings(database_url: str, redis_url: str, media: Path) -> dict[str, str]:
    """For our processes: patient enough to be safe, impatient enough for a test."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "OCMA_VAULT_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "OCMA_MEDIA_DIR": str(media),
        "OCMA_LEASE_SECONDS": "1.5",
        "OCMA_PUBLISH_TIMEOUT_SECONDS": "1.5",
        "OCMA_SETTLE_PATIENCE": "0.05",
        "OCMA_SCHEDULE_HORIZON_DAYS": "36525",  # what is not to go out while a test runs is due in 2099
        "OCMA_LOG_LEVEL": "WARNING",
        **UNLIMITED,
        **UNMEASURED,
    }


@contextmanager
def process(arguments: list[str], env: Mapping[str, str], log: IO[bytes] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """One of our own processes; killed at the end by its pid. `log` gets what it says."""
    command = [sys.executable, *arguments]
    child = subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=log)
    try:
        yield child
    finally:
        child.kill()
        child.wait(15)


def worker(env: Mapping[str, str]):
    return process(["-m", "ocma", "worker"], env)


def stopping_worker(stage: str, env: Mapping[str, str], publications: int = 1, time: int = 1):
    """A worker that kills itself -9 when so many publications, of an account each, have reached `stage` for the n-th time."""
    return process([str(STOPPING_WORKER), stage, str(publications), str(time)], env)


@contextmanager
def served(env: Mapping[str, str], log: IO[bytes] | None = None) -> Iterator[str]:
    """The HTTP door in a process of its own, on a socket that we opened: its URL is surely ours."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.set_inheritable(True)
        command = [sys.executable, "-m", "ocma", "api", "--fd", str(listening.fileno())]
        whole, passed = {**os.environ, **env}, [listening.fileno()]
        child = subprocess.Popen(command, env=whole, pass_fds=passed, stdout=subprocess.DEVNULL, stderr=log)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            child.terminate()
            child.wait(30)


@dataclass
class Company:
    """A workspace with connected accounts, driven by the services themselves."""

    resources: Resources
    caller: Caller

    async def connect(self, platform: str, name: str) -> Account:
        """The whole OAuth walk at the sandbox, as `name`. Of several accounts the last: a page, not the member who runs it."""
        begun = await authorizations.begin(self.resources.desk, self.caller, platform, None, None)
        async with httpx2.AsyncClient(timeout=30) as client:
            handle = name.replace("-", "_")[:15]  # as long as X allows
            answer = await client.get(f"{begun.url}&approve=1&account={handle}")
        back = httpx2.URL(answer.headers["location"]).params
        code = Code(platform, back["code"], back["state"], issuer=back.get("iss"))
        return (await connections.connect(self.resources.desk, self.caller, code))[-1]

    async def keep(self, content: bytes) -> str:
        """The id of a file in the library."""

        async def whole() -> AsyncIterator[bytes]:
            yield content

        return str((await self.resources.library.keep(self.caller, whole())).id)

    async def schedule(self, text: str, account: Account, **more: Any) -> Job:
        wanted = Schedule.model_validate({"content": text, "accountIds": [account.id], "scheduledAt": "now", **more})
        calendar = Calendar(self.resources.database, self.resources.library, self.resources.clock, timedelta(days=36525))
        return await self.job((await schedule(calendar, self.caller, wanted)).post.id)

    async def job(self, post_id: Any) -> Job:
        async with self.resources.database.transaction(self.caller.workspace_id) as session:
            return await jobs.get_job(session, post_id)

    async def wait(self, job: Job, *statuses: str, limit: float = 45.0) -> Job:
        async def reached() -> Job | None:
            now = await self.job(job.post.id)
            return now if now.status in statuses else None

        try:
            return await until(reached, limit)
        except TimeoutError:
            now = await self.job(job.post.id)
            states = [[each.state, each.attempt, each.lease_until, each.error, each.progress] for each in now.publications]
            states += [[each.part, each.state, each.started_at, each.error] for each in now.attempts]
            raise AssertionError(f"{now.status} instead of {statuses}: {json.dumps(states, default=str)}") from None


async def company(resources: Resources) -> Company:
    """Nobody has found its platforms wanting: breakers are of an app, and the faults of several tests together would open them."""
    await _forget_troubles(resources.redis)
    workspace_id = new_id()
    async with resources.database.transaction(workspace_id) as session:
        session.add(Workspace(id=workspace_id, name="Company", timezone="UTC", on_unknown="settle"))
    return Company(resources, operator(workspace_id))


async def _forget_troubles(redis: Client) -> None:
    for platform in connectors():
        for name in await redis.zrange(places_key(platform), 0, -1):
            place = Place(platform, name.decode())
            await redis.delete(*(place.key(kind) for kind in TROUBLES))


async def until(reached: Callable[[], Awaitable[Any]], limit: float) -> Any:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if (found := await reached()) is not None:
            return found
        await asyncio.sleep(0.05)
    raise TimeoutError
