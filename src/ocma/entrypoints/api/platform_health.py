"""/api/health/platforms: which platforms can be published to at this moment."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter

from ocma.entrypoints.api import standing
from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.features.accounts.schemas import BreakerView
from ocma.features.schema import Page, Schema
from ocma.features.workspaces.caller import Caller
from ocma.platforms.configuration import find_app
from ocma.platforms.registry import connectors

router = APIRouter(prefix="/api/health", tags=["health"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("accounts:read")]
Status = Literal["working", "throttled", "recovering", "down", "unknown", "notConfigured"]
STATUSES: dict[str, Status] = {"open": "down", "halfOpen": "recovering", "closed": "working"}


class PlatformHealth(Schema):
    """`throttled`: the platform wants nothing from this server's app until then; `down`: it fails, and is left alone for a while;
    `recovering`: one post is let through to see; `unknown`: Redis, which knows, does not answer; `notConfigured`: no app is set.
    """

    platform: str
    name: str
    status: Status
    throttled_until: datetime | None = None
    breaker: BreakerView | None = None


@router.get("/platforms")
async def show_platform_health(resources: ResourcesDep, caller: Reader) -> Page[PlatformHealth]:
    """Of platforms that are many servers: as the worst of those where you have an account is."""
    hosts = await standing.hosts_of(resources, caller.workspace_id)
    breakers = await standing.of_platforms(resources, hosts)
    throttled = await standing.of_apps(resources, hosts)
    return Page(data=[_health(resources, key, breakers.get(key), throttled.get(key)) for key in connectors()])


def _health(resources: ResourcesDep, key: str, breaker: BreakerView | None, throttled: datetime | None) -> PlatformHealth:
    manifest = connectors()[key].manifest
    configured = manifest.oauth.per_host or find_app(manifest, resources.environment) is not None
    status: Status = STATUSES[breaker.state] if breaker else "unknown"
    if not configured:
        status = "notConfigured"
    elif status == "working" and throttled:
        status = "throttled"
    return PlatformHealth(platform=key, name=manifest.name, status=status, throttled_until=throttled, breaker=breaker)
