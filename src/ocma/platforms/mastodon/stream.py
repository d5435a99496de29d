"""A server's stream of what happens to an account: where it is, one connection to it, and when that counts as dead."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import httpx2

from ocma.infra.outbound import LIVE
from ocma.platforms.connector import Access, Call
from ocma.platforms.errors import (
    AccountRestricted,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.mastodon.events import Event, Reader, TooLong
from ocma.platforms.mastodon.refusal import MOVED
from ocma.platforms.mastodon.wire import Instance, told
from ocma.platforms.refusals import Refusal

ROOT = "/api/v1/streaming"
PATH = f"{ROOT}/user/notification"
INSTANCES = ("/api/v2/instance", "/api/v1/instance")
KIND = "text/event-stream"
OK = 200
SILENCE = 90.0  # seconds; a server gives a sign of life every 15
FINAL = (AccountRestricted, PermissionMissing, ReauthorizationRequired)
BROKEN = Refusal(
    PlatformUnavailable,
    "streamBroken",
    "The server's stream has ended, or there is none.",
    "Nothing: what is missed is asked for, and the stream opened again.",
)


@dataclass(frozen=True, slots=True)
class Stream:
    call: Call
    explain: Callable[[httpx2.Response], PlatformError]
    access: Access
    silence: float = SILENCE

    async def events(self) -> AsyncGenerator[list[Event]]:
        """At every sign of life what came with it, maybe nothing. Ends by PlatformUnavailable, or by what the server refuses."""
        url = await self._address()
        try:
            async with AsyncExitStack() as opened:
                response = await self._open(url, opened)
                reader = Reader()
                chunks = await opened.enter_async_context(aclosing(response.aiter_bytes()))
                while (chunk := await self._next(chunks)) is not None:
                    yield reader.feed(chunk)
        except (httpx2.RequestError, httpx2.InvalidURL, TimeoutError, TooLong) as error:
            raise broken() from error
        raise broken()

    async def _open(self, url: str, opened: AsyncExitStack) -> httpx2.Response:
        """The token goes to the server itself or where it says that its streams are, and nowhere that these send us to."""
        headers = {"Accept": KIND, "Accept-Encoding": "identity", "Authorization": f"Bearer {self.access.token}"}
        timeout = httpx2.Timeout(self.silence, connect=10.0)
        async with asyncio.timeout(self.silence):
            sending = self.access.client.stream("GET", url, headers=headers, timeout=timeout, extensions=dict(LIVE))
            response = await opened.enter_async_context(sending)
            if not response.is_success:
                await response.aread()
        if response.status_code == OK and response.headers.get("content-type", "").startswith(KIND):
            return response
        raise self._refusal(response)

    def _refusal(self, response: httpx2.Response) -> PlatformError:
        if response.is_success:
            return broken(response.status_code)
        error = self.explain(response)
        wanted = isinstance(error, (*FINAL, Throttled)) or error.rule == MOVED.rule
        return error if wanted else broken(response.status_code)

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        async with asyncio.timeout(self.silence):
            return await anext(chunks, None)

    async def _address(self) -> str:
        """Where the server says that its streams are; else where its API is."""
        for path in INSTANCES:
            instance = await told(partial(self.call, extensions=dict(LIVE)), self.access, path, Instance)
            if instance and instance.streaming and (named := _http(instance.streaming, str(self.access.client.base_url))):
                return f"{named}{PATH}"
        return self.access.whole(PATH)


def _http(named: str, own: str) -> str | None:
    """The address of WebSockets as one of HTTP. What is reached over TLS names nothing that goes without."""
    try:
        parts = urlsplit(named)
    except ValueError:
        return None
    secure = parts.scheme in {"wss", "https"} or own.startswith("https:")
    path = parts.path.rstrip("/").removesuffix(ROOT)
    return f"{'https' if secure else 'http'}://{parts.netloc}{path}" if parts.netloc else None


def broken(status: int | None = None) -> PlatformError:
    return BROKEN.to_error("mastodon", status)
