"""Requests to this process's door, counted by route: as many series as there are routes, whatever strangers ask for."""

from prometheus_client import CollectorRegistry, Gauge, Histogram
from starlette.types import Scope

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Traffic:
    """Time is taken until the answer begins: how long a stream or a download lasts is its reader's business."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "ocma_http_request_seconds",
            "Requests to this process, until the answer began.",
            ["route", "method", "status"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge("ocma_http_requests_in_flight", "Requests under way in this process.", registry=self.registry)

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """`status` 0: it was given up before there was an answer."""
        method = scope["method"] if scope["method"] in METHODS else "other"
        kind = f"{status // 100}xx" if status else "none"
        self._seconds.labels(_route(scope), method, kind).observe(seconds)


def _route(scope: Scope) -> str:
    """As it was declared, so without what a caller wrote into the path."""
    return getattr(scope.get("route"), "path", None) or "none"
