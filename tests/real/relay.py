"""A way to a server on which a call can get lost: a TCP relay that passes everything on until a test says otherwise.

    async with relaying("localhost", 2583) as relay:
        relay.lose("answer", "/xrpc/com.atproto.repo.createRecord", "reset")

The next call to that path loses its answer (the server has taken it), or never arrives, or arrives late: right before the next
call to the same path. Its connection is then reset, or stays open without a word.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

What = Literal["answer", "request", "late"]
Then = Literal["reset", "silence"]
RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # SO_LINGER of no seconds: closing sends RST
PATIENCE = 180.0  # seconds; longer than any client here


@dataclass(frozen=True)
class Wire:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, message: bytes) -> None:
        self.writer.write(message)
        await self.writer.drain()

    async def read(self) -> bytes:
        """A whole request or answer, as it came; empty where no other follows."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            return b""
        fields = dict(line.lower().split(":", 1) for line in head.decode("latin-1").split("\r\n")[1:] if ":" in line)
        if "chunked" in fields.get("transfer-encoding", ""):
            return head + await self._chunks()
        return head + await self.reader.readexactly(int(fields.get("content-length", 0)))

    async def _chunks(self) -> bytes:
        read = b""
        while True:
            line = await self.reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            read += line + await self.reader.readexactly(size + 2)
            if size == 0:
                return read

    async def end(self, then: Then) -> None:
        if then == "silence":
            with suppress(TimeoutError, ConnectionError):
                await asyncio.wait_for(self.reader.read(), PATIENCE)  # until the client has had enough
        else:
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.writer.transport.abort()


@dataclass
class Relay:
    """`lost`: how many calls were; `told`: what the server said to calls of that path since, in order: status lines."""

    url: str
    server: tuple[str, int]
    told: list[str] = field(default_factory=list)
    lost: int = 0
    _what: What | None = None
    _then: Then = "reset"
    _path: bytes = b"-"
    _held: bytes = b""

    def lose(self, what: What, path: str, then: Then) -> None:
        """One call, once."""
        self._what, self._then, self._path, self._held = what, then, f" {path} ".encode(), b""
        self.lost, self.told = 0, []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here, there = Wire(reader, writer), Wire(*await asyncio.open_connection(*self.server))
        try:
            while call := await here.read():
                if (answer := await self._passed(call, there)) is None:
                    await here.end(self._then)
                    return
                await here.send(answer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # either side has gone, or the test is over
        finally:
            writer.close()
            there.writer.close()

    async def _passed(self, call: bytes, there: Wire) -> bytes | None:
        """What the server answers; None: that is lost."""
        if self._path not in call.split(b"\r\n", 1)[0]:
            return await _asked(call, there)
        what, self._what = self._what, None
        if what is None:
            late, self._held = self._held, b""
            for each in (late, call) if late else (call,):
                answer = await _asked(each, there)
                self.told.append(answer.split(b"\r\n", 1)[0].decode())
            return answer
        if what == "answer":
            self.told.append((await _asked(call, there)).split(b"\r\n", 1)[0].decode())
        self.lost += 1  # not before the server has done it: whoever sees it counts what is there
        self._held = call if what == "late" else b""
        return None


async def _asked(call: bytes, there: Wire) -> bytes:
    await there.send(call)
    if not (answer := await there.read()):
        raise ConnectionResetError
    return answer


@asynccontextmanager
async def relaying(host: str, port: int) -> AsyncIterator[Relay]:
    relay = Relay("", (host, port))
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.url = f"http://localhost:{server.sockets[0].getsockname()[1]}"
    try:
        yield relay
    finally:
        server.close()
