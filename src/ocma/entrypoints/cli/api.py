"""`ocma api`: the HTTP door, one process."""

from typing import Annotated

import typer
import uvicorn

from ocma import bootstrap
from ocma.entrypoints.api.app import create_app
from ocma.infra import telemetry
from ocma.settings import Settings

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
    uvicorn.run(
        create_app(),
        host=host,
        port=port,
        fd=fd,
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=GRACE,
    )
