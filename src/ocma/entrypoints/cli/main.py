"""The `ocma` program. A command's module is imported when it runs, so that `ocma --help` is quick."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import typer

from ocma.entrypoints.cli.exits import errors_told

# Command -> what it does. `ocma NAME` is the function `NAME`, or the Typer `app`, of ocma.entrypoints.cli.NAME.
COMMANDS: Mapping[str, str] = {
    "up": "Start everything on this machine, and keep it running.",
    "down": "Stop what `ocma up` started.",
    "api": "Serve the HTTP API.",
    "migrate": "Bring the database to this program's schema.",
    "keys": "Make, list and revoke API keys.",
    "worker": "Publish what is due.",
    "dispatcher": "Hand out what is due.",
    "sandbox": "Platforms to try everything without keys.",
    "demo": "See all of it happen, without keys.",
    "accounts": "Connect, show, refresh, watch and disconnect accounts.",
    "posts": "Schedule posts, and see what became of them.",
    "metrics": "Show and export figures of accounts and posts, and read them now.",
    "models": "Train, measure and ask the small models that answer without a language model.",
    "doctor": "Say what is configured, what is missing, and how to get it.",
    "env-template": "Print every setting as a .env file, with what it is for.",
    "platform-pages": "Write what every platform takes into its page of the documentation.",
}

# Plain help (rich takes longer to load than everything else here), and no tracebacks that print variables.
PLAIN: Mapping[str, Any] = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}

app = typer.Typer(
    name="ocma", help="Social media management: a post is never lost and never published twice.", no_args_is_help=True, **PLAIN
)
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


@app.callback()
def ocma() -> None:
    """Makes this a program of commands even while there is one."""


def _register(name: str, summary: str) -> None:
    @app.command(name, help=summary, add_help_option=False, context_settings=PASS_ON)
    def run(context: typer.Context) -> None:
        with errors_told():
            load(name)(args=context.args, prog_name=f"ocma {name}")


def load(name: str) -> Callable[..., Any]:
    """The Typer program of one command; a dash in its name is an underscore in its module's."""
    own = name.replace("-", "_")
    module = import_module(f"ocma.entrypoints.cli.{own}")
    found: typer.Typer | None = getattr(module, "app", None)
    if found is not None:
        return found
    alone = typer.Typer(**PLAIN)
    alone.command(name)(getattr(module, own))
    return alone


for _name, _summary in COMMANDS.items():
    _register(_name, _summary)
