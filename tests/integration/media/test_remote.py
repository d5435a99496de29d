"""Files by URL: taken over from wherever the guarded way leads, and from nowhere else."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
import pytest

from answers import good
from factories import Factory
from films import film, picture
from ocma.errors import Invalid
from ocma.features.media import remote
from ocma.features.media.library import Library
from ocma.infra.outbound import Outbound

MOVED = "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def whole(content, **headers):
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n{more}Connection: close\r\n\r\n".encode() + content


@asynccontextmanager
async def serving(answers):
    """A server that answers by path; yields its host and port and what it was asked."""
    asked = []

    async def connection(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split()[1]
        asked.append((path, head))
        answer = answers[path]
        writer.write(answer if isinstance(answer, bytes) else answer.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@pytest.fixture
async def taken(shop):
    """Takes over a file from a URL; hosts in `trusted` stand for the open internet."""

    async def fetch(url, *trusted):
        outbound = Outbound(timeout=30, trusted_hosts=trusted)
        make = Factory(shop)
        caller = make.caller(await make.workspace())
        try:
            return await Library(shop.library.shelf, outbound, reachable=False).fetch(caller, url, "mediaUrls.0")
        finally:
            await outbound.close()

    return fetch


async def test_every_kind_is_taken_over(taken, tmp_path):
    video = film(tmp_path / "a.mp4", noise=True).read_bytes()
    async with serving({"/a.png": whole(picture()), "/b": whole(video, Content_Type="text/html")}) as (host, asked):
        assert (await taken(f"http://{host}/a.png", host)).mime_type == "image/png"
        found = await taken(f"http://{host}/b", host)
    assert (found.mime_type, found.size) == ("video/mp4", len(video))
    assert all("authorization" not in head.lower() and "cookie" not in head.lower() for _, head in asked)


async def test_it_goes_where_it_is_passed_on_to(taken):
    answers = {"/a": MOVED.format("/b"), "/b": MOVED.format("c"), "/c": MOVED.format("/d"), "/d": whole(picture())}
    async with serving(answers) as (host, asked):
        assert (await taken(f"http://{host}/a", host)).kind == "image"
    assert [path for path, _ in asked] == ["/a", "/b", "/c", "/d"]


async def test_but_not_for_ever(taken):
    async with serving({"/a": MOVED.format("/a")}) as (host, asked):
        await refused(taken(f"http://{host}/a", host))
    assert len(asked) == remote.REDIRECTS + 1


@pytest.mark.parametrize(
    "place",
    [
        "http://{inner}/secret",
        "//{inner}/secret",
        "http://2130706433:{port}/secret",
        "http://0x7f.1:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://localhost:{port}/secret",
        "http://u:p@{inner}/secret",
        "file:///etc/passwd",
        "gopher://{inner}/secret",
        "",
    ],
)
async def test_every_hop_is_looked_at(taken, place):
    """The first server may be reached, what it points to may not: nothing arrives there."""
    async with serving({"/secret": whole(picture())}) as (inner, asked_inside):
        location = place.format(inner=inner, port=inner.rpartition(":")[2])
        async with serving({"/a": MOVED.format(location), "/": whole(b"")}) as (host, _):
            await refused(taken(f"http://{host}/a", host))
    assert asked_inside == []


async def test_not_from_encrypted_to_plain(monkeypatch):
    class Answers(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request):
            assert request.url.scheme == "https"
            return httpx2.Response(302, headers={"Location": "http://a.example/b"})

    outbound = Outbound()
    monkeypatch.setattr(outbound, "transport", lambda **_: Answers())
    with pytest.raises(Invalid, match="without encryption"):
        async with remote.opened(outbound, "https://a.example/a", "mediaUrls.0", 10):
            pass
    await outbound.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        b"what is this?\r\n\r\n",
        whole(b"<html>"),
        whole(picture())[:-20],
        whole(picture(), Content_Encoding="gzip"),
    ],
    ids=["missing", "nowhere", "no http", "no picture", "broken off", "compressed"],
)
async def test_answers_that_are_no_file(taken, answer):
    async with serving({"/a": answer}) as (host, _):
        await refused(taken(f"http://{host}/a", host))


async def test_a_file_without_end_is_cut_off(taken, shop):
    """No length is told; the limit of its kind holds while it comes."""
    endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + picture() + bytes(shop.settings.image_max_bytes)
    async with serving({"/a": endless}) as (host, _):
        await refused(taken(f"http://{host}/a", host), "mediaTooLarge")


async def test_a_server_that_takes_its_time_for_ever(taken, monkeypatch):
    monkeypatch.setattr(remote, "SECONDS", 0.5)

    async def drips(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + picture()[:20])
        try:
            for _ in range(100):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(drips, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with asyncio.timeout(10):
        await refused(taken(f"http://{host}/a", host))
    server.close()


async def test_a_private_address_is_not_reached_at_all(taken):
    async with serving({"/a": whole(picture())}) as (host, asked):
        await refused(taken(f"http://{host}/a"))
    assert asked == []


async def refused(fetching, code="mediaUnreachable"):
    with pytest.raises(Invalid) as raised:
        await fetching
    assert [each.path for each in raised.value.issues] == ["mediaUrls.0"]
    assert raised.value.rule in {code, "mediaUnreadable"}


async def test_from_the_schedule(door, shop, tmp_path):
    """The whole way, as a user goes it: an address inside is told by its place in the request."""
    make = Factory(shop)
    key = await make.key(await make.workspace())
    body = {"content": "x", "platforms": ["x"], "scheduledAt": "now", "mediaUrls": ["http://169.254.169.254/latest/meta-data/"]}
    answer = await door.post("/api/queue/schedule", headers=key, json=body)
    assert answer.status_code == 422
    assert [each["path"] for each in answer.json()["errors"]] == ["mediaUrls.0"]
    assert good(await door.get("/api/media", headers=key))["data"] == []
