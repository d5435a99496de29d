"""Answers that stay open: who listens to what, what each still has to read, and how each of them ends."""

import asyncio
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from ocma_sandbox import wire
from ocma_sandbox.faults import DURING, Call, Fault, Faults

Seconds = float
FAREWELL_SECONDS = 0.2


class End(Enum):
    """In order: the last byte is followed by the end of the answer. Cut: the connection is reset."""

    IN_ORDER = "in order"
    CUT = "cut"


class Stream:
    """One reader's queue. It holds at most `most` items: who reads slower than that is cut, not buffered for ever."""

    def __init__(self, topics: Iterable[str], most: int) -> None:
        self.topics = frozenset(topics)
        self.ending: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._most = most
        self._waiting: deque[Any] = deque()
        self._changed = asyncio.Event()

    def take(self, item: Any) -> None:
        if len(self._waiting) >= self._most:
            self.end(End.CUT)
            return
        self._waiting.append(item)
        self._changed.set()

    def look(self) -> None:
        """Wakes the writer though there is nothing to write."""
        self._changed.set()

    def end(self, how: End) -> None:
        if not self.ending.done():
            self.ending.set_result(how)

    async def changed(self, until: Seconds | None) -> bool:
        """Waits for an item or a `look`; False when neither came by then (time of the event loop)."""
        try:
            async with asyncio.timeout_at(until):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    def next(self) -> Any:
        """The oldest item, None when there is none."""
        return self._waiting.popleft() if self._waiting else None


class Streams:
    """The open streams of all platforms. To be used in the server's event loop only."""

    def __init__(self) -> None:
        self._open: set[Stream] = set()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def opened(self, topics: Iterable[str], most: int) -> Generator[Stream]:
        stream = Stream(topics, most)
        if self._is_closed:
            stream.end(End.IN_ORDER)
        self._open.add(stream)
        try:
            yield stream
        finally:
            self._open.discard(stream)

    def tell(self, topic: str, item: Any) -> None:
        for stream in self._open:
            if topic in stream.topics:
                stream.take(item)

    def look(self) -> None:
        """There is a new fault: it may mean a stream that is open."""
        for stream in self._open:
            stream.look()

    def close(self) -> None:
        """Ends what is open, and what is opened later at once."""
        self._is_closed = True
        for stream in self._open:
            stream.end(End.IN_ORDER)


@dataclass(frozen=True)
class Wording:
    """How a platform writes its stream. `goes_on` is asked before everything written; its no ends the stream.

    `beat` is written every `beat_seconds`; 0 or less: never.
    """

    hello: bytes
    beat: bytes
    beat_seconds: Seconds
    write: Callable[[Any], bytes]
    goes_on: Callable[[], bool]


class EventStream(Response):
    """Server-sent events until the client goes, the server stops, the reader is too slow, or a fault strikes."""

    def __init__(
        self,
        streams: Streams,
        topics: Iterable[str],
        most: int,
        wording: Wording,
        cuts: "Cuts",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(headers={"Content-Type": "text/event-stream", **(headers or {})})
        del self.headers["content-length"]
        self._streams, self._topics, self._most = streams, topics, most
        self._wording, self._cuts = wording, cuts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send(_body(b"", more=False))
            return
        with self._streams.opened(self._topics, self._most) as stream:
            is_gone = await self._run(stream, receive, send)
        if not is_gone:
            await _end(stream.ending.result(), scope, receive, send)

    async def _run(self, stream: Stream, receive: Receive, send: Send) -> bool:
        """Until one of them is done; True when that was the client's going. Raises what the writing raised."""
        gone, writing = asyncio.create_task(wire.wait_gone(receive)), asyncio.create_task(self._write(stream, send))
        try:
            await asyncio.wait([gone, writing, stream.ending], return_when=asyncio.FIRST_COMPLETED)
            is_gone = gone.done()
        finally:
            await _stop(gone, writing)
        if not writing.cancelled():
            writing.result()
        return is_gone

    async def _write(self, stream: Stream, send: Send) -> None:
        words, now = self._wording, asyncio.get_running_loop().time
        await send(_body(words.hello))
        self._cut(stream, is_event=False)
        due = now() + words.beat_seconds if words.beat_seconds > 0 else None
        while True:
            if await stream.changed(due):
                await self._empty(stream, send)
            elif self._may_go_on(stream):
                await send(_body(words.beat))
                due = now() + words.beat_seconds

    async def _empty(self, stream: Stream, send: Send) -> None:
        """Writes what waits, as far as the stream lives."""
        self._cut(stream, is_event=False)
        while (item := stream.next()) is not None:
            self._cut(stream, is_event=True)
            if not self._may_go_on(stream):
                return
            await send(_body(self._wording.write(item)))
            self._cuts.passed += 1

    def _may_go_on(self, stream: Stream) -> bool:
        if not self._wording.goes_on():
            stream.end(End.IN_ORDER)
        return not stream.ending.done()

    def _cut(self, stream: Stream, *, is_event: bool) -> None:
        if not stream.ending.done() and self._cuts.strike(is_event=is_event):
            stream.end(End.CUT)


class Cuts:
    """The faults that mean one stream; each counts the events that passed since it was asked for."""

    def __init__(self, faults: Faults, call: Call) -> None:
        self.passed = 0
        self._faults, self._call = faults, call
        self._since: dict[int, int] = {fault.id: 0 for fault in self._matching()}

    def _matching(self) -> list[Fault]:
        return self._faults.matching(self._call, DURING)

    def strike(self, *, is_event: bool) -> bool:
        return any(self._is_due(fault, is_event=is_event) and self._faults.strikes(fault) for fault in self._matching())

    def _is_due(self, fault: Fault, *, is_event: bool) -> bool:
        since = self._since.setdefault(fault.id, self.passed)
        if fault.events is None:
            return True
        return is_event and self.passed - since >= fault.events


def _body(content: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def _stop(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _end(how: End, scope: Scope, receive: Receive, send: Send) -> None:
    if how is End.IN_ORDER:
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await send(_body(b"", more=False))
                return
        except TimeoutError:
            pass  # nobody reads: there is no way to end it in order
    await wire.abort(scope, receive)
