"""/healthz: the process answers. /readyz: so does everything it needs."""

import asyncio
import time
from collections.abc import Awaitable

import structlog
from fastapi import APIRouter, Response

from ocma.entrypoints.api.dependencies import ResourcesDep
from ocma.entrypoints.api.idempotency import PlainRoute
from ocma.features.schema import Schema
from ocma.infra import heartbeat, migrations
from ocma.infra.database import Database
from ocma.infra.lag import ABOUT
from ocma.infra.redis import Client
from ocma.infra.replica import Replica

router = APIRouter(tags=["health"], route_class=PlainRoute)

PATIENCE = 2.0  # seconds per check

log = structlog.get_logger(__name__)


class Alive(Schema):
    status: str


class Check(Schema):
    name: str
    ok: bool
    detail: str


class Readiness(Schema):
    ready: bool
    checks: list[Check]


@router.get("/healthz")
async def healthz() -> Alive:
    return Alive(status="ok")


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(resources: ResourcesDep, response: Response) -> Readiness:
    """PostgreSQL, its schema, Redis, and a worker's sign of life. The replica is told of, and can be done without."""
    checks = await asyncio.gather(
        _check("postgresql", _postgresql(resources.database)),
        _check("schema", _schema(resources.database)),
        _check("redis", _redis(resources.redis)),
        _check("worker", _worker(resources.redis)),
    )
    ready = all(check.ok for check in checks)
    response.status_code = 200 if ready else 503
    replica = resources.reader.replica
    spare = [await _check("replica", _replica(replica))] if replica else []
    return Readiness(ready=ready, checks=[*checks, *spare])


class _Ill(Exception):
    pass


async def _check(name: str, asked: Awaitable[str]) -> Check:
    try:
        async with asyncio.timeout(PATIENCE):
            return Check(name=name, ok=True, detail=await asked)
    except _Ill as finding:
        return Check(name=name, ok=False, detail=str(finding))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is not ready, and others are asked on
        log.warning("not_ready", check=name, error=type(error).__name__)
        return Check(name=name, ok=False, detail="does not answer")


async def _postgresql(database: Database) -> str:
    await database.system("SELECT 1")
    return "answers"


async def _schema(database: Database) -> str:
    rows = await database.system("SELECT version_num FROM alembic_version")
    found, wanted = (rows[0].version_num if rows else None), migrations.newest()
    if found != wanted:
        raise _Ill(f"at revision {found}, this program needs {wanted}: run `ocma migrate`")
    return f"at revision {found}"


async def _replica(replica: Replica) -> str:
    await replica.look()
    if fault := replica.fault:
        raise _Ill(f"{ABOUT[fault]}: reports are read from the primary")
    return f"at most {replica.behind:.1f} s behind"


async def _redis(redis: Client) -> str:
    await redis.set("ocma:readyz", "1", ex=60)
    return "answers"


async def _worker(redis: Client) -> str:
    if await heartbeat.list_alive(redis, "worker", time.time()):
        return "at work"
    raise _Ill(f"no worker gave a sign of life in the last {heartbeat.AGE:.0f} seconds: run `ocma worker`")
