"""What REDIS_URL may say, and what is said when it is wrong: never a part of the password."""

import pytest
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection
from redis.asyncio.sentinel import SentinelConnectionPool, SentinelManagedSSLConnection

from ocma.errors import Invalid
from ocma.infra.redis import connect


def test_a_single_server():
    pool = connect("redis://me:p%2Fw@host:7000/3").connection_pool
    told = pool.connection_kwargs
    assert (told["host"], told["port"], told["db"], told["username"], told["password"]) == ("host", 7000, 3, "me", "p/w")
    assert told["socket_timeout"] == told["socket_connect_timeout"] == 2.0
    assert issubclass(connect("rediss://host").connection_pool.connection_class, SSLConnection)
    assert issubclass(connect("unix:///run/redis.sock").connection_pool.connection_class, UnixDomainSocketConnection)


def test_the_url_has_the_last_word():
    for scheme, rest in (("redis", ""), ("redis+sentinel", "/ours")):
        pool = connect(f"{scheme}://host{rest}?socket_timeout=0.5", waits=3).connection_pool
        assert pool.connection_kwargs["socket_timeout"] == 3.5
        assert pool.connection_kwargs["socket_connect_timeout"] == 2.0
    assert connect("redis+cluster://127.0.0.1?socket_timeout=0.5", waits=3).connection_kwargs["socket_timeout"] == 3.5


def test_sentinels():
    redis = connect("redis+sentinel://me:p%40w@one:1,two,[::1]:3/ours/2?sentinel_password=s%2Fw")
    pool = redis.connection_pool
    assert isinstance(redis, Redis)
    assert isinstance(pool, SentinelConnectionPool)
    assert pool.service_name == "ours"
    told = pool.connection_kwargs
    assert (told["username"], told["password"], told["db"], told["socket_timeout"]) == ("me", "p@w", 2, 2.0)
    asked = [each.connection_pool.connection_kwargs for each in pool.sentinel_manager.sentinels]
    assert [(each["host"], each["port"]) for each in asked] == [("one", 1), ("two", 26379), ("::1", 3)]
    assert {(each["username"], each["password"], each["socket_timeout"]) for each in asked} == {(None, "s/w", 2.0)}


def test_sentinels_over_tls():
    pool = connect("rediss+sentinel://one/ours?ssl_ca_certs=/ca.pem").connection_pool
    assert issubclass(pool.connection_class, SentinelManagedSSLConnection)
    assert pool.connection_kwargs["ssl_ca_certs"] == "/ca.pem"
    [asked] = pool.sentinel_manager.sentinels
    assert issubclass(asked.connection_pool.connection_class, SSLConnection)
    assert asked.connection_pool.connection_kwargs["ssl_ca_certs"] == "/ca.pem"


@pytest.mark.parametrize(("scheme", "tls"), [("redis+cluster", False), ("rediss+cluster", True)])
def test_a_cluster(scheme, tls):
    redis = connect(f"{scheme}://me:p%40w@10.0.0.1:1,10.0.0.2")
    assert isinstance(redis, RedisCluster)
    assert [(each.host, each.port) for each in redis.startup_nodes] == [("10.0.0.1", 1), ("10.0.0.2", 6379)]
    told = redis.connection_kwargs
    assert (told["username"], told["password"], told["socket_timeout"]) == ("me", "p@w", 2.0)
    assert issubclass(told["connection_class"], SSLConnection) == tls


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://:hushhush@host", "begins with none of"),
        ("hushhush", "begins with none of"),
        ("redis://:hush/hushhush@host", "%2F"),
        ("redis://:x@host:hushhush", "%2F"),
        ("redis+sentinel://:hushhush@one,two", "service"),
        ("redis+sentinel://:hushhush@one/ours/first", "%2F"),
        ("redis+sentinel://:hushhush@,two/ours", "host"),
        ("redis+cluster://:hushhush@", "host"),
        ("redis+cluster://:hushhush@one:hush", "%2F"),
        ("redis+cluster://:hushhush@one/3", "database"),
        ("redis+cluster://:hushhush@one?hush=1", "%2F"),
    ],
)
def test_what_cannot_be_meant_is_told_without_the_password(url, why):
    with pytest.raises(Invalid) as told:
        connect(url)
    assert told.value.detail.startswith("REDIS_URL ")
    assert why in told.value.detail
    assert "production.md" in told.value.remediation
    assert "hush" not in str(told.value)
