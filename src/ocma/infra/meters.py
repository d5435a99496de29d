"""What this process counts of its own work, in memory, until somebody reads its metrics. Nothing here waits.

Numbers that all processes share (queue, breakers, quotas) are not kept: the API reads them when asked (api/snapshot.py).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ocma.infra.pools import Pool, describe

CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LATE_SECONDS = (0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 3600.0)


class Calls:
    """Of one platform. `kind`: publish (the call after which something is live), other, login (a token endpoint).

    `outcome`: the class of the answer's status, noConnection (nothing was written) or noAnswer.
    """

    def __init__(self, histogram: Histogram, platform: str) -> None:
        self._histogram, self._platform = histogram, platform
        self._known: dict[tuple[str, str], Callable[[float], None]] = {}  # to look one up there costs more than to count

    def __call__(self, kind: str, outcome: str, seconds: float) -> None:
        count = self._known.get((kind, outcome))
        if count is None:
            count = self._known[kind, outcome] = self._histogram.labels(self._platform, kind, outcome).observe
        count(seconds)


class Meters:
    """One per process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._platform_calls = Histogram(
            "ocma_platform_call_seconds",
            "Calls of this process to platforms, until they were answered.",
            ["platform", "kind", "outcome"],
            buckets=CALL_SECONDS,
            registry=self.registry,
        )
        self._send_lateness = Histogram(
            "ocma_send_lateness_seconds",
            "From when a publication was due (after a wait: again) to the write-ahead of its first part.",
            ["platform"],
            buckets=LATE_SECONDS,
            registry=self.registry,
        )
        self._refreshes = self._counter(
            "ocma_token_refreshes", "Tokens that were to be renewed: renewed, refused, failed.", "outcome"
        )
        self._put_back = self._counter("ocma_publications_put_back", "Publications that had to wait, and for what.", "reason")
        self._handed_out = self._counter("ocma_publications_handed_out", "Publications this dispatcher handed to workers.")
        self._calls: dict[str, Calls] = {}
        self._late: dict[str, Callable[[float], None]] = {}
        self.state = State()
        self.registry.register(self.state)
        ProcessCollector(registry=self.registry)

    def _counter(self, name: str, about: str, *more: str) -> Counter:
        return Counter(name, about, ["platform", *more], registry=self.registry)

    def calls(self, platform: str) -> Calls:
        if platform not in self._calls:
            self._calls[platform] = Calls(self._platform_calls, platform)
        return self._calls[platform]

    def sent(self, platform: str, seconds_late: float) -> None:
        count = self._late.get(platform)
        if count is None:
            count = self._late[platform] = self._send_lateness.labels(platform).observe
        count(seconds_late)

    def refreshed(self, platform: str, outcome: str) -> None:
        self._refreshes.labels(platform, outcome).inc()

    def put_back(self, platform: str, reason: str) -> None:
        self._put_back.labels(platform, reason).inc()

    def handed_out(self, counts: Mapping[str, int]) -> None:
        for platform, count in counts.items():
            self._handed_out.labels(platform).inc(count)


@dataclass(slots=True, eq=False)
class State(Collector):
    """What is looked at when somebody asks. `in_hand`: publications that a worker works on; None: this is no worker."""

    pools: Callable[[], Sequence[Pool]] = tuple
    in_hand: Callable[[], int] | None = None

    def collect(self) -> Iterable[Metric]:
        yield from describe(self.pools())
        if self.in_hand is not None:
            yield GaugeMetricFamily("ocma_publications_in_hand", "Publications this worker works on.", value=self.in_hand())
