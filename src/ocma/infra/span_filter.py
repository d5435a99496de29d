"""What of a span leaves the house: what is listed here, and nothing that a library thinks of some day."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

KEPT = frozenset(
    {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "url.scheme",
        "network.protocol.version",
        "error.type",
        "db.system",
        "db.system.name",
        "ocma.call.kind",
        "ocma.call.outcome",
        "ocma.platform",
        "ocma.post.id",
        "ocma.publication.claim",
        "ocma.publication.id",
        "ocma.publications",
    }
)
STATEMENTS = frozenset({"db.statement", "db.query.text"})
_LITERAL = re.compile(r"'(?:[^']|'')*'")
LONGEST = 2000  # characters of a statement


class Filtered(SpanExporter):
    """Runs in the thread that sends. Paths and queries of requests, hosts and errors' words are left behind: they may hold
    signed addresses, codes of logins, and what people wrote.
    """

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._inner.export([_filtered(each) for each in spans])

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._inner.force_flush(timeout_millis)


def _filtered(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_attributes(span.attributes or {}),
        events=[Event(each.name, _only(each.attributes or {}, "exception.type"), each.timestamp) for each in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _attributes(found: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in found.items() if key in KEPT}
    return kept | {key: _LITERAL.sub("'…'", str(value))[:LONGEST] for key, value in found.items() if key in STATEMENTS}


def _only(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {key: found[key]} if key in found else {}
