"""httpx2 over Rust's reqwest: the way to destinations the operator chose. What one call costs: docs/decisions/0006."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import httpx2
from pyreqwest import exceptions
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.request import RequestBuilder, StreamRequest
from pyreqwest.response import Response

from ocma.infra.cancellation import count_cancellations

CONNECT = timedelta(seconds=10)
PATIENCE = timedelta(minutes=10)  # for requests that ask for more than the usual time
IDLE = timedelta(seconds=15)  # a kept connection is closed before most servers close it
# How hyper names a failure before a connection was there. The classes of pyreqwest's exceptions do not tell: a connection lost
# after the request was read is a ConnectError, too, a silent server a ConnectTimeoutError. What is not this may have been read.
UNCONNECTED = "client error (Connect)"
CHUNK = 65_536
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Reqwest(httpx2.AsyncBaseTransport):
    """Connections that are kept, and for requests marked FRESH connections that are not.

    Raises ConnectError if and only if nothing was written. An answer that comes as the caller is cancelled is dropped where it is
    to a question, and given where it tells what was changed.
    """

    def __init__(self, connections: int, timeout: timedelta) -> None:
        self._kept = _builder(connections, timeout).pool_idle_timeout(IDLE).build()
        self._fresh = _builder(connections, timeout).pool_max_idle_per_host(0).build()
        self._patient = _builder(connections, PATIENCE).pool_max_idle_per_host(0).build()
        self._timeout = timeout.total_seconds()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        before = count_cancellations()
        try:
            client = self._client(request)
            sending = _build(client, request).build_streamed()
            response = await sending.__aenter__()  # left by the stream's end
        except exceptions.PyreqwestError as error:
            raise _true(error, request) from None  # it may hold the request's headers, and with them the token
        if request.method in SAFE and count_cancellations() > before:
            await sending.__aexit__(None, None, None)
            raise asyncio.CancelledError
        stream = Stream(sending, response, request)
        return httpx2.Response(response.status, headers=list(response.headers.items()), stream=stream, request=request)

    def _client(self, request: httpx2.Request) -> Client:
        """Reqwest's time limit for an answer belongs to a client, and counts while a large body is being sent."""
        if ((request.extensions.get("timeout") or {}).get("read") or 0) > self._timeout:
            return self._patient
        return self._fresh if request.extensions.get("fresh") else self._kept

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, fresh: bool, most: int
    ) -> httpx2.Response:
        """One request and its whole answer, of at most `most` bytes: without httpx2's layers, a third of the cost."""
        client = self._fresh if fresh else self._kept
        try:
            async with client.request(method, url).headers(headers).body_bytes(body).build_streamed() as answer:
                content = await _read(answer, most)
        except exceptions.PyreqwestError as error:
            raise _true(error) from None
        return Whole(answer.status, list(answer.headers.items()), content, (method, url))

    async def aclose(self) -> None:
        await self._kept.close()
        await self._fresh.close()
        await self._patient.close()


class Whole(httpx2.Response):
    """An answer that is here already. What was asked is put together when somebody looks at it."""

    def __init__(self, status: int, headers: list[tuple[str, str]], content: bytes, asked: tuple[str, str]) -> None:
        super().__init__(status, headers=headers, stream=httpx2.ByteStream(content))
        self._asked = asked
        if "content-encoding" in self.headers:
            self.read()
        else:
            self._content, self.is_stream_consumed, self.is_closed = content, True, True

    @property
    def request(self) -> httpx2.Request:
        if self._request is None:
            self._request = httpx2.Request(*self._asked)
        return self._request

    @request.setter
    def request(self, value: httpx2.Request) -> None:
        self._request = value


class Stream(httpx2.AsyncByteStream):
    """An answer's body, as it comes."""

    def __init__(self, sending: StreamRequest, response: Response, request: httpx2.Request) -> None:
        self._sending, self._response, self._request = sending, response, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            before = count_cancellations()
            while (chunk := await self._response.body_reader.read(CHUNK)) is not None:
                if self._request.method in SAFE and count_cancellations() > before:
                    raise asyncio.CancelledError
                yield chunk.to_bytes()
        except exceptions.PyreqwestError as error:
            raise _true(error, self._request) from None

    async def aclose(self) -> None:
        await self._sending.__aexit__(None, None, None)


async def _read(answer: Response, most: int) -> bytes:
    chunks, size = list[bytes](), 0
    while (chunk := await answer.body_reader.read(CHUNK)) is not None:
        chunks.append(chunk.to_bytes())
        size += len(chunks[-1])
        if size > most:
            raise httpx2.RemoteProtocolError("The answer is too long.")
    return b"".join(chunks)


def _builder(connections: int, timeout: timedelta) -> ClientBuilder:
    """Does nothing by itself: no redirect, no cookie, no proxy, no decoding, no HTTP/2."""
    plain = ClientBuilder().follow_redirects(False).default_cookie_store(False).no_proxy().http1_only().error_for_status(False)
    plain = plain.gzip(False).brotli(False).zstd(False).deflate(False).referer(False)
    return plain.max_connections(connections).connect_timeout(CONNECT).read_timeout(timeout).pool_timeout(timeout)


def _build(client: Client, request: httpx2.Request) -> RequestBuilder:
    builder = client.request(request.method, str(request.url)).headers(request.headers.multi_items())
    try:
        return builder.body_bytes(request.content)
    except httpx2.RequestNotRead:
        return builder.body_stream(request.stream)


def _true(error: exceptions.PyreqwestError, request: httpx2.Request | None = None) -> httpx2.TransportError:
    """What happened, in httpx's words; ConnectError only when it is certain."""
    causes = error.details["causes"] or [] if isinstance(error, exceptions.DetailedPyreqwestError) else []
    if isinstance(error, exceptions.BuilderError) or any(each["message"] == UNCONNECTED for each in causes):
        return httpx2.ConnectError("No connection.", request=request)
    if isinstance(error, TimeoutError):
        return httpx2.ReadTimeout("No answer in time.", request=request)
    return httpx2.ReadError("The connection was lost, or the answer is not HTTP.", request=request)
