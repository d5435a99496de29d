"""`ocma api`: the HTTP door, one process."""

import socket
from contextlib import suppress
from typing import Annotated

import typer
import uvicorn

from ocma import bootstrap
from ocma.entrypoints.api.app import create_app
from ocma.infra import telemetry
from ocma.settings import Settings

FAILED = 3  # as uvicorn's own program exits
GRACE = 20  # seconds that running requests have after the signal to stop


def api(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
    fd: Annotated[int | None, typer.Option(help="Listen on this inherited socket instead.", min=0)] = None,
) -> None:
    """Serve the HTTP API. Behind a proxy, name it in FORWARDED_ALLOW_IPS."""
    settings = Settings()
    telemetry.configure(settings)
    bootstrap.check(settings)  # or the server tells it, with a traceback
    config = uvicorn.Config(
        create_app(),
        host=host,
        port=port,
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=GRACE,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):  # it has ended in order
        server.run(None if fd is None else [_inherited(fd)])
    if not server.started:
        raise typer.Exit(FAILED)


def _inherited(fd: int) -> socket.socket:
    """The server's own `fd` takes any socket for a Unix one: on TCP, bodies would then wait 40 ms for an acknowledgement."""
    try:
        return socket.socket(fileno=fd)
    except OSError as error:
        raise typer.BadParameter(f"{fd} is no open socket.", param_hint="--fd") from error
