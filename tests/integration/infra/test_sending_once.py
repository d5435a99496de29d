"""The call that publishes, through the real outbound stack, against servers that read it and then misbehave.

Each counts the POSTs it read: never more than one, and whatever leaves open whether that one was accepted is OutcomeUnknown.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest

from ocma.infra.outbound import FRESH, AlwaysFresh, Bounded, Outbound, SafeRetry, Traced, TrueErrors, Unclosed
from ocma.platforms.connector import Access
from ocma.platforms.content import Content, Media, Part
from ocma.platforms.errors import OutcomeUnknown, PlatformUnavailable
from ocma.platforms.mastodon import Mastodon

RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # SO_LINGER of no seconds: closing sends RST
YES = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Wire:
    """One connection. `read` takes a whole request and says its method."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Counter[str]) -> None:
        self._reader, self._writer, self._seen = reader, writer, seen

    async def read(self) -> str:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:-1])
        await self._reader.readexactly(int(fields.get("content-length", 0)))
        method = head.split()[0]
        self._seen[method] += 1
        return method

    async def read_upload(self) -> tuple[str, bytes]:
        """Its head and exactly the bytes it announced."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        return head, await self._reader.readexactly(int(head.partition("content-length: ")[2].split("\r\n")[0]))

    async def write(self, answer: bytes) -> None:
        self._writer.write(answer)
        await self._writer.drain()

    def reset(self) -> None:
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._writer.transport.abort()


Behaviour = Callable[[Wire], Awaitable[None]]


@asynccontextmanager
async def serving(behaviour: Behaviour):
    """Yields the server's URL and its count of requests."""
    seen: Counter[str] = Counter()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behaviour(Wire(reader, writer, seen))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client closed its side, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen
    server.close()


class Users(Outbound):
    """The way to servers that users name, open for loopback."""

    def transport(self, *, chosen: bool, fresh: bool = False) -> httpx2.AsyncBaseTransport:
        stack = Bounded(SafeRetry(Traced(TrueErrors(self._closing[1]))))
        return Unclosed(AlwaysFresh(stack) if fresh else stack)


@pytest.fixture(scope="module", params=[Outbound, Users])
async def outbound(request):
    stack = request.param(timeout=2)
    yield stack
    await stack.close()


async def send(access: Access, **request) -> httpx2.Response:
    return await Mastodon().send(access, "POST", "/api/v1/statuses", json={"status": "once"}, **request)


async def close_after_reading(wire: Wire) -> None:
    while await wire.read() == "GET":
        await wire.write(YES)


async def reset_after_reading(wire: Wire) -> None:
    while await wire.read() == "GET":
        await wire.write(YES)
    wire.reset()


async def hang(wire: Wire) -> None:
    while await wire.read() == "GET":
        await wire.write(YES)
    await asyncio.sleep(30)


def answer(posted: bytes) -> Behaviour:
    async def behaviour(wire: Wire) -> None:
        while True:
            await wire.write(YES if await wire.read() == "GET" else posted)

    return behaviour


LOST = {
    "closed": close_after_reading,
    "reset": reset_after_reading,
    "hanging": hang,
    "500": answer(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
    "503": answer(b"HTTP/1.1 503 Oops\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"),
    "not HTTP": answer(b"what is this?\r\n\r\n"),
    "huge header": answer(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\nContent-Length: 2\r\n\r\n{}"),
    "false gzip": answer(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
}


@pytest.mark.parametrize("behaviour", LOST.values(), ids=LOST)
@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("how", [{}, {"extensions": dict(FRESH)}], ids=["", "fresh"])
async def test_what_may_have_been_accepted_is_unknown_and_was_sent_once(outbound, behaviour, kept, how):
    async with serving(behaviour) as (url, seen):
        access = Access(outbound.client(url, chosen=True))
        if kept:
            assert (await access.client.get("/")).status_code == 200
        with pytest.raises(OutcomeUnknown):
            await send(access, **how)
        await asyncio.sleep(0.2)  # long enough for a second one to arrive
        assert seen["POST"] == 1


async def test_an_answer_knows_what_was_asked_also_when_it_is_a_yes(outbound):
    """Connectors learn from every answer, for the server that gave it."""
    async with serving(answer(YES)) as (url, _):
        told = await send(Access(outbound.client(url, chosen=True)))
        assert (told.request.method, str(told.request.url)) == ("POST", f"{url}/api/v1/statuses")


async def test_an_answer_that_breaks_off_is_unknown(outbound):
    async def breaks_off(wire: Wire) -> None:
        await wire.read()
        await wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}")

    async with serving(breaks_off) as (url, seen):
        with pytest.raises(OutcomeUnknown):
            await send(Access(outbound.client(url, chosen=True)))
        assert seen["POST"] == 1


async def test_on_a_kept_connection_that_the_server_just_closed_nothing_is_sent_twice(outbound):
    """As snac does after each answer, without a word. Whether the POST was read cannot be known; FRESH avoids the question."""

    async def close_after_answering(wire: Wire) -> None:
        await wire.read()
        await wire.write(YES)

    async with serving(close_after_answering) as (url, seen):
        access, answered, unknown = Access(outbound.client(url, chosen=True)), 0, 0
        for _ in range(20):
            await access.client.get("/")
            try:
                await send(access)
                answered += 1
            except OutcomeUnknown:
                unknown += 1
        assert seen["POST"] == answered
        assert answered + unknown == 20
        for _ in range(20):
            await access.client.get("/")
            await send(access, extensions=dict(FRESH))
        assert seen["POST"] == answered + 20
        async with httpx2.AsyncClient(base_url=url, transport=outbound.transport(chosen=True, fresh=True)) as flow:
            for _ in range(20):
                await flow.get("/")
                await flow.post("/oauth/token", data={"code": "works once"})
        assert seen["POST"] == answered + 40


async def test_a_connection_that_cannot_be_had_means_that_nothing_was_sent(outbound):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: refused
        for url in (f"http://127.0.0.1:{unused.getsockname()[1]}", "http://no-such-host.invalid"):
            with pytest.raises(PlatformUnavailable):
                await send(Access(outbound.client(url, chosen=True)))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9", "http://2130706433:9"])
async def test_private_addresses_that_a_user_names_are_not_reached(url):
    outbound = Outbound(timeout=2)
    with pytest.raises(PlatformUnavailable):
        await send(Access(outbound.client(url, chosen=False)))
    await outbound.close()


async def test_no_error_carries_the_token(outbound):
    """aiohttp's error of an answer that is not HTTP holds the request's headers."""
    async with serving(LOST["not HTTP"]) as (url, _):
        with pytest.raises(OutcomeUnknown) as raised:
            await send(Access(outbound.client(url, chosen=True, headers={"Authorization": "Bearer s3cret"})))
    error: BaseException | None = raised.value
    while error is not None:
        assert "s3cret" not in repr(error) + str(error)
        error = error.__cause__ or error.__context__


async def test_a_streamed_upload_tells_its_length_and_arrives_once(outbound):
    """Through aiohttp too, which would otherwise send chunks."""
    read: list[tuple[str, bytes]] = []

    async def chunks():
        for _ in range(300):
            yield b"x" * 1000

    async def store(wire: Wire) -> None:
        read.append(await wire.read_upload())
        await wire.write(YES.replace(b"Length: 2", b"Length: 11").replace(b"{}", b'{"id": "1"}'))

    media = Media("m", "image", "image/png", 300_000, chunks, alt_text="Größe")
    async with serving(store) as (url, _):
        (step,) = Mastodon().steps(Content((Part("", (media,)),)))
        assert await step.run(Access(outbound.client(url, chosen=True)), {}) == "1"
    ((head, body),) = read
    assert "chunked" not in head
    assert body.count(b"x") == 300_000
    assert "Größe".encode() in body


async def test_an_upload_whose_file_is_shorter_than_recorded_is_broken_off(outbound):
    async def chunks():
        yield b"x" * 10

    async with serving(close_after_reading) as (url, seen):
        (step,) = Mastodon().steps(Content((Part("", (Media("m", "image", "image/png", 11, chunks),)),)))
        with pytest.raises(PlatformUnavailable):
            await step.run(Access(outbound.client(url, chosen=True)), {})
        assert not seen


async def slow(wire: Wire) -> None:
    """Longer than the usual time, as a server that converts what it was sent."""
    await wire.read()
    await asyncio.sleep(3)
    await wire.write(YES)


async def test_a_request_that_asks_for_more_time_gets_it(outbound):
    async with serving(slow) as (url, seen):
        client = outbound.client(url, chosen=True)
        with pytest.raises(httpx2.ReadTimeout):
            await client.request("POST", "/file", content=b"x")
        answered = await client.request("POST", "/file", content=b"x", timeout=httpx2.Timeout(60.0))
    assert (answered.status_code, seen["POST"]) == (200, 2)
