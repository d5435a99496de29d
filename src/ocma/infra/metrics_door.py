"""A door for one thing: `/metrics` of a process that has no other. In a thread, so that it answers when the process is busy."""

import asyncio
import errno
import hmac
import socket
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import structlog
from prometheus_client import CollectorRegistry, make_wsgi_app

from ocma.errors import Conflict, Invalid
from ocma.settings import Settings

log = structlog.get_logger(__name__)

PATIENCE = 5.0  # seconds for a request to come in
POLL = 0.2  # seconds, between two looks whether it is to end


class Handler(WSGIRequestHandler):
    timeout = PATIENCE

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: it comes every few seconds."""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Without asking the network for this machine's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hangs up or is too slow is no news."""


@asynccontextmanager
async def served(settings: Settings, registry: CollectorRegistry) -> AsyncGenerator[None]:
    """Meanwhile, if the settings want it. Raises Invalid or Conflict when it cannot be."""
    if not settings.metrics_port:
        yield
        return
    server = _listen(settings)
    server.set_app(_guarded(settings.metrics_token.get_secret_value(), make_wsgi_app(registry)))
    Thread(target=server.serve_forever, args=(POLL,), name="metrics", daemon=True).start()
    log.info("metrics.served", host=settings.metrics_host, port=settings.metrics_port)
    try:
        yield
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()


def _listen(settings: Settings) -> Server:
    host, port = settings.metrics_host, settings.metrics_port
    if not settings.metrics_token.get_secret_value():
        raise Invalid(
            "OCMA_METRICS_PORT is set, and OCMA_METRICS_TOKEN is not.",
            code="settings",
            remediation="Set OCMA_METRICS_TOKEN to a secret of your own, which Prometheus sends as its bearer token.",
        )
    try:
        return Server(host, port)
    except OSError as error:
        raise _not_served(host, port, error) from None


def _not_served(host: str, port: int, error: OSError) -> Conflict | Invalid:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            f"Port {port} on {host}, where metrics are to be served, is in use by another program.",
            remediation="Choose another OCMA_METRICS_PORT. Each worker and dispatcher of a machine needs one of its own.",
        )
    return Invalid(
        f"Metrics cannot be served on {host}, port {port}: {error.strerror or error}.",
        code="settings",
        remediation="Set OCMA_METRICS_HOST to an address of this machine, and OCMA_METRICS_PORT to a port it may open.",
    )


def _guarded(token: str, metrics: Any) -> Any:
    """As the API's door: one address, one token."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        scheme, _, given = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
        if environ["PATH_INFO"] != "/metrics":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Metrics are at /metrics.\n"]
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
            start_response("401 Unauthorized", [("Content-Type", "text/plain"), ("WWW-Authenticate", "Bearer")])
            return [b"Send OCMA_METRICS_TOKEN as a bearer token.\n"]
        return metrics(environ, start_response)

    return answer
