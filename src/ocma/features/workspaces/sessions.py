"""Sessions: opaque tokens in Redis, 14 days after the last use, 90 in all. Only the SHA-256 of a token is stored."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from redis.exceptions import RedisError

from ocma.clock import Clock
from ocma.errors import Unavailable
from ocma.features.workspaces.credentials import SESSION, digest, new_token
from ocma.infra.redis import Client

IDLE = timedelta(days=14)
LIFETIME = timedelta(days=90)
PATIENCE = 2.0  # seconds that Redis has for an answer


@dataclass(frozen=True, slots=True)
class Session:
    token: str
    expires_at: datetime


async def open_session(redis: Client, user_id: UUID, clock: Clock) -> Session:
    token, now = new_token(SESSION), clock()
    value = json.dumps({"user": str(user_id), "opened": now.timestamp()})
    async with _answering():
        await redis.set(_key(token), value, ex=IDLE)
        await _await(redis.sadd(_index(user_id), _key(token)))
        await redis.expire(_index(user_id), LIFETIME + IDLE)
    return Session(token, now + IDLE)


async def find_user_id(redis: Client, token: str, clock: Clock) -> UUID | None:
    """Whose session it is; every use prolongs it."""
    async with _answering():
        value = await redis.getex(_key(token), ex=IDLE)
    if value is None:
        return None
    found = json.loads(value)
    if clock().timestamp() - found["opened"] > LIFETIME.total_seconds():
        return None
    return UUID(found["user"])


async def close_session(redis: Client, token: str, user_id: UUID) -> None:
    async with _answering():
        await redis.delete(_key(token))
        await _await(redis.srem(_index(user_id), _key(token)))


async def close_all(redis: Client, user_id: UUID) -> None:
    """Logs a user out everywhere."""
    async with _answering():
        for key in await _await(redis.smembers(_index(user_id))):
            await redis.delete(key)
        await redis.delete(_index(user_id))


def _key(token: str) -> str:
    return f"ocma:session:{digest(token).hex()}"


def _index(user_id: UUID) -> str:
    return f"ocma:sessions:{user_id}"


async def _await(answer: Any) -> Any:
    """The client's types say "awaitable or not" for some commands; here they always are."""
    return await answer


@asynccontextmanager
async def _answering() -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except (RedisError, TimeoutError) as error:
        raise Unavailable(
            "Sessions cannot be checked just now: Redis does not answer.",
            code="sessionsUnavailable",
            remediation="Try again, or use an API key.",
            retry_after=1,
        ) from error
