"""Sessions: opaque tokens, 14 days after the last use, 90 in all. Only the SHA-256 of a token is stored.

PostgreSQL has them. Redis has copies, each good for `COPY` seconds, so that PostgreSQL is not asked at every request; without
Redis it is. What is closed is closed in every process at once; where Redis could not be told, after `COPY` seconds at the latest.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ocma.clock import Clock
from ocma.features.workspaces.credentials import SESSION, digest, new_token
from ocma.infra.database import Database
from ocma.infra.line import Away, Line
from ocma.infra.redis import Client

IDLE = timedelta(days=14)
LIFETIME = timedelta(days=90)
COPY = 30  # seconds
CLOSED = "closed"  # stands where a copy stood: one that is under way to there comes too late


@dataclass(frozen=True, slots=True)
class Session:
    token: str
    expires_at: datetime


async def open_session(database: Database, user_id: UUID, clock: Clock) -> Session:
    token, now = new_token(SESSION), clock()
    await database.system("SELECT open_session($1, $2, $3, $4)", digest(token), user_id, now, now + IDLE)
    return Session(token, now + IDLE)


async def find_user_id(database: Database, line: Line, token: str, clock: Clock) -> UUID | None:
    """Whose session it is; every use prolongs it."""
    now, copy = clock(), None
    with suppress(Away):
        copy = await line.ask(lambda redis: redis.get(_key(digest(token))))
    if copy is None:
        return await _look_up(database, line, digest(token), now)
    found = json.loads(copy)
    return UUID(found["user"]) if found != CLOSED and now.timestamp() < found["ends"] else None


async def _look_up(database: Database, line: Line, wanted: bytes, now: datetime) -> UUID | None:
    rows = await database.system("SELECT * FROM find_session($1, $2, $3, $4)", wanted, now, IDLE, LIFETIME)
    if not rows:
        return None
    copy = json.dumps({"user": str(rows[0].user_id), "ends": rows[0].ends_at.timestamp()})
    with suppress(Away):
        await line.ask(lambda redis: redis.set(_key(wanted), copy, ex=COPY, nx=True))
    return rows[0].user_id


async def close_session(database: Database, line: Line, token: str) -> None:
    await database.system("SELECT close_session($1)", digest(token))
    await _forget(line, [digest(token)])


async def close_all(database: Database, line: Line, user_id: UUID) -> None:
    """Logs a user out everywhere."""
    rows = await database.system("SELECT close_sessions($1)", user_id)
    await _forget(line, [row[0] for row in rows])


async def _forget(line: Line, hashes: Iterable[bytes]) -> None:
    async def close(redis: Client) -> None:
        for each in hashes:
            await redis.set(_key(each), json.dumps(CLOSED), ex=2 * COPY)

    with suppress(Away):
        await line.ask(close)


def _key(wanted: bytes) -> str:
    return f"ocma:session:{wanted.hex()}"
