"""`ocma up`: everything on this machine with one command."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from dotenv import dotenv_values

from ocma.errors import OcmaError
from ocma.infra.embedded import stack
from ocma.infra.embedded.programs import Programs

DataDir = Annotated[Path, typer.Option(help="Where everything is kept.", envvar="OCMA_DATA", readable=False)]
DEFAULT_DIR = Path(".data")


def up(
    data: DataDir = DEFAULT_DIR,
    port: Annotated[int, typer.Option(help="Port of the API on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 8000,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Platforms to try everything without keys.")] = False,
    workers: Annotated[int, typer.Option(help="How many worker processes.", min=1, max=64)] = 1,
    dispatchers: Annotated[int, typer.Option(help="How many dispatcher processes.", min=1, max=64)] = 1,
) -> None:
    """Start PostgreSQL, Valkey, API, workers and dispatchers; prints READY and the URL, and keeps them running."""
    from_file = {name: value for name, value in dotenv_values(".env").items() if value}
    options = stack.Options(
        data=data,
        port=port,
        sandbox=sandbox,
        workers=workers,
        dispatchers=dispatchers,
        environment={**from_file, **os.environ},
    )
    with errors_told():
        stack.up(options, Programs(), say, announce)


@contextmanager
def errors_told() -> Generator[None]:
    try:
        yield
    except OcmaError as error:
        say(f"error: {error.detail}" + (f"\n{error.remediation}" if error.remediation else ""))
        raise typer.Exit(1) from error
    except OSError as error:
        say(f"error: {error}")
        raise typer.Exit(1) from error


def announce(url: str) -> None:
    _written(lambda: print(f"READY {url}", flush=True))


def say(text: str) -> None:
    _written(lambda: print(f"ocma: {text}", file=sys.stderr, flush=True))


def _written(write: Callable[[], None]) -> None:
    """A reader who has gone away must not end the supervisor."""
    with suppress(OSError):
        write()
