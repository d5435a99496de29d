"""Somebody's server that takes webhooks, and their own code that checks the signature: nothing of ours is used here."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Answer = Callable[[Received, int], Awaitable[web.StreamResponse] | web.StreamResponse]


@dataclass
class Receiver:
    """`answers[path]` is asked with the request and how many there were before it; without one the answer is 204."""

    host: str = ""
    got: dict[str, list[Received]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)  # requests at once, by path
    _now: dict[str, int] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def fresh(self) -> str:
        path = f"/hook-{next(self._numbers)}"
        self.got[path] = []
        return path

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def ids(self, path: str) -> list[str]:
        return [each.id for each in self.got[path]]

    async def take(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received, path = Received(headers, await request.read(), time.time()), request.path
        seen = self.got.setdefault(path, [])
        seen.append(received)
        self._now[path] = self._now.get(path, 0) + 1
        self.most[path] = max(self.most.get(path, 0), self._now[path])
        try:
            answer = self.answers.get(path)
            given = answer(received, len(seen) - 1) if answer else web.Response(status=204)
            return await given if asyncio.iscoroutine(given) else given
        finally:
            self._now[path] -= 1


@asynccontextmanager
async def receiving():
    receiver, app = Receiver(), web.Application()
    app.router.add_route("*", "/{rest:.*}", receiver.take)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.host = f"127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


def verify(received: Received, secret: str, tolerance: float = 300) -> bool:
    """As the specification of Standard Webhooks tells receivers to."""
    stamp = received.headers["webhook-timestamp"]
    if abs(time.time() - int(stamp)) > tolerance:
        return False
    key = base64.b64decode(secret.split("_", 1)[1], validate=True)
    signed = b".".join([received.id.encode(), stamp.encode(), received.body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    offers = [each.split(",", 1) for each in received.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(value.encode(), expected) for version, value in offers)
