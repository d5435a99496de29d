"""Accounts whose posts have to wait, while they have to: many of them, so they are counted and never named."""

import time
from collections.abc import Callable, Iterable
from uuid import UUID

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

MOST = 10_000  # kept before those are forgotten that wait no more


class Waiting(Collector):
    """Written by the event loop, read by whichever thread answers Prometheus."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str, UUID], float] = {}
        self._seen: set[tuple[str, str]] = set()

    def add(self, platform: str, reason: str, account: UUID, seconds: float) -> None:
        if len(self._until) >= MOST:
            self._until = dict(self._waiting())
        self._seen.add((platform, reason))
        self._until[platform, reason, account] = self._clock() + seconds

    def _waiting(self) -> list[tuple[tuple[str, str, UUID], float]]:
        now = self._clock()
        return [(key, until) for key, until in list(self._until.items()) if until > now]

    def collect(self) -> Iterable[Metric]:
        counts = dict.fromkeys(sorted(self._seen), 0)
        for (platform, reason, _), _until in self._waiting():
            counts[platform, reason] += 1
        metric = GaugeMetricFamily(
            "ocma_accounts_waiting",
            "Accounts whose posts this worker put back, and that may not go on yet.",
            labels=["platform", "reason"],
        )
        for names, count in counts.items():
            metric.add_metric([*names], count)
        yield metric
