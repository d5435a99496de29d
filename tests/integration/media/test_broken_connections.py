"""Over a real connection that breaks, into an API that is killed: what arrived is there, and the rest can follow."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2
import pytest

import stage
from factories import Factory
from films import film
from ocma import bootstrap
from ocma.settings import Settings

TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(scope="module")
def env(services, tmp_path_factory):
    return stage.settings(services.postgres.app_url, services.valkey.url, tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
async def headers(env):
    async with bootstrap.resources(Settings(_env_file=None, **env)) as resources:
        make = Factory(resources)
        return await make.key(await make.workspace())


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    return film(tmp_path_factory.mktemp("films") / "a.mp4", noise=True, size=(640, 360)).read_bytes()


async def begin(client, headers, size):
    answer = await client.post("/api/uploads", headers={**headers, **TUS, "Upload-Length": str(size)})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def offset(client, headers, place):
    answer = await client.head(place, headers={**headers, **TUS})
    return int(answer.headers["upload-offset"])


def opened(url, place, headers, length, at=0):
    """A connection on which a piece of `length` bytes was announced."""
    found = socket.create_connection((urlsplit(url).hostname, urlsplit(url).port))
    lines = {
        **headers,
        **TUS,
        "Host": "api",
        "Upload-Offset": at,
        "Content-Length": length,
        "Content-Type": "application/offset+octet-stream",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    found.sendall(f"PATCH {place} HTTP/1.1\r\n{head}\r\n".encode())
    return found


@contextmanager
def killable(listening, env):
    """The API in a process of its own, on a socket that outlives it."""
    command = [sys.executable, "-m", "ocma", "api", "--fd", str(listening.fileno())]
    child = subprocess.Popen(command, env={**os.environ, **env}, pass_fds=[listening.fileno()], stdout=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.kill()
        child.wait(30)


async def test_a_connection_that_breaks_in_the_middle(env, headers, content):
    half = len(content) // 2
    with stage.served(env) as url:
        async with httpx2.AsyncClient(base_url=url, timeout=150) as client:
            place = await begin(client, headers, len(content))
            with opened(url, place, headers, len(content)) as connection:
                connection.sendall(content[:half])

            async def arrived():
                return (await offset(client, headers, place)) or None

            assert await stage.until(arrived, 20) == half
            rest = {**headers, **TUS, "Upload-Offset": str(half), "Content-Type": "application/offset+octet-stream"}
            assert (await client.patch(place, headers=rest, content=content[half:])).status_code == 204
            medium = place.rpartition("/")[2]
            assert (await client.get(f"/api/media/{medium}/content", headers=headers)).content == content


async def test_an_api_that_is_killed_in_the_middle(env, headers, content):
    """Whole pieces were written down before; another process goes on from there."""
    film_and_more = content + bytes(9 * 1024 * 1024)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.set_inheritable(True)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx2.AsyncClient(base_url=url, timeout=150) as client:
            with killable(listening, env) as child:
                place = await begin(client, headers, len(film_and_more))
                connection = opened(url, place, headers, len(film_and_more))
                await asyncio.to_thread(connection.sendall, film_and_more[: len(content) + 8 * 1024 * 1024])

                async def some():
                    return (await offset(client, headers, place)) or None

                await stage.until(some, 30)
                os.kill(child.pid, signal.SIGKILL)
                connection.close()
        async with httpx2.AsyncClient(base_url=url, timeout=150) as client:
            with killable(listening, env):
                at = await offset(client, headers, place)
                assert 0 < at < len(film_and_more)
                rest = {**headers, **TUS, "Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
                assert (await client.patch(place, headers=rest, content=film_and_more[at:])).status_code == 204
                medium = place.rpartition("/")[2]
                assert (await client.get(f"/api/media/{medium}/content", headers=headers)).content == film_and_more
