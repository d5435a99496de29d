"""A collector of traces: OTLP over HTTP, as the protocol's own messages read it."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span

LIMIT = 30.0  # seconds


@dataclass
class Told:
    span: Span
    service: str

    @property
    def trace(self) -> str:
        return self.span.trace_id.hex()

    @property
    def attributes(self):
        return {each.key: each.value.string_value or each.value.int_value for each in self.span.attributes}

    @property
    def failed(self) -> bool:
        return self.span.status.code == 2


@dataclass
class Collector:
    url: str
    silent: threading.Event
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def spans(self) -> list[Told]:
        found = []
        for body in list(self.bodies):
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                about = {each.key: each.value.string_value for each in group.resource.attributes}
                found += [Told(span, about["service.name"]) for scope in group.scope_spans for span in scope.spans]
        return found

    def trace(self, trace_id: str) -> list[Told]:
        return [each for each in self.spans() if each.trace == trace_id]

    def wait(self, reached, limit=LIMIT):
        """What `reached` makes of the spans, once that is something."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            if found := reached(self.spans()):
                return found
            time.sleep(0.05)
        raise AssertionError(sorted({(each.service, each.span.name) for each in self.spans()}))


@contextmanager
def collector():
    silent = threading.Event()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if silent.is_set():
                time.sleep(20)
                return
            assert self.path == "/v1/traces"
            found.bodies.append(body)
            found.headers.append({key.lower(): value for key, value in self.headers.items()})
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads, server.block_on_close = True, False
    found = Collector(f"http://127.0.0.1:{server.server_port}", silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
