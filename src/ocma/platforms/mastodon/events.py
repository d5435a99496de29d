"""Server-sent events out of bytes as they come. No server can make us keep more than `most` of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST = 1024 * 1024  # bytes of a line, and of an event; those of a notification are some thousand
ENDS = re.compile(rb"\r\n|\n|\r(?=.)", re.DOTALL)  # a CR that is the last there is may be half an ending


class TooLong(Exception):
    """A line or an event that does not end."""


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: str


class Reader:
    """Comments (`:thump`), fields of no meaning here and events without data are passed over."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._line = bytearray()
        self._name, self._data, self._size = "", list[str](), 0

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that end in this piece. Raises TooLong."""
        return [event for line in self._lines(chunk) if (event := self._take(line)) is not None]

    def _lines(self, chunk: bytes) -> Iterator[str]:
        if self._line.endswith(b"\r"):
            self._line.pop()
            chunk = b"\r" + chunk
        *ended, rest = ENDS.split(chunk)
        for each in ended:
            self._keep(each)
            yield self._line.decode("utf-8", errors="replace")
            self._line.clear()
        self._keep(rest)

    def _keep(self, piece: bytes) -> None:
        self._line += piece
        self._bounded(len(self._line))

    def _bounded(self, size: int) -> None:
        if size > self._most:
            raise TooLong

    def _take(self, line: str) -> Event | None:
        if not line:
            event = Event(self._name or "message", "\n".join(self._data)) if self._data else None
            self._name, self._data, self._size = "", [], 0
            return event
        name, _, value = line.partition(":")
        self._size += len(line)
        self._bounded(self._size)
        if name == "event":
            self._name = value.removeprefix(" ")
        elif name == "data":
            self._data.append(value.removeprefix(" "))
        return None
