"""/metrics for Prometheus: numbers over all workspaces, so for the operator alone, with a token of its own."""

import hmac

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from ocma.bootstrap import Resources
from ocma.entrypoints.api.dependencies import ResourcesDep, bearer_token
from ocma.entrypoints.api.idempotency import PlainRoute
from ocma.entrypoints.api.snapshot import take
from ocma.errors import NotFound, Unauthenticated

router = APIRouter(tags=["health"], route_class=PlainRoute)


@router.get("/metrics", include_in_schema=False)
async def metrics(resources: ResourcesDep, request: Request) -> Response:
    """Prometheus text: what all processes share, then what this one counted. Not there at all without OCMA_METRICS_TOKEN."""
    _require(resources, request)
    shared = CollectorRegistry()
    shared.register(await take(resources))
    if resources.reader.replica:
        await resources.reader.replica.look()
    registries = (shared, resources.meters.registry, request.app.state.traffic.registry)
    return Response(b"".join(map(generate_latest, registries)), media_type=CONTENT_TYPE_LATEST)


def _require(resources: Resources, request: Request) -> None:
    wanted = resources.settings.metrics_token.get_secret_value()
    if not wanted:
        raise NotFound("There is no such address.")
    if not hmac.compare_digest(bearer_token(request).encode(), wanted.encode()):
        raise Unauthenticated("This is not the token for metrics.", remediation="Send OCMA_METRICS_TOKEN as a bearer token.")
