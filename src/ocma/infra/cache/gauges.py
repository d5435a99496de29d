"""How well it works, for /metrics."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

Result: TypeAlias = Literal["memory", "redis", "early", "computed", "tooLarge"]


class Gauges(Collector):
    """`use` is the first part of a key: a word of the code's, so there are few."""

    def __init__(self, size: Callable[[], tuple[int, int]], redis: Callable[[], tuple[bool, int]]) -> None:
        self._size, self._redis = size, redis
        self._results: Counter[tuple[str, Result]] = Counter()

    def count(self, use: str, result: Result, times: int = 1) -> None:
        self._results[use, result] += times

    def collect(self) -> Iterable[Metric]:
        about = "Where answers came from: memory, redis, early (given while it is renewed), computed; tooLarge were not kept."
        answers = CounterMetricFamily("ocma_cache_answers", about, labels=["use", "result"])
        for labels, times in self._results.items():
            answers.add_metric([*labels], times)
        (entries, size), (is_away, failures) = self._size(), self._redis()
        yield answers
        yield CounterMetricFamily("ocma_cache_redis_errors", "Calls of the cache that Redis did not answer.", value=failures)
        yield GaugeMetricFamily("ocma_cache_without_redis", "1 while this process does without Redis.", value=is_away)
        yield GaugeMetricFamily("ocma_cache_entries", "Answers in the memory of this process.", value=entries)
        yield GaugeMetricFamily("ocma_cache_bytes", "Bytes that they take there, about.", value=size)
