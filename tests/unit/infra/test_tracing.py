"""Traces: only for who wants them, and of these only what may leave the house."""

import asyncio
import subprocess
import sys
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from ocma.errors import Invalid
from ocma.infra import tracing
from ocma.infra.span_filter import Filtered
from ocma.infra.spans import Ids, Rooted, Spans
from ocma.settings import Settings

ID = UUID("019a0000-0000-7000-8000-0000000000ff")


def settings(**more):
    return Settings(_env_file=None, **more)


@pytest.fixture
def seen():
    return InMemorySpanExporter()


@pytest.fixture
def provider(seen):
    ids = Ids()
    made = TracerProvider(id_generator=ids, shutdown_on_exit=False)
    made.sampler = Rooted(made.sampler)
    made.add_span_processor(SimpleSpanProcessor(Filtered(seen)))
    made.ids = ids
    return made


def test_who_wants_none_loads_nothing():
    """With the settings as they are by default. (The client of Redis loads the SDK's metrics by itself, where they are.)"""
    program = """
import sys
from ocma.entrypoints.api import app
from ocma.entrypoints.worker import worker, dispatcher
from ocma.infra import tracing
from ocma.settings import Settings
app.create_app()
assert tracing.open_tracing(Settings(_env_file=None), "worker") is None
heavy = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.instrumentation", "google.protobuf", "ocma.infra.spans")
print([each for each in sys.modules if each.startswith(heavy)])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True, env={})
    assert done.stdout.strip() == "[]"


def test_wanted_and_not_installed(monkeypatch):
    monkeypatch.setattr(tracing, "NEEDED", ("opentelemetry.sdk", "opentelemetry.exporter.of_nobody.http"))
    tracing.check_tracing(settings())
    with pytest.raises(Invalid, match=r"opentelemetry\.exporter\.of_nobody\.http is not installed") as caught:
        tracing.check_tracing(settings(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318"))
    assert "ocma[otel]" in caught.value.remediation


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4318", "grpc://127.0.0.1:4317", "x"])
def test_no_url(endpoint):
    with pytest.raises(Invalid, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        tracing.check_tracing(settings(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint))


def test_only_what_is_listed_leaves(provider, seen):
    tracer = provider.get_tracer("test")
    attributes = {
        "http.route": "/media/{link}",
        "url.path": "/media/signed",
        "url.query": "code=signed",
        "db.statement": "SELECT 'it''s signed', $1",
        "db.user": "signed",
        "new.and.unknown": "signed",
    }

    def go_wrong():
        with tracer.start_as_current_span("GET", attributes=attributes) as span:
            span.add_event("note", {"text": "signed"})
            raise ValueError("signed")

    with pytest.raises(ValueError):
        go_wrong()
    (told,) = seen.get_finished_spans()
    assert dict(told.attributes) == {"http.route": "/media/{link}", "db.statement": "SELECT '…', $1"}
    assert [(each.name, dict(each.attributes)) for each in told.events] == [
        ("note", {}),
        ("exception", {"exception.type": "ValueError"}),
    ]
    assert (told.status.status_code, told.status.description) == (StatusCode.ERROR, None)
    assert "signed" not in told.to_json()


def test_a_query_alone_is_no_trace(provider, seen):
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT):
        pass
    with (
        tracer.start_as_current_span("request", kind=SpanKind.SERVER),
        tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT),
    ):
        pass
    assert [each.name for each in seen.get_finished_spans()] == ["SELECT", "request"]


async def test_publications_side_by_side_are_traces_of_their_own(provider, seen):
    """Each stage is within its own publication, however the tasks are interleaved; the next claim is in the same trace."""
    spans = Spans(provider, provider.ids)

    async def work(number, fence=1):
        with spans.publication(UUID(int=ID.int + number * 1000), "x", fence, "publish"):
            for stage in ("prepare", "stored", "prepared", "send", "answered", "recorded"):
                await spans.reached(stage)
                await asyncio.sleep(0)

    with spans.batch(20):
        await asyncio.gather(*(work(number) for number in range(20)))
    await work(0, fence=2)
    found = seen.get_finished_spans()
    roots = {each.context.span_id: each for each in found if each.name == "publish"}
    assert len(roots) == 21
    assert len({each.context.trace_id for each in roots.values()}) == 20
    for each in found:
        if each.name in {"claim", "prepare", "write-ahead", "send", "record"}:
            assert roots[each.parent.span_id].context.trace_id == each.context.trace_id
    assert len([each for each in found if each.context.trace_id == ID.int]) == 12


async def test_a_refusal_is_a_failed_send_and_what_is_open_at_the_end_is_closed(provider, seen):
    spans = Spans(provider, provider.ids)
    with spans.publication(ID, "x", 1, "publish"):
        for stage in ("prepare", "prepared", "send", "refused"):
            await spans.reached(stage)
        spans.went_wrong("throttled")
    await spans.reached("prepare")  # of nobody's publication
    found = {each.name: each for each in seen.get_finished_spans()}
    assert set(found) == {"claim", "prepare", "write-ahead", "send", "record", "publish"}
    assert [name for name, each in found.items() if not each.status.is_ok and each.status.status_code is StatusCode.ERROR] == [
        "send",
        "record",
    ]


def test_a_planned_publication_is_linked_before_it_has_a_span(provider, seen):
    spans = Spans(provider, provider.ids)
    with provider.get_tracer("test").start_as_current_span("request"):
        spans.planned(ID, [ID])
    with spans.publication(ID, "x", 1, "publish"):
        pass
    request, _, root = seen.get_finished_spans()
    (link,) = request.links
    assert (link.context.trace_id, link.context.span_id) == (root.context.trace_id, root.context.span_id)
