"""Traces for OpenTelemetry, for who wants them. Nothing of its SDK is loaded otherwise, and nobody has anything to do."""

from collections.abc import MutableMapping, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any, Protocol
from uuid import UUID

from ocma.errors import Invalid
from ocma.settings import Settings

NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http", "opentelemetry.instrumentation.asyncpg")


class Tracing(Protocol):
    """What the rest of OCMA tells. Ids and names of our own only: no text, no token, no address of a user's."""

    def batch(self, count: int) -> AbstractContextManager[None]:
        """Around publications that a worker took together."""
        ...

    def publication(self, publication_id: UUID, platform: str, fence: int, what: str) -> AbstractContextManager[None]:
        """Around the work on one of them: a trace of its own, whose id is the publication's."""
        ...

    async def reached(self, stage: str) -> None:
        """A stage of the work on it, as `Press.reached` is told."""
        ...

    def went_wrong(self, code: str) -> None:
        """What the current span is about did."""
        ...

    def called(self, platform: str, kind: str, outcome: str, seconds: float) -> None:
        """A call to a platform has just ended."""
        ...

    def planned(self, post_id: UUID, publication_ids: Sequence[UUID]) -> None:
        """The current request planned these."""
        ...

    async def close(self) -> None:
        """Sends what is left; no longer than a few seconds."""
        ...


def check_tracing(settings: Settings) -> None:
    """Raises Invalid when traces are wanted and cannot be had."""
    if settings.otel_endpoint and (missing := _missing()):
        raise Invalid(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is set, and {missing} is not installed.",
            code="settings",
            remediation="Install OCMA with it (pip install 'ocma[otel]'), or take OTEL_EXPORTER_OTLP_ENDPOINT away.",
        )
    if settings.otel_endpoint and not settings.otel_endpoint.startswith(("http://", "https://")):
        raise Invalid(
            "OTEL_EXPORTER_OTLP_ENDPOINT is not an http or https URL.",
            code="settings",
            remediation="Give the collector's address for OTLP over HTTP, such as http://127.0.0.1:4318.",
        )


def _missing() -> str | None:
    for name in NEEDED:
        try:
            if find_spec(name) is None:
                return name
        except ModuleNotFoundError:  # not even what is around it
            return name
    return None


def open_tracing(settings: Settings, kind: str) -> Tracing | None:
    """For a process of this kind. None: not wanted."""
    if not settings.otel_endpoint:
        return None
    from ocma.infra.spans import Spans  # noqa: PLC0415 - loads the SDK

    return Spans.open(settings.otel_endpoint, settings.otel_headers.get_secret_value(), kind)


def name_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: in which trace, and in which span of it, a line was written."""
    from opentelemetry import trace  # noqa: PLC0415 - only with traces

    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"], event["span_id"] = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    return event
