"""A server of notices on a real socket: the list with its pages and the stream, as Mastodon documents them, to be broken at will."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from contract.mastodon.server import status

LIST, STREAM, INSTANCE = "/api/v1/notifications", "/api/v1/streaming/user/notification", "/api/v2/instance"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def notice(number: int, kind: str = "mention", **said: object) -> dict:
    author = {"id": "7", "username": "bob", "acct": "bob@far.example", "display_name": "Bob"}
    told = status(number, **{"content": f"<p>hello {number}</p>", "account": author, **said}) if kind != "follow" else None
    return {"id": str(number), "type": kind, "created_at": "2026-11-22T12:00:01.000Z", "account": author, "status": told}


@dataclass
class Radio:
    """`page`: most notices of a page. `answers`: path -> status, headers and body, in place of the usual."""

    url: str = ""
    page: int = 80
    notices: list[dict] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    streams: list[asyncio.StreamWriter] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    greeting: bytes = b":)\n"

    def put(self, number: int, kind: str = "mention", **said: object) -> dict:
        """Into the list, and to nobody's stream."""
        self.notices.append(notice(number, kind, **said))
        return self.notices[-1]

    async def say(self, number: int, kind: str = "mention", **said: object) -> None:
        """Into the list, and at once to all who listen."""
        await self.send(event(self.put(number, kind, **said)))

    async def send(self, data: bytes) -> None:
        for stream in self.streams:
            stream.write(chunk(data))
            await stream.drain()

    def reset(self) -> None:
        for stream in self.streams:
            stream.transport.abort()
        self.streams.clear()

    async def listened_to(self, times: int = 1) -> None:
        """Until so many streams have been asked for, all in all."""
        async with asyncio.timeout(10):
            while sum(path == STREAM for path, _ in self.asked()) < times or not self.streams:
                await asyncio.sleep(0.005)

    def asked(self) -> list[tuple[str, dict[str, str]]]:
        return [(urlsplit(target).path, headers) for target, headers in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        target = first.split(" ")[1]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.requests.append((target, headers))
        path = urlsplit(target).path
        if path in self.answers:
            writer.write(whole(*self.answers[path]))
        elif path == STREAM:
            return await self._stream(reader, writer)
        elif path == LIST:
            writer.write(whole(200, *self._listed(parse_qs(urlsplit(target).query))))
        else:
            writer.write(whole(404, {}, b'{"error": "Record not found"}'))
        await writer.drain()
        return True

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(HEAD + chunk(self.greeting))
        self.streams.append(writer)
        await reader.read()  # until the other side goes
        self.ended.set()
        return False

    def _listed(self, query: dict[str, list[str]]) -> tuple[dict[str, str], bytes]:
        found = [each for each in self.notices if each["type"] in query["types[]"]]
        if "min_id" in query:
            found = [each for each in found if int(each["id"]) > int(query["min_id"][0])][: self.page]
        shown = sorted(found, key=lambda each: -int(each["id"]))[: self.page]
        link = f'<{self.url}{LIST}?min_id={shown[0]["id"]}>; rel="prev"' if shown else ""
        return {"Link": link} if link else {}, json.dumps(shown).encode()


def event(told: dict, name: str = "notification") -> bytes:
    return f"event: {name}\ndata: {json.dumps(told)}\n\n".encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def whole(code: int, headers: dict[str, str], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {code} Answer\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def on_air(**how: object) -> AsyncIterator[Radio]:
    radio = Radio(**how)
    server = await asyncio.start_server(radio.serve, "127.0.0.1", 0)
    radio.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield radio
    finally:
        server.close()
        radio.reset()
