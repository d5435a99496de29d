"""What this process counts of its own work, in memory, until somebody reads its metrics. Nothing here waits.

Numbers that all processes share (queue, breakers, quotas) are not kept: the API reads them when asked (api/snapshot.py).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ocma.infra.pools import Pool, describe
from ocma.infra.waiting import Waiting

CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LATE_SECONDS = (0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 3600.0)


Watch = Callable[[str, str, str, float], None]  # platform, kind, outcome, seconds


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


class Watched(Calls):
    """And told to somebody else."""

    def __init__(self, histogram: Histogram, platform: str, watch: Watch) -> None:
        super().__init__(histogram, platform)
        self._platform_key, self._watch = platform, watch

    def __call__(self, kind: str, outcome: str, seconds: float) -> None:
        super().__call__(kind, outcome, seconds)
        self._watch(self._platform_key, kind, outcome, seconds)


class Meters:
    """One per process. `watch` is told of every call to a platform, too."""

    def __init__(self, watch: Watch | None = None) -> None:
        self._watch = watch
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
        self._reads = Counter(
            "ocma_reads", "Reports, and the server that they were read from.", ["server"], registry=self.registry
        )
        self._fallbacks = Counter(
            "ocma_read_fallbacks",
            "Reports read from the primary though there is a replica, and why.",
            ["reason"],
            registry=self.registry,
        )
        self._looks = self._counter("ocma_metric_looks", "Looks at accounts' figures: whole, partial, failed.", "outcome")
        self._samples = self._counter("ocma_metric_samples", "Samples of figures that were written.")
        self._asked = Histogram(
            "ocma_ai_question_seconds",
            "Questions for a language model: answered, cancelled, or why there was no answer of its.",
            ["question", "outcome"],
            buckets=CALL_SECONDS,
            registry=self.registry,
        )
        self._tokens = Counter("ocma_ai_tokens", "Tokens by providers' count.", ["kind"], registry=self.registry)
        self._cost = Counter("ocma_ai_cost_usd", "What they cost, where prices are set.", registry=self.registry)
        self._calls: dict[str, Calls] = {}
        self._late: dict[str, Callable[[float], None]] = {}
        self._waiting = Waiting()
        self.registry.register(self._waiting)
        self.state = State()
        self.registry.register(self.state)
        ProcessCollector(registry=self.registry)

    def _counter(self, name: str, about: str, *more: str) -> Counter:
        return Counter(name, about, ["platform", *more], registry=self.registry)

    def calls(self, platform: str) -> Calls:
        if platform not in self._calls:
            histogram, watch = self._platform_calls, self._watch
            self._calls[platform] = Watched(histogram, platform, watch) if watch else Calls(histogram, platform)
        return self._calls[platform]

    def sent(self, platform: str, seconds_late: float) -> None:
        count = self._late.get(platform)
        if count is None:
            count = self._late[platform] = self._send_lateness.labels(platform).observe
        count(seconds_late)

    def refreshed(self, platform: str, outcome: str) -> None:
        self._refreshes.labels(platform, outcome).inc()

    def put_back(self, platform: str, reason: str, account: UUID, seconds: float) -> None:
        self._put_back.labels(platform, reason).inc()
        self._waiting.add(platform, reason, account, seconds)

    def read(self, server: str, because: str | None = None) -> None:
        self._reads.labels(server).inc()
        if because:
            self._fallbacks.labels(because).inc()

    def looked(self, platform: str, outcome: str, samples: int) -> None:
        self._looks.labels(platform, outcome).inc()
        self._samples.labels(platform).inc(samples)

    def consulted(self, question: str, outcome: str, seconds: float, tokens: tuple[int, int], usd: Decimal | None) -> None:
        """`tokens`: of the question, and of the answer."""
        self._asked.labels(question, outcome).observe(seconds)
        for kind, number in zip(("prompt", "completion"), tokens, strict=True):
            self._tokens.labels(kind).inc(number)
        self._cost.inc(float(usd or 0))

    def handed_out(self, counts: Mapping[str, int]) -> None:
        for platform, count in counts.items():
            self._handed_out.labels(platform).inc(count)


@dataclass(slots=True, eq=False)
class State(Collector):
    """What is looked at when somebody asks. `in_hand`: publications that a worker works on; None: this is no worker."""

    pools: Callable[[], Sequence[Pool]] = tuple
    replica: Callable[[], Iterable[Metric]] = tuple
    in_hand: Callable[[], int] | None = None

    def collect(self) -> Iterable[Metric]:
        yield from describe(self.pools())
        yield from self.replica()
        if self.in_hand is not None:
            yield GaugeMetricFamily("ocma_publications_in_hand", "Publications this worker works on.", value=self.in_hand())
