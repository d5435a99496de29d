"""`ocma sandbox`: the platforms' side, a program of its own."""

import os
import sys

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(
    "sandbox",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def sandbox(context: typer.Context) -> None:
    """Become `ocma-sandbox`, which OCMA's own code never touches: a mistake in one must not be mirrored in the other."""
    os.execv(sys.executable, [sys.executable, "-m", "ocma_sandbox", *context.args])  # noqa: S606 - to become it is the point
