"""The platform's side, as lean as it gets: answers `POST /2/tweets` with 201 after 50 ms and keeps books of what arrived.

A process of its own without any of the product's code: `responder.py [seconds]`. Its first line on stdout is its URL.
"""

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

PAUSE = 0.05  # seconds until an answer


class Books:
    """`posts`: marker, token, arrived at, answered at (epoch seconds; 0 while it is waiting)."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.posts: list[tuple[str, str, float, float]] = []
        self.answered = 0


class Conversation(asyncio.Protocol):
    """HTTP/1.1 with keep-alive and Content-Length: all that the clients here speak."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            whole = end + 4 + _length(head)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._take(head, body)

    def _take(self, head: bytes, body: bytes) -> None:
        line, _, headers = head.partition(b"\r\n")
        if line.startswith(b"POST /2/tweets "):
            self._take_post(headers, body)
        elif line.startswith(b"GET /_count "):
            self._say(200, {"arrived": len(self._books.posts), "answered": self._books.answered})
        elif line.startswith(b"GET /_books "):
            self._say(200, self._books.posts)
        elif line.startswith(b"POST /_reset "):
            self._books.posts, self._books.answered = [], 0
            self._say(200, {})
        else:
            self._say(404, {"title": "Not Found", "status": 404})

    def _take_post(self, headers: bytes, body: bytes) -> None:
        arrived = time.time()
        token, text = _bearer(headers), json.loads(body).get("text")
        if not token or not isinstance(text, str):
            return self._say(401 if not token else 400, {"title": "Refused"})
        number = len(self._books.posts)
        self._books.posts.append((text, token, arrived, 0.0))
        asyncio.get_running_loop().call_later(self._books.pause, self._answer, number, self._books.posts)
        return None

    def _answer(self, number: int, posts: list[tuple[str, str, float, float]]) -> None:
        text, token, arrived, _ = posts[number]
        posts[number] = (text, token, arrived, time.time())
        self._books.answered += 1
        self._say(201, {"data": {"id": str(10**18 + int(arrived * 1e6) % 10**12 * 10**5 + number), "text": text}})

    def _say(self, status: int, answer: object) -> None:
        if self._transport is not None:
            body = json.dumps(answer).encode()
            head = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
            self._transport.write(head + body)


def _length(head: bytes) -> int:
    return int(_header(head, b"content-length") or 0)


def _bearer(headers: bytes) -> str:
    return _header(headers, b"authorization").removeprefix(b"Bearer ").decode()


def _header(head: bytes, name: bytes) -> bytes:
    at = head.lower().find(b"\n" + name + b":")
    if at < 0:
        at = 0 if head[: len(name) + 1].lower() == name + b":" else -1
    return head[at:].split(b":", 1)[1].split(b"\r\n", 1)[0].strip() if at >= 0 else b""


async def serve(pause: float) -> None:
    books = Books(pause)
    server = await asyncio.get_running_loop().create_server(lambda: Conversation(books), "127.0.0.1", 0, backlog=4096)
    host, port = server.sockets[0].getsockname()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else PAUSE))
