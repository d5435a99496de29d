"""`ocma demo`: the whole product on this machine, seen by a user who has nothing but its HTTP API."""

from pathlib import Path
from typing import Annotated

import typer

from ocma.entrypoints.cli.exits import errors_told

DEFAULT_DIR = Path(".data/demo")


def demo(
    data: Annotated[Path, typer.Option(help="Where the demo keeps everything.", readable=False)] = DEFAULT_DIR,
    port: Annotated[int, typer.Option(help="Port of the API on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    once: Annotated[bool, typer.Option("--once", help="Stop everything afterwards; exit 0 if every post is live once.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds the demo may take, from start to verdict.", min=1)] = 180,
    transcript: Annotated[Path | None, typer.Option(help="Append every answer of the API to this file.")] = None,
) -> None:
    """Start everything with sandbox platforms, connect accounts, publish, and show what happens."""
    from ocma.entrypoints.cli import demo_run  # noqa: PLC0415 - an HTTP client and Pillow that no other command needs

    options = demo_run.Options(data, port, once, timeout, transcript)
    with errors_told():
        code = demo_run.run(options)
    raise typer.Exit(code)
