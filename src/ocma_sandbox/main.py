"""The command `ocma-sandbox`: the platforms' side on one port."""

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from types import FrameType

from ocma_sandbox.app import StateError, create_app
from ocma_sandbox.config import Config
from ocma_sandbox.registry import PLATFORMS
from ocma_sandbox.server import build_server
from ocma_sandbox.settings import SettingError

__all__ = ["app", "create_app"]

_PR_SET_PDEATHSIG = 1


def app(arguments: Sequence[str] | None = None) -> None:
    """Runs until SIGTERM or SIGINT. Prints READY and the address, once, on the standard output."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.die_with_parent:
        _die_with_parent(parser)
    try:
        server = build_server(_config(options), _announce, host=options.host, port=options.port)
    except (StateError, SettingError) as error:
        parser.error(str(error))
    # uvicorn raises the signal again when it has stopped; that must not turn a clean end into death by signal
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end_quietly)
    server.run()


def _end_quietly(_number: int, _frame: FrameType | None) -> None:
    """The server has seen the signal and is done."""


def _announce(url: str) -> None:
    sys.stdout.write(f"READY {url}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("ocma-sandbox", description="The platforms' side of OCMA, over real HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--state", type=Path, metavar="FILE|DIR", help="keep books, accounts and tokens here")
    parser.add_argument("--seed", type=int, help="makes faults with a probability repeatable")
    parser.add_argument("--audience", action="store_true", help="let people see, like and share what is published, everywhere")
    parser.add_argument("--die-with-parent", action="store_true", help="end when the parent process ends (Linux)")
    parser.add_argument(
        "--set", dest="chosen", action="append", default=[], metavar="PLATFORM.NAME=VALUE", help="a platform's setting"
    )
    for key in _platforms_with("client_id"):
        parser.add_argument(f"--{key}-client-id", metavar="ID", help=f"client id of the app registered with {key}")
        parser.add_argument(f"--{key}-client-secret", metavar="SECRET", help="its secret")
    return parser


def _platforms_with(setting: str) -> list[str]:
    return [platform.key for platform in PLATFORMS if setting in {field.name for field in fields(platform.make_settings())}]


def _config(options: argparse.Namespace) -> Config:
    chosen: dict[str, dict[str, object]] = {}
    for text in options.chosen:
        path, has_value, value = text.partition("=")
        key, has_name, name = path.partition(".")
        if not (has_value and has_name):
            raise SettingError(f"--set takes PLATFORM.NAME=VALUE, not {text!r}")
        chosen.setdefault(key, {})[name] = value
    for key in _platforms_with("audience") if options.audience else ():
        chosen.setdefault(key, {}).setdefault("audience", "true")
    for key in _platforms_with("client_id"):
        for name in ("client_id", "client_secret"):
            given = getattr(options, f"{key}_{name}")
            if given is not None:
                chosen.setdefault(key, {})[name] = given
    return Config(state=options.state, settings=chosen, seed=options.seed)


def _die_with_parent(parser: argparse.ArgumentParser) -> None:
    """Linux only: the kernel sends SIGTERM when the thread that started this process ends."""
    if sys.platform != "linux":
        parser.error("--die-with-parent works on Linux only")
    parent = os.getppid()
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        parser.error("the kernel refused --die-with-parent")
    if os.getppid() != parent:
        sys.exit("the parent process has ended already")
