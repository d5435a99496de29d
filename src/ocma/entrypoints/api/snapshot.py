"""What all processes share, as it is now: the queue, accounts, platforms, signs of life. Every API process tells the same.

Its cost is fixed: three queries, and keys in Redis by the number of platforms and of places in trouble, never of accounts.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from ocma.bootstrap import Resources
from ocma.errors import Unavailable
from ocma.features.accounts.census import Count, count_accounts
from ocma.features.analytics import lag
from ocma.features.analytics.lag import Lag
from ocma.features.assistant.guard import PLATFORM as MODEL
from ocma.features.publishing import allowance
from ocma.features.publishing.admission import app_door
from ocma.features.publishing.backlog import Backlog, measure
from ocma.features.publishing.breaker import Place
from ocma.features.publishing.health import Health, fetch_closed, fetch_counts, fetch_health, list_troubled
from ocma.features.publishing.quotas import Window
from ocma.infra import heartbeat
from ocma.infra.database import FAILURES
from ocma.infra.redis import Client
from ocma.platforms.registry import connectors

STATES = {"closed": 0, "halfOpen": 1, "open": 2}
KINDS = ("worker", "dispatcher")
PATIENCE = 2.0  # seconds that Redis has for all of it: Prometheus does not wait for ever


@dataclass(frozen=True, slots=True)
class Queue:
    """What PostgreSQL says."""

    backlogs: Sequence[Backlog]
    accounts: Sequence[Count]
    lags: Sequence[Lag]


@dataclass(frozen=True, slots=True)
class Outside:
    """What Redis says. `closed`: apps that a platform throttles, until when; `left`: calls of their quotas."""

    healths: Sequence[Health]
    calls: Mapping[str, Mapping[str, int]]
    closed: Mapping[Place, datetime]
    windows: Sequence[Window]
    left: Mapping[Window, int]
    alive: Mapping[str, int]
    tasks: int


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot(Collector):
    """Read before the registry asks, which does not wait. None: PostgreSQL, or Redis, does not answer."""

    queue: Queue | None
    outside: Outside | None
    at: float = field(default_factory=time.time)

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("ocma_up", "Whether a server OCMA needs answers.", labels=["server"])
        up.add_metric(["postgresql"], self.queue is not None)
        up.add_metric(["redis"], self.outside is not None)
        yield up
        if self.queue:
            yield from _publications(self.queue, self.at)
            yield _accounts(self.queue)
            yield from _looks(self.queue, self.at)
        if self.outside:
            yield from _places(self.outside)
            yield from _quotas(self.outside)
            yield _throttled(self.outside, self.at)
            yield from _processes(self.outside)


def _publications(queue: Queue, at: float) -> Iterable[Metric]:
    labels = ["platform", "state"]
    count = GaugeMetricFamily("ocma_publications", "Publications that are not over; failed ones are dead letters.", labels=labels)
    due = GaugeMetricFamily(
        "ocma_publications_due", "Those of them that could go out now and that nobody has taken.", labels=labels
    )
    late = GaugeMetricFamily("ocma_publications_lateness_seconds", "How long the oldest of those has waited.", labels=labels)
    found = {(each.platform, each.state): each for each in queue.backlogs}
    nothing = Backlog("", "", 0, 0, None)
    for platform, state in {**_always(("scheduled", "failed")), **found}:
        each = found.get((platform, state), nothing)
        count.add_metric([platform, state], each.count)
        due.add_metric([platform, state], each.due)
        late.add_metric([platform, state], max(at - each.oldest_due_at.timestamp(), 0) if each.oldest_due_at else 0)
    yield from (count, due, late)


def _accounts(queue: Queue) -> Metric:
    metric = GaugeMetricFamily("ocma_accounts", "Connected accounts.", labels=["platform", "status"])
    found = {(each.platform, each.status): each.accounts for each in queue.accounts}
    for names, accounts in {**_always(("active", "needsReauthorization")), **found}.items():
        metric.add_metric([*names], accounts)
    return metric


def _looks(queue: Queue, at: float) -> Iterable[Metric]:
    due = GaugeMetricFamily("ocma_metric_looks_due", "Accounts whose figures are to be read now.", labels=["platform"])
    late = GaugeMetricFamily("ocma_metric_looks_lateness_seconds", "How long the first of those has waited.", labels=["platform"])
    for each in queue.lags:
        due.add_metric([each.platform], each.due)
        late.add_metric([each.platform], max(at - each.oldest.timestamp(), 0) if each.oldest else 0)
    yield from (due, late)


def _always(states: Iterable[str]) -> dict[tuple[str, str], int]:
    """What is shown when there is none, too: growth is seen from the first one on."""
    return {(platform, state): 0 for platform in connectors() for state in states}


def _places(outside: Outside) -> Iterable[Metric]:
    labels = ["platform", "place"]
    state = GaugeMetricFamily("ocma_breaker_state", "0 closed, 1 half open, 2 open.", labels=labels)
    failures = GaugeMetricFamily("ocma_breaker_recent_failures", "Calls of the last minute that failed.", labels=labels)
    for each in outside.healths:
        state.add_metric([each.place.platform, each.place.name], STATES[each.state])
        failures.add_metric([each.place.platform, each.place.name], each.failures)
    calls = CounterMetricFamily("ocma_platform_calls", "What became of publications and looks.", labels=["platform", "outcome"])
    for platform, counts in outside.calls.items():
        for outcome, number in counts.items():
            calls.add_metric([platform, outcome], number)
    yield from (state, failures, calls)


def _quotas(outside: Outside) -> Iterable[Metric]:
    labels = ["platform", "place", "on", "seconds"]
    granted = GaugeMetricFamily("ocma_quota_calls", "Calls that a platform grants to all accounts of an app.", labels=labels)
    left = GaugeMetricFamily("ocma_quota_calls_left", "How many of them are left in the window that ends now.", labels=labels)
    for each in outside.windows:
        names = [each.place.platform, each.place.name, each.quota.on, f"{each.seconds:.0f}"]
        granted.add_metric(names, each.quota.calls)
        if each in outside.left:
            left.add_metric(names, outside.left[each])
    yield from (granted, left)


def _throttled(outside: Outside, at: float) -> Metric:
    closed = GaugeMetricFamily(
        "ocma_throttled_seconds", "For how long a platform wants nothing from an app.", labels=["platform", "place"]
    )
    for each in outside.healths:
        until = outside.closed.get(each.place)
        closed.add_metric([each.place.platform, each.place.name], max(until.timestamp() - at, 0) if until else 0)
    return closed


def _processes(outside: Outside) -> Iterable[Metric]:
    alive = GaugeMetricFamily("ocma_processes", "Processes that gave a sign of life in the last seconds.", labels=["kind"])
    for kind, number in outside.alive.items():
        alive.add_metric([kind], number)
    yield alive
    yield GaugeMetricFamily("ocma_tasks_waiting", "Tasks that no worker has begun.", value=outside.tasks)


async def take(resources: Resources) -> Snapshot:
    return Snapshot(await _queue(resources), await _outside(resources))


async def _queue(resources: Resources) -> Queue | None:
    try:
        lags = await lag.measure(resources.database, resources.clock())
        return Queue(await measure(resources.database), await count_accounts(resources.database), lags)
    except FAILURES:
        return None


async def _outside(resources: Resources) -> Outside | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await _read(resources, resources.redis)
    except (RedisError, OSError, Unavailable):
        return None


async def _read(resources: Resources, redis: Client) -> Outside:
    troubled = [place for key in connectors() for place in await list_troubled(redis, key)]
    places = sorted({*allowance.own_places(resources.environment), *troubled}, key=lambda each: each.key(""))
    models = sorted({*resources.consultant.places, *await list_troubled(redis, MODEL)}, key=lambda each: each.name)
    doors = await fetch_closed(redis, [app_door(each) for each in places], resources.clock)
    windows = allowance.windows(resources.environment, places)
    return Outside(
        healths=list((await fetch_health(redis, [*places, *models], resources.clock)).values()),
        calls={key: await fetch_counts(redis, key) for key in connectors()},
        closed={each: doors[app_door(each)] for each in places if app_door(each) in doors},
        windows=windows,
        left=await allowance.fetch_left(redis, windows),
        alive={kind: len(await heartbeat.list_alive(redis, kind, time.time())) for kind in KINDS},
        tasks=await resources.tasks.count_waiting(),
    )
