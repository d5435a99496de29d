"""Servers, the API in a process of its own, and, where it is asked for, a bucket in another."""

import asyncio
import base64
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx2

from ocma.bootstrap import resources
from ocma.features.workspaces import keys
from ocma.features.workspaces.caller import operator
from ocma.features.workspaces.workspaces import create_workspace
from ocma.ids import new_id
from ocma.infra import embedded, migrations
from ocma.settings import Settings

START = 60.0  # seconds
TIMEOUT = 900.0  # of one request


@dataclass
class Stage:
    api: subprocess.Popen[bytes]
    client: httpx2.Client


@contextmanager
def open_stage(data: Path, *, bucket: bool) -> Generator[Stage]:
    with embedded.temporary() as found:
        migrations.run(found.postgres.owner_url)
        settings = {
            "DATABASE_URL": found.postgres.app_url,
            "REDIS_URL": found.valkey.url,
            "OCMA_VAULT_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "OCMA_MEDIA_DIR": str(data / "media"),
            "OCMA_LOG_LEVEL": "WARNING",
            "TMPDIR": str(data),  # where the form is kept while it comes in: on disk, whatever /tmp is
        }
        with _bucket(bucket) as more:
            key = asyncio.run(_key(settings | more))
            with _served(settings | more) as (api, url):
                client = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT)
                with client:
                    _until_up(client)
                    yield Stage(api, client)


async def _key(settings: dict[str, str]) -> str:
    async with resources(Settings(_env_file=None, **settings)) as own:  # pyright: ignore[reportCallIssue,reportArgumentType] - pydantic-settings takes it
        caller = operator(new_id())
        async with own.database.transaction(caller.workspace_id) as session:
            await create_workspace(session, caller, "Bench", own.clock)
        async with own.database.transaction(caller.workspace_id) as session:
            return (await keys.create_key(session, caller, "bench", own.clock)).key


@contextmanager
def _served(settings: dict[str, str]) -> Generator[tuple[subprocess.Popen[bytes], str]]:
    """On a socket that was opened here, so that its address is surely ours."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.set_inheritable(True)
        command = [sys.executable, "-m", "ocma", "api", "--fd", str(listening.fileno())]
        child = subprocess.Popen(command, env={**os.environ, **settings}, pass_fds=[listening.fileno()])
        try:
            yield child, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            child.terminate()
            child.wait(30)


@contextmanager
def _bucket(wanted: bool) -> Generator[dict[str, str]]:
    if not wanted:
        yield {}
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _until_open(f"{url}/moto-api/")
        names = {"aws_access_key_id": "a-key", "aws_secret_access_key": "a-secret", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=url, **names).create_bucket(Bucket="bench")
        yield {
            "OCMA_MEDIA_STORAGE": "s3://bench/media",
            "OCMA_S3_ENDPOINT": url,
            "OCMA_S3_REGION": "us-east-1",
            "OCMA_S3_ACCESS_KEY_ID": "a-key",
            "OCMA_S3_SECRET_ACCESS_KEY": "a-secret",
        }
    finally:
        server.terminate()
        server.wait(15)


def _until_open(url: str) -> None:
    deadline = time.monotonic() + START
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # our own server, a line above
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _until_up(client: httpx2.Client) -> None:
    deadline = time.monotonic() + START
    while True:
        try:
            if client.get("/healthz").is_success:
                return
        except httpx2.TransportError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("the API did not start")
        time.sleep(0.1)
