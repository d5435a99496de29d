"""/metrics for Prometheus: numbers over all workspaces, so for the operator alone, with a token of its own."""

import hmac
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from ocma.bootstrap import Resources
from ocma.entrypoints.api.dependencies import ResourcesDep, bearer_token
from ocma.entrypoints.api.idempotency import PlainRoute
from ocma.errors import NotFound, Unauthenticated
from ocma.features.publishing.backlog import Backlog, measure
from ocma.features.publishing.health import Health, fetch_counts, fetch_health, list_troubled
from ocma.infra import heartbeat
from ocma.infra.database import FAILURES
from ocma.platforms.registry import connectors

router = APIRouter(tags=["health"], route_class=PlainRoute)

STATES = {"closed": 0, "halfOpen": 1, "open": 2}
KINDS = ("worker", "dispatcher")


@router.get("/metrics", include_in_schema=False)
async def metrics(resources: ResourcesDep, request: Request) -> Response:
    """Prometheus text. Not there at all without OCMA_METRICS_TOKEN."""
    _require(resources, request)
    registry = CollectorRegistry()
    registry.register(await _snapshot(resources))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _require(resources: Resources, request: Request) -> None:
    wanted = resources.settings.metrics_token.get_secret_value()
    if not wanted:
        raise NotFound("There is no such address.")
    if not hmac.compare_digest(bearer_token(request).encode(), wanted.encode()):
        raise Unauthenticated("This is not the token for metrics.", remediation="Send OCMA_METRICS_TOKEN as a bearer token.")


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot(Collector):
    """Read before the registry asks, which does not wait. None: PostgreSQL, or Redis, does not answer."""

    at: float
    backlogs: Sequence[Backlog] | None
    healths: Sequence[Health] | None = None
    calls: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    alive: Mapping[str, int] = field(default_factory=dict[str, int])

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("ocma_up", "Whether a server OCMA needs answers.", labels=["server"])
        up.add_metric(["postgresql"], self.backlogs is not None)
        up.add_metric(["redis"], self.healths is not None)
        yield up
        yield from self._publications()
        yield from self._platforms()

    def _publications(self) -> Iterable[Metric]:
        if self.backlogs is None:
            return
        labels = ["platform", "state"]
        count = GaugeMetricFamily(
            "ocma_publications", "Publications that are not over; failed ones are dead letters.", labels=labels
        )
        due = GaugeMetricFamily(
            "ocma_publications_due", "Those of them that could go out now and that nobody has taken.", labels=labels
        )
        late = GaugeMetricFamily("ocma_publications_lateness_seconds", "How long the oldest of those has waited.", labels=labels)
        for each in self.backlogs:
            names = [each.platform, each.state]
            count.add_metric(names, each.count)
            due.add_metric(names, each.due)
            late.add_metric(names, max(self.at - each.oldest_due_at.timestamp(), 0) if each.oldest_due_at else 0)
        yield from (count, due, late)

    def _platforms(self) -> Iterable[Metric]:
        if self.healths is None:
            return
        labels = ["platform", "place"]
        state = GaugeMetricFamily("ocma_breaker_state", "0 closed, 1 half open, 2 open; of places with failures.", labels=labels)
        failures = GaugeMetricFamily("ocma_breaker_recent_failures", "Calls of the last minute that failed.", labels=labels)
        for each in self.healths:
            state.add_metric([each.place.platform, each.place.name], STATES[each.state])
            failures.add_metric([each.place.platform, each.place.name], each.failures)
        calls = CounterMetricFamily(
            "ocma_platform_calls", "What became of publications and looks.", labels=["platform", "outcome"]
        )
        for platform, counts in self.calls.items():
            for outcome, number in counts.items():
                calls.add_metric([platform, outcome], number)
        alive = GaugeMetricFamily("ocma_processes", "Processes that gave a sign of life in the last seconds.", labels=["kind"])
        for kind, number in self.alive.items():
            alive.add_metric([kind], number)
        yield from (state, failures, calls, alive)


async def _snapshot(resources: Resources) -> Snapshot:
    backlogs = await _backlogs(resources)
    try:
        places = [place for key in connectors() for place in await list_troubled(resources.redis, key)]
        healths = await fetch_health(resources.redis, places, resources.clock)
        calls = {key: await fetch_counts(resources.redis, key) for key in connectors()}
        alive = {kind: len(await heartbeat.list_alive(resources.redis, kind, time.time())) for kind in KINDS}
    except (RedisError, OSError):
        return Snapshot(time.time(), backlogs)
    return Snapshot(time.time(), backlogs, list(healths.values()), calls, alive)


async def _backlogs(resources: Resources) -> list[Backlog] | None:
    try:
        return await measure(resources.database)
    except FAILURES:
        return None
