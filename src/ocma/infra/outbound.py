"""The one way out: every HTTP call OCMA makes starts here.

Layers, outermost first: length limit -> safe retries -> trace and redaction, then by who chose the destination: the operator ->
reqwest; a user -> destination guard -> true errors -> aiohttp, which resolves, refuses private addresses and connects to exactly
the address that was checked. Redirects are never followed: each is a new decision.
"""

import ipaddress
import json
import logging
import socket
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

import aiohttp
import httpx2
import stamina
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from httpx_aiohttp.httpx2 import AiohttpTransport

from ocma import __version__
from ocma.ids import new_id
from ocma.infra.reqwest import SAFE, Reqwest

log = structlog.get_logger(__name__)

# `extensions=FRESH` on a request: over a connection of its own. The server may have closed a kept one a moment ago without
# a word (some do so after every answer), and then nobody knows whether a POST was read.
FRESH: Mapping[str, Any] = {"fresh": True}
# `extensions=LIVE`: the answer is read as it comes, and given up at once by who is cancelled. Always by aiohttp: reqwest keeps an
# answer's head back until a buffer is full, and at times a cancelled request never returns.
LIVE: Mapping[str, Any] = {"live": True}
UNWRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)  # no connection was had, so nothing was written
# Forms of IPv4 and site-local addresses inside IPv6, and what newer registries hold, that (some) Pythons call global.
_ODD = ("192.0.0.0/24", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10", "3fff::/20", "5f00::/16")
ODD = tuple(map(ipaddress.ip_network, _ODD))
USUAL = frozenset({80, 443})
PASSING = frozenset({502, 503, 504})
SIMPLE = frozenset({"headers", "json", "extensions"})
MOST = 64 * 1024 * 1024  # bytes of an answer
TAKEN = frozenset({"params", "headers", "content", "data", "files", "json", "extensions"})


class Refused(httpx2.UnsupportedProtocol):
    """The destination is not one OCMA may reach."""


def is_public(address: str) -> bool:
    """Is this IP address on the open internet? IPv4 inside IPv6 counts as the IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        nat64 = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in ipaddress.ip_network("64:ff9b::/96") else None
        ip = embedded or nat64 or ip
    return ip.is_global and not ip.is_multicast and not any(ip in each for each in ODD if each.version == ip.version)


def is_trusted(hosts: Collection[str], scheme: str, host: str, port: int | None) -> bool:
    """Is this http(s) destination among `hosts`, each a host or host:port? A host alone means the ports of http and https."""
    port = port or (443 if scheme == "https" else 80)
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" in hosts or (port in USUAL and (host in hosts or name in hosts))


def is_unwritten(error: BaseException) -> bool:
    """Whether nothing of the request was written, by this error or what caused it."""
    return isinstance(error, httpx2.ConnectError) or (error.__cause__ is not None and is_unwritten(error.__cause__))


class PublicResolver(AbstractResolver):
    """Resolves a name and keeps only public addresses; the connector dials what is returned here and nothing else."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        try:
            found = await self._inner.resolve(host, port, family)
        except UnicodeError as error:  # a part of it is empty or too long
            raise OSError(None, f"{host[:100]} is not a host name") from error
        public = [each for each in found if is_public(each["host"])]
        if not public:
            raise OSError(None, f"{host} is not a public address")
        return public

    async def close(self) -> None:
        await self._inner.close()


class Guard(httpx2.AsyncBaseTransport):
    """Refuses odd schemes, credentials in the URL and IP literals that are not public; trusted hosts go the open way."""

    def __init__(self, guarded: httpx2.AsyncBaseTransport, trusted: httpx2.AsyncBaseTransport, hosts: Collection[str]) -> None:
        self._guarded, self._trusted, self._hosts = guarded, trusted, frozenset(hosts)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if url.scheme not in {"http", "https"} or url.userinfo or not url.host:
            raise Refused("Only plain http and https URLs without credentials can be reached.", request=request)
        if is_trusted(self._hosts, url.scheme, url.host, url.port):
            return await self._trusted.handle_async_request(request)
        if _is_literal(url.host) and not is_public(_literal(url.host)):
            raise Refused("This address is private.", request=request)
        return await _plain(await self._guarded.handle_async_request(request), request)  # asked for uncompressed


def _literal(host: str) -> str:
    """An IP literal in any spelling that resolvers take (decimal, hex, octal, short), as the address it means."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host.strip("[]")


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(_literal(host).split("%")[0])
    except ValueError:
        return False
    return True


class Traced(httpx2.AsyncBaseTransport):
    """Names every request and logs method, host, path and outcome: never a query, a header or a body.

    Without `paths` no path either: that of a webhook is often its only secret.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport, *, paths: bool = True) -> None:
        self._inner, self._paths = inner, paths

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url if self._paths else request.url.copy_with(path="/")
        try:
            response = await self._inner.handle_async_request(request)
        except httpx2.TransportError as error:
            _trace(request.method, url, error=type(error).__name__)
            raise
        _trace(request.method, url, status=response.status_code)
        return response


def _trace(method: str, url: httpx2.URL, **outcome: Any) -> None:
    """What went well is told to whoever asks for details: the publication's row says it, too."""
    level = logging.DEBUG if 200 <= outcome.get("status", 0) < 300 else logging.INFO
    if log.is_enabled_for(level):
        log.log(level, "outbound", id=str(new_id()), method=method, host=url.host, path=url.path, **outcome)


class TrueErrors(httpx2.AsyncBaseTransport):
    """Tells what happened: ConnectError if and only if nothing was written.

    httpx-aiohttp calls a refused connection and one lost after the request alike ConnectTimeout, and lets through aiohttp's own
    errors when an answer is not HTTP.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await self._inner.handle_async_request(request)
        except httpx2.TransportError as error:
            raise _true(error, request) from error
        except aiohttp.ClientError:
            pass  # left behind here: it holds the request's headers, and with them the token
        raise httpx2.RemoteProtocolError("The answer is not HTTP.", request=request)


def _true(error: httpx2.TransportError, request: httpx2.Request) -> httpx2.TransportError:
    if isinstance(error.__cause__, UNWRITTEN):
        return httpx2.ConnectError(str(error), request=request)
    if isinstance(error, httpx2.ConnectTimeout | httpx2.ConnectError):
        return httpx2.ReadError(str(error), request=request)
    return error


class Pools(httpx2.AsyncBaseTransport):
    """aiohttp, to public addresses only: connections that are kept, and for requests marked FRESH connections that are not."""

    def __init__(self, connections: int) -> None:
        self._kept = AiohttpTransport(client=lambda: _session(connections, force_close=False))
        self._fresh = AiohttpTransport(client=lambda: _session(connections, force_close=True))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        inner = self._fresh if request.extensions.get("fresh") else self._kept
        return await inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._kept.aclose()
        await self._fresh.aclose()


class Chosen(httpx2.AsyncBaseTransport):
    """The way to destinations the operator chose; what is LIVE has one of its own."""

    def __init__(self, usual: httpx2.AsyncBaseTransport, live: httpx2.AsyncBaseTransport) -> None:
        self._usual, self._live = usual, live

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        inner = self._live if request.extensions.get("live") else self._usual
        return await inner.handle_async_request(request)


class AlwaysFresh(httpx2.AsyncBaseTransport):
    """For calls that are rare and must not be lost: codes and rotating refresh tokens work once."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.extensions = {**request.extensions, **FRESH}
        return await self._inner.handle_async_request(request)


class AlwaysLive(httpx2.AsyncBaseTransport):
    """Every request as if marked LIVE; an answer that comes compressed unasked is none: a little may unfold to a lot."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.extensions = {**request.extensions, **LIVE}
        return await _plain(await self._inner.handle_async_request(request), request)


async def _plain(response: httpx2.Response, request: httpx2.Request) -> httpx2.Response:
    if response.headers.get("content-encoding", "identity") != "identity":
        await response.aclose()
        raise httpx2.RemoteProtocolError("The answer is compressed.", request=request)
    return response


class SafeRetry(httpx2.AsyncBaseTransport):
    """Repeats calls that change nothing, after a failed connection or a passing 5xx. Anything else is sent once."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method not in SAFE:
            return await self._inner.handle_async_request(request)
        async for attempt in stamina.retry_context(on=_passing, attempts=3, wait_initial=0.1, wait_max=1.0, timeout=15):
            with attempt:
                response = await self._inner.handle_async_request(request)
                if response.status_code in PASSING and attempt.num < 3:
                    await response.aclose()
                    raise httpx2.ReadError("passing", request=request)
                return response
        raise AssertionError  # pragma: no cover - the context returns or raises


def _passing(error: Exception) -> bool:
    return isinstance(error, httpx2.TransportError) and not isinstance(error, Refused)


class Bounded(httpx2.AsyncBaseTransport):
    """An answer that does not end is cut off: users name some of the servers."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, most: int = MOST) -> None:
        self._inner, self._most = inner, most

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = BoundedStream(response.stream, self._most, request)
        return response


class BoundedStream(httpx2.AsyncByteStream):
    """`most` is in bytes, as they come over the wire."""

    def __init__(self, inner: httpx2.AsyncByteStream, most: int, request: httpx2.Request) -> None:
        self._inner, self._left, self._request = inner, most, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._left -= len(chunk)
            if self._left < 0:
                raise httpx2.RemoteProtocolError("The answer is too long.", request=self._request)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


class Lean(httpx2.AsyncClient):
    """A client whose `request` does without what nobody here uses: cookies, auth, redirects, hooks.

    `straight` is given for destinations the operator chose: what may change something there is sent without a retry, so nothing
    but the trace stands between it and the wire.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        transport: httpx2.AsyncBaseTransport,
        timeout: httpx2.Timeout,
        straight: Reqwest | None = None,
    ) -> None:
        super().__init__(base_url=base_url, headers=headers, transport=transport, timeout=timeout, trust_env=False)
        self._base, self._sent = base_url.rstrip("/"), {"Accept": "*/*", **headers}
        self._layers, self._limits, self._straight = transport, {"timeout": timeout.as_dict()}, straight

    async def request(self, method: str, url: httpx2.URL | str, **how: Any) -> httpx2.Response:
        """With more than a Request takes it is httpx's own."""
        if self._straight and method not in SAFE and how.keys() <= SIMPLE and "://" not in str(url):
            return await self._send(self._straight, method, f"{self._base}/{str(url).lstrip('/')}", **how)
        if how.keys() - TAKEN:
            return await super().request(method, url, **how)
        headers = {**self._sent, **(how.pop("headers", None) or {})}
        extensions = {**self._limits, **(how.pop("extensions", None) or {})}
        request = httpx2.Request(method, _whole(self._base, str(url)), headers=headers, extensions=extensions, **how)
        response = await self._layers.handle_async_request(request)
        response.request = request
        try:
            await response.aread()
        finally:
            await response.aclose()
        return response

    async def _send(
        self,
        straight: Reqwest,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> httpx2.Response:
        body = b"" if json is None else _json(json)
        kind = {} if json is None else {"Content-Type": "application/json"}
        fresh = bool(extensions and extensions.get("fresh"))
        try:
            response = await straight.send(method, url, {**self._sent, **kind, **(headers or {})}, body, fresh=fresh, most=MOST)
        except httpx2.TransportError as error:
            _trace(method, httpx2.URL(url), error=type(error).__name__)
            raise
        if not response.is_success or log.is_enabled_for(logging.DEBUG):
            _trace(method, response.request.url, status=response.status_code)
        return response


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _json(value: Any) -> bytes:
    """As httpx2 writes it."""
    return _COMPACT.encode(value).encode()


@lru_cache(maxsize=4096)
def _whole(base: str, url: str) -> httpx2.URL:
    """Taking a URL apart costs as much as sending it."""
    return httpx2.URL(url if "://" in url else f"{base}/{url.lstrip('/')}")


class Outbound:
    """Clients over two shared connection pools: one for destinations the operator chose, one for those users name."""

    def __init__(self, *, timeout: float = 30.0, trusted_hosts: Collection[str] = (), connections: int = 1000) -> None:
        self._timeout = httpx2.Timeout(timeout, connect=10.0)
        self._open = Reqwest(connections, timedelta(seconds=timeout))
        guarded = Pools(connections)
        live = AiohttpTransport(client=lambda: _session(connections, force_close=True, public=False))
        self._chosen = Chosen(self._open, TrueErrors(live))
        self._guarded = Guard(TrueErrors(guarded), self._chosen, trusted_hosts)
        self._closing = (self._open, guarded, live)

    def transport(self, *, chosen: bool, fresh: bool = False, live: bool = False, most: int = MOST) -> httpx2.AsyncBaseTransport:
        """`chosen`: the destination comes from the operator, not from a user. `fresh`, `live`: every request as if marked so.

        `most`: bytes of an answer.
        """
        stack = Bounded(SafeRetry(Traced(self._chosen if chosen else self._guarded, paths=chosen)), most)
        layer = AlwaysFresh if fresh else AlwaysLive if live else None
        return Unclosed(layer(stack) if layer else stack)

    def client(
        self,
        base_url: str,
        *,
        chosen: bool,
        headers: Mapping[str, str] | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> httpx2.AsyncClient:
        """`transport`: one made of ours, where not every call goes the same way."""
        agent = {"User-Agent": f"OCMA/{__version__}", "Accept-Encoding": "gzip, deflate" if chosen else "identity"}
        straight = self._open if chosen else None
        layers = transport or self.transport(chosen=chosen)
        return Lean(base_url, {**agent, **(headers or {})}, layers, self._timeout, straight)

    async def close(self) -> None:
        for transport in self._closing:
            await transport.aclose()


class Unclosed(httpx2.AsyncBaseTransport):
    """A client that ends must not end the pool it shares."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._inner.handle_async_request(request)


def _session(limit: int, *, force_close: bool, public: bool = True) -> aiohttp.ClientSession:
    resolver = PublicResolver() if public else ThreadedResolver()
    connector = aiohttp.TCPConnector(limit=limit, resolver=resolver, force_close=force_close)
    jar: Any = aiohttp.DummyCookieJar()
    return aiohttp.ClientSession(connector=connector, cookie_jar=jar)
