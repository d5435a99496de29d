"""How full the pools of connections are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric


@dataclass(frozen=True, slots=True)
class Pool:
    """`size`: connections it may have; `waiting`: who would have one if there were more."""

    name: str
    in_use: int
    idle: int
    size: int
    waiting: int


def describe(pools: Sequence[Pool]) -> Iterable[Metric]:
    connections = GaugeMetricFamily("ocma_pool_connections", "Open connections of this process.", labels=["pool", "state"])
    size = GaugeMetricFamily("ocma_pool_size", "Connections that this process may have.", labels=["pool"])
    waiting = GaugeMetricFamily("ocma_pool_waiting", "Who waits for a connection of this process.", labels=["pool"])
    for each in pools:
        connections.add_metric([each.name, "inUse"], each.in_use)
        connections.add_metric([each.name, "idle"], each.idle)
        size.add_metric([each.name], each.size)
        waiting.add_metric([each.name], each.waiting)
    yield from (connections, size, waiting)
