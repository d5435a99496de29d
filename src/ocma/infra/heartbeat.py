"""Signs of life of our processes: one sorted set per kind of process, scored by the time of the last beat.

One key, not one per process: asking needs no walk over all keys, and every node of a cluster can answer for its own.
"""

from ocma.infra.redis import Client

BEAT = 5.0  # seconds between two
AGE = 15.0  # seconds; who is silent for longer is gone
KEEP = 3600  # seconds


async def beat(redis: Client, kind: str, name: str, now: float) -> None:
    """`now` is Unix time in seconds."""
    await redis.zadd(_key(kind), {name: now})
    await redis.zremrangebyscore(_key(kind), "-inf", now - KEEP)
    await redis.expire(_key(kind), KEEP)


async def stop(redis: Client, kind: str, name: str) -> None:
    await redis.zrem(_key(kind), name)


async def list_alive(redis: Client, kind: str, now: float) -> list[float]:
    """When each of them gave its last sign, the newest first."""
    found = await redis.zrevrangebyscore(_key(kind), "+inf", now - AGE, withscores=True)
    return [float(score) for _, score in found]


def _key(kind: str) -> str:
    return f"ocma:heartbeats:{kind}"
