"""Redis, single, watched or a cluster, and the signs of life that workers and dispatchers leave there."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import RedisCluster
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import RedisError

from ocma.entrypoints.cli.doctor_finding import Finding, fine, note, wrong
from ocma.errors import Invalid
from ocma.infra import heartbeat
from ocma.infra.redis import Client, connect

PATIENCE = 5.0  # seconds
OLDEST = (6, 2)
KINDS = ("worker", "dispatcher")


async def examine(url: str) -> list[Finding]:
    if not url:
        return [wrong("Redis", "REDIS_URL is not set", "Set it; without DATABASE_URL and REDIS_URL `ocma up` brings both.")]
    try:
        async with asyncio.timeout(PATIENCE), _connected(url) as redis:
            nodes = await _nodes(redis)
            signs = [await _signs_of_life(redis, kind) for kind in KINDS]
            return [_server(nodes[0]), *await _spares(redis, nodes), _memory(nodes), *signs]
    except Invalid as error:
        return [wrong("Redis", error.detail, error.remediation)]
    except (RedisError, OSError, TimeoutError) as error:
        return [wrong("Redis", f"does not answer: {error or type(error).__name__}", "Check REDIS_URL.")]


@asynccontextmanager
async def _connected(url: str) -> AsyncGenerator[Client]:
    redis = connect(url)
    try:
        yield redis
    finally:
        await redis.aclose()


async def _nodes(redis: Client) -> list[Mapping[str, Any]]:
    """INFO of every node that takes writes."""
    if isinstance(redis, RedisCluster):
        await redis.initialize()
        told: Any = await redis.info(target_nodes=redis.get_primaries())
        return [told] if "redis_version" in told else list(told.values())
    return [await redis.info()]


def _server(info: Mapping[str, Any]) -> Finding:
    """Valkey tells its own version beside that of the Redis it is compatible with."""
    version = str(info["redis_version"])
    name = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {version}"
    if tuple(int(each) for each in version.split(".")[:2]) < OLDEST:
        return wrong("Redis", f"answers, {name}; OCMA needs 6.2 or newer", "Use a newer server.")
    return fine("Redis", f"answers, {name}")


async def _spares(redis: Client, nodes: list[Mapping[str, Any]]) -> list[Finding]:
    """Whether something takes over when a server dies. A single server has nobody, and says so by being one."""
    spares = [int(info.get("connected_slaves", 0)) for info in nodes]
    if isinstance(redis, RedisCluster):
        told = f"{len(spares)} masters, {sum(spares)} replicas"
        state: Mapping[str, Any] = await redis.cluster_info(target_nodes=redis.get_random_node())
        if state["cluster_state"] != "ok":
            return [wrong("Redis cluster", f"{told}; its state is {state['cluster_state']}", "Bring its nodes back.")]
        return [_spare("Redis cluster", told, min(spares))]
    if isinstance(redis.connection_pool, SentinelConnectionPool):
        pool = redis.connection_pool
        masters: Any = await pool.sentinel_manager.sentinels[0].sentinel_masters()
        seen = masters[pool.service_name]
        told = f"{seen['num-other-sentinels'] + 1} sentinels, quorum {seen['quorum']}, {spares[0]} replicas"
        return [_spare("Redis Sentinel", told, spares[0])]
    return []


def _spare(name: str, told: str, fewest: int) -> Finding:
    if fewest:
        return fine(name, told)
    return note(name, f"{told}: when a master without a replica dies, nothing is published until it is back", "Add a replica.")


def _memory(nodes: list[Mapping[str, Any]]) -> Finding:
    """Of the node that is worst off."""
    info = max(nodes, key=lambda each: (each.get("maxmemory_policy") != "noeviction", int(each.get("maxmemory", 0)) > 0))
    policy, limit = info.get("maxmemory_policy", "unknown"), int(info.get("maxmemory", 0))
    told = f"maxmemory-policy {policy}, " + (f"limit {limit / 1024**2:.0f} MiB" if limit else "no limit")
    if limit and policy != "noeviction":
        return note("Redis memory", f"{told}: sessions may be dropped (posts are not: they are in PostgreSQL)", "Set noeviction.")
    return fine("Redis memory", told)


async def _signs_of_life(redis: Client, kind: str) -> Finding:
    now = time.time()
    beats = await heartbeat.list_alive(redis, kind, now)
    if not beats:
        silent = f"none gave a sign of life in the last {heartbeat.AGE:.0f} seconds"
        return wrong(f"{kind}s", silent, f"Run `ocma {kind}`, or `ocma up` for everything.")
    return fine(f"{kind}s", f"{len(beats)} at work, the last sign of life {max(now - beats[0], 0):.0f} s ago")
