"""The one way to a Redis: a single server, the master that sentinels watch, or a cluster.

    redis://[user:password@]host[:6379][/0]                              a single server; unix:///path is its socket
    redis+sentinel://[user:password@]host[:26379],host,…/service[/0]     the sentinels; their own login: ?sentinel_password=
    redis+cluster://[user:password@]host[:6379],host,…                   some of the nodes; the others are found

`rediss`, `rediss+sentinel` and `rediss+cluster` use TLS. What redis-py takes in a URL's query (`?ssl_ca_certs=…`) works for all.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from redis.asyncio import ConnectionPool, Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode, ClusterPipeline
from redis.asyncio.connection import AbstractConnection, Connection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool, SentinelManagedConnection, SentinelManagedSSLConnection
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisClusterException, RedisError

from ocma.errors import Invalid
from ocma.infra.cancellation import count_cancellations
from ocma.infra.pools import Pool

Client: TypeAlias = Redis | RedisCluster
"""What `connect` returns. It fails with RedisError or OSError. Keys that one command, pipeline or script touches share a hash tag
(`ocma:{x}:a`, `ocma:{x}:b`), for a cluster refuses others. A command without an answer is sent again: it may have run twice."""

PATIENCE = 2.0  # seconds
QUIET = 5.0  # seconds without a message after which a listener looks after its connection
URL = re.compile(r"(?P<scheme>[^:/?#]+)://(?P<netloc>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(#.*)?")
SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")


def connect(url: str, patience: float = PATIENCE, waits: float = 0.0) -> Client:
    """No connection yet: they are made at first use, and anew when they break.

    A command has `patience` seconds, or what the URL says, and is tried three times. `waits`: seconds more, for those that block.
    """
    how: dict[str, Any] = {
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), 2),
        "health_check_interval": 30,
    }
    try:
        return _client(url, how, waits)
    except (ValueError, TypeError, RedisClusterException):  # their words may hold a part of the password
        raise _wrong("is not a URL, or an option in it is not known; in a password, / @ : ? # are written %2F %40 …") from None


def pools(client: Client) -> list[Pool]:
    """A cluster's client has connections of its own to each node: all of them together."""
    if isinstance(client, RedisCluster):
        return _of_nodes(client.get_nodes())
    pool = client.connection_pool
    (idle, _), (in_use, _) = pool.get_connection_count()
    return [Pool("redis", in_use, idle, pool.max_connections, 0)]


async def hear(client: Client, channel: str) -> AsyncGenerator[bytes | None]:
    """What is said there. None: from here on it is heard, first or again; before it something may have been missed."""
    listener: Any = client.pubsub()
    try:
        await client.initialize()  # a cluster's listener does not do that by itself
        await listener.subscribe(channel)
        while True:
            message = await listener.get_message(timeout=QUIET)
            if message:
                yield message["data"] if message["type"] == "message" else None
    except (RedisClusterException, LookupError) as error:  # no node, or none any more, for this channel
        raise NotConnected(type(error).__name__) from error
    finally:
        with suppress(RedisError, RedisClusterException, OSError):
            async with asyncio.timeout(PATIENCE):
                await listener.aclose()


def _of_nodes(nodes: Sequence[ClusterNode]) -> list[Pool]:
    """The client says nothing about them, so this looks inside; a version that is made otherwise has no such numbers."""
    known = [each for each in nodes if hasattr(each, "_connections") and hasattr(each, "_free")]
    if not known:
        return []
    opened, idle = (sum(len(getattr(each, name)) for each in known) for name in ("_connections", "_free"))
    return [Pool("redis", opened - idle, idle, sum(each.max_connections for each in known), 0)]


def _wrong(why: str) -> Invalid:
    return Invalid(f"REDIS_URL {why}.", code="settings", remediation="Its forms are in docs/howto/production.md.")


def _client(url: str, how: dict[str, Any], waits: float) -> Client:
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise _wrong(f"begins with none of {', '.join(f'{each}://' for each in SCHEMES)}")
    options = how | _options(url)
    options["socket_timeout"] += waits
    if scheme.endswith("+sentinel"):
        return _master(url, options)
    if scheme.endswith("+cluster"):
        return _cluster(url, options)
    options["connection_class"] = _attentive(options.get("connection_class", Connection))
    return Redis.from_pool(ConnectionPool(**options))


def _master(url: str, options: dict[str, Any]) -> Redis:
    service, _, database = _split(url)["path"].strip("/").partition("/")
    if not service:
        raise _wrong("names no service; it comes after the sentinels, as in /mymaster")
    options["db"] = int(database or "0")
    login = {"username": options.pop("sentinel_username", None), "password": options.pop("sentinel_password", None)}
    inner = {name: value for name, value in options.items() if name.startswith(("ssl", "socket_", "retry"))}
    kind = _attentive(SentinelManagedSSLConnection if options.get("ssl") else SentinelManagedConnection)
    sentinels = Sentinel(_hosts(url, 26379), sentinel_kwargs=inner | login, connection_class=kind, **options)
    for each in sentinels.sentinels:
        each.connection_pool.connection_class = _attentive(each.connection_pool.connection_class)
    return sentinels.master_for(service, redis_class=_Watched)


def _cluster(url: str, options: dict[str, Any]) -> RedisCluster:
    if _split(url)["path"].strip("/") not in {"", "0"}:
        raise _wrong("ends with a database; a cluster has only one")
    nodes = [ClusterNode(host, port) for host, port in _hosts(url, 6379)]
    client = _Cluster(startup_nodes=nodes, **options)
    kind = client.connection_kwargs["connection_class"] = _attentive(client.connection_kwargs["connection_class"])
    for node in client.nodes_manager.startup_nodes.values():  # the others are made by what was just changed
        node.connection_class = kind
    return client


@cache
def _attentive(kind: type[AbstractConnection]) -> Any:
    """`kind`, but whoever is cancelled while it sends is cancelled: redis-py sends within asyncio.wait_for."""

    class Attentive(kind):
        async def send_packed_command(self, *arguments: Any, **more: Any) -> None:
            before = count_cancellations()
            await super().send_packed_command(*arguments, **more)
            if count_cancellations() > before:
                await self.disconnect(nowait=True)  # nobody will read the answer
                raise asyncio.CancelledError

    return Attentive


def _options(url: str) -> dict[str, Any]:
    """Login, TLS and query, as redis-py reads them for one server."""
    parts = _split(url)
    if "+" not in parts["scheme"]:
        return {**parse_url(url)}
    user = parts["netloc"].rpartition("@")[0]
    one = f"redis://{user}@any{parts['query']}" if user else f"redis://any{parts['query']}"
    options: dict[str, Any] = {**parse_url(one)}
    del options["host"]
    return options | {"ssl": True} if parts["scheme"].startswith("rediss") else options


def _split(url: str) -> dict[str, str]:
    """Several hosts, some of them IPv6: urlsplit of Python 3.11.2 takes that for a mistake."""
    found = URL.fullmatch(url)
    if found is None:
        raise ValueError
    return found.groupdict(default="")


def _hosts(url: str, port: int) -> list[tuple[str, int]]:
    places = [urlsplit(f"//{each}") for each in _split(url)["netloc"].rpartition("@")[2].split(",")]
    if not all(each.hostname for each in places):
        raise _wrong("lacks a host")
    return [(each.hostname or "", each.port or port) for each in places]


class _Watched(Redis):
    """Closes the connections to the sentinels, too."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await super().aclose(close_connection_pool)
        if isinstance(self.connection_pool, SentinelConnectionPool):
            await self.connection_pool.sentinel_manager.aclose()


class _Cluster(RedisCluster):
    """A cluster that cannot be used is like a server that cannot be reached: redis-py's own error for it is no RedisError."""

    async def initialize(self, *arguments: Any, **more: Any) -> RedisCluster:
        try:
            return await super().initialize(*arguments, **more)
        except RedisClusterException as error:
            raise NotConnected(str(error)) from error

    async def execute_command(self, *arguments: Any, **more: Any) -> Any:
        try:
            return await super().execute_command(*arguments, **more)
        except RedisClusterException as error:
            raise NotConnected(str(error)) from error

    def pipeline(self, transaction: Any = None, shard_hint: Any = None) -> ClusterPipeline:
        del shard_hint
        return _Pipeline(self, transaction)  # pyright: ignore[reportAbstractUsage] - a protocol's attribute that it never uses


class _Pipeline(ClusterPipeline):
    async def execute(self, *arguments: Any, **more: Any) -> list[Any]:
        try:
            return await super().execute(*arguments, **more)
        except RedisClusterException as error:
            raise NotConnected(str(error)) from error
