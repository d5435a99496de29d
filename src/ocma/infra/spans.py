"""Spans of OpenTelemetry: made while we work, sent by a thread of their own, dropped when nobody takes them."""

import asyncio
import os
import socket
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Thread
from typing import Any
from uuid import UUID

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.re import parse_env_headers

from ocma import __version__
from ocma.infra.span_filter import Filtered

TIMEOUT = 5.0  # seconds for the collector to take a batch
LAST = 3.0  # seconds for what is left at the end
LINKS = 100  # of a request to publications that it planned
HALF = (1 << 64) - 1

# What a publication goes through between two stages that `Press.reached` is told.
STAGES = {"prepare": "prepare", "prepared": "write-ahead", "send": "send", "answered": "record", "refused": "record"}

_begun_at: ContextVar[int] = ContextVar("begun_at")
_stage: ContextVar["Stage | None"] = ContextVar("stage", default=None)


class Ids(RandomIdGenerator):
    """Random, but for the root of a publication's trace."""

    def __init__(self) -> None:
        self.root: tuple[int, int] | None = None

    def generate_trace_id(self) -> int:
        return self.root[0] if self.root else super().generate_trace_id()

    def generate_span_id(self) -> int:
        return self.root[1] if self.root else super().generate_span_id()

    def is_trace_id_random(self) -> bool:
        """The last 62 bits of a publication's id are."""
        return True


class Rooted(Sampler):
    """As `inner`, but no traces that are one query and nothing else: every process looks for work all the time."""

    def __init__(self, inner: Sampler) -> None:
        self._inner = inner

    def should_sample(
        self, parent_context: Context | None, trace_id: int, name: str, kind: SpanKind | None = None, *more: Any, **named: Any
    ) -> SamplingResult:
        parent = trace.get_current_span(parent_context).get_span_context()
        if kind is SpanKind.CLIENT and not parent.is_valid:
            return SamplingResult(Decision.DROP)
        return self._inner.should_sample(parent_context, trace_id, name, kind, *more, **named)

    def get_description(self) -> str:
        return f"Rooted({self._inner.get_description()})"


class Stage:
    """The part of a publication's work that is under way."""

    def __init__(self) -> None:
        self.span: Span | None = None
        self._token: Any = None

    def begin(self, span: Span) -> None:
        self.end()
        self.span, self._token = span, contexts.attach(trace.set_span_in_context(span))

    def end(self) -> None:
        if self.span is not None:
            self.span.end()
            contexts.detach(self._token)
            self.span = None


class Spans:
    """Satisfies `tracing.Tracing`."""

    def __init__(self, provider: TracerProvider, ids: Ids) -> None:
        self.provider, self._ids = provider, ids
        self._tracer = provider.get_tracer("ocma", __version__)

    @classmethod
    def open(cls, endpoint: str, headers: str, kind: str) -> "Spans":
        """For this process, whole: FastAPI and the database's driver tell their part of it."""
        ids, host = Ids(), socket.gethostname()
        name = os.environ.get("OTEL_SERVICE_NAME") or f"ocma-{kind}"
        about = {"service.name": name, "service.version": __version__, "service.instance.id": f"{host}:{os.getpid()}"}
        provider = TracerProvider(resource=Resource.create(about), id_generator=ids, shutdown_on_exit=False)
        provider.sampler = Rooted(provider.sampler)
        exporter = OTLPSpanExporter(
            f"{endpoint.rstrip('/')}/v1/traces", headers=parse_env_headers(headers, liberal=True), timeout=TIMEOUT
        )
        provider.add_span_processor(BatchSpanProcessor(Filtered(exporter)))
        trace.set_tracer_provider(provider)
        AsyncPGInstrumentor().instrument(tracer_provider=provider)
        return cls(provider, ids)

    @contextmanager
    def batch(self, count: int) -> Generator[None]:
        _begun_at.set(time.time_ns())
        with self._tracer.start_as_current_span("publications", attributes={"ocma.publications": count}):
            yield

    @contextmanager
    def publication(self, publication_id: UUID, platform: str, fence: int, what: str) -> Generator[None]:
        began = _begun_at.get(time.time_ns())
        about = {"ocma.publication.id": str(publication_id), "ocma.platform": platform, "ocma.publication.claim": fence}
        together = trace.get_current_span().get_span_context()
        links = [Link(together)] if together.is_valid else []
        with self._root(publication_id, fence, what, attributes=about, links=links, start_time=began):
            self._tracer.start_span("claim", start_time=began).end()
            stage = Stage()
            token = _stage.set(stage)
            try:
                yield
            finally:
                stage.end()
                _stage.reset(token)

    @contextmanager
    def _root(self, publication_id: UUID, fence: int, name: str, **about: Any) -> Generator[None]:
        self._ids.root = publication_id.int, root_id(publication_id, fence)  # nothing comes between this and its use
        try:
            span = self._tracer.start_span(name, context=Context(), kind=SpanKind.CONSUMER, **about)
        finally:
            self._ids.root = None
        with trace.use_span(span, end_on_exit=True):
            yield

    async def reached(self, stage: str) -> None:
        under_way = _stage.get()
        if under_way is None:
            return
        if stage == "recorded":
            under_way.end()
        elif stage in STAGES:
            if stage == "refused" and under_way.span is not None:
                under_way.span.set_status(StatusCode.ERROR)
            under_way.end()
            under_way.begin(self._tracer.start_span(STAGES[stage]))

    def went_wrong(self, code: str) -> None:
        span = trace.get_current_span()
        span.set_attribute("error.type", code)
        span.set_status(Status(StatusCode.ERROR))

    def called(self, platform: str, kind: str, outcome: str, seconds: float) -> None:
        now = time.time_ns()
        about = {"ocma.platform": platform, "ocma.call.kind": kind, "ocma.call.outcome": outcome}
        span = self._tracer.start_span(
            f"{platform} {kind}", kind=SpanKind.CLIENT, attributes=about, start_time=now - int(seconds * 1e9)
        )
        if outcome != "2xx":
            span.set_status(StatusCode.ERROR)
        span.end(now)

    def planned(self, post_id: UUID, publication_ids: Sequence[UUID]) -> None:
        span = trace.get_current_span()
        span.set_attribute("ocma.post.id", str(post_id))
        for each in publication_ids[:LINKS]:
            span.add_link(SpanContext(each.int, root_id(each, 1), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)))

    async def close(self) -> None:
        """The library would wait for a collector that does not answer for longer than whoever stops us does."""
        AsyncPGInstrumentor().uninstrument()
        ending = Thread(target=self.provider.shutdown, name="last-spans", daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, LAST)


def root_id(publication_id: UUID, fence: int) -> int:
    """Of the first span of one claim: known before there is one, so that who plans can link to it."""
    return ((publication_id.int + fence) & HALF) or 1
