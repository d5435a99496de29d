import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ocma_sandbox.app import create_app
from ocma_sandbox.config import Config
from ocma_sandbox.streams import Streams
from ocma_sandbox.wire import ABORT

START_SECONDS = 60

_App = Callable[[Any, Any, Any], Awaitable[None]]


class AbortableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, whose requests can close their own connection without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn does
        super().connection_made(transport)
        # self.app is this connection's own attribute: wrapping it reaches every request of the connection
        self.app = cast("Any", _with_abort(cast("_App", self.app), transport))


def _with_abort(app: _App, transport: asyncio.Transport) -> ASGIApp:
    def abort() -> None:
        sock: socket.socket | None = transport.get_extra_info("socket")
        if sock is not None:
            # linger 0: the peer gets a reset, as from a machine that died, and not an orderly end
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[ABORT] = abort
        await app(scope, receive, send)

    return wrapped


class Server(uvicorn.Server):
    """Says when it accepts, and where; ends the open streams first when it stops, because no client would."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None], streams: Streams) -> None:
        super().__init__(config)
        self._announce = announce
        self._streams = streams

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._streams.close()
        await super().shutdown(sockets)


def build_server(config: Config, announce: Callable[[str], None], *, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Raises what `create_app` raises."""
    app = create_app(config)
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=AbortableProtocol,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=65,
            timeout_graceful_shutdown=3,
        ),
        announce,
        app.state.world.streams,
    )


@contextmanager
def running(config: Config) -> Generator[str]:
    """A sandbox in a thread of this process, on a free port of 127.0.0.1; yields its base URL."""
    ready = threading.Event()
    urls: list[str] = []

    def announce(url: str) -> None:
        urls.append(url)
        ready.set()

    server = build_server(config, announce)
    thread = threading.Thread(target=server.run, name="ocma-sandbox", daemon=True)
    thread.start()
    if not ready.wait(timeout=START_SECONDS):
        raise TimeoutError(f"the sandbox did not start within {START_SECONDS} seconds")
    try:
        yield urls[0]
    finally:
        server.should_exit = True
        thread.join(timeout=10)
