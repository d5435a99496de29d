"""What a run is told."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Patient enough to be safe, impatient enough for minutes instead of hours. They are printed above the table.
SETTINGS = {
    "OCMA_LEASE_SECONDS": "3",
    "OCMA_PUBLISH_TIMEOUT_SECONDS": "3",
    "OCMA_SETTLE_PATIENCE": "0.2",
    "OCMA_BREAKER_SECONDS": "1",
    "OCMA_METRICS_ENABLED": "false",  # reading figures would meet the faults that are meant for publishing
}
RATE = 30.0  # publications due per second, unless --storm says otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`storm` and `calm` in seconds: how long faults and kills go on at least, and how long all may take to end after them."""

    seeds: tuple[int, ...]
    publications: int
    accounts: int
    workspaces: int
    by_api: int
    workers: int
    dispatchers: int
    storm: float
    calm: float
    keep: Path | None
    blind: bool


def parse(words: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(
        "python -m bench.chaos",
        description="Kills, flushes and restarts everything while it publishes; the platforms' own books tell what became of it.",
    )
    number = parser.add_argument
    number("--seeds", type=int, nargs="+", default=[1, 2, 3], help="one run each (default: 1 2 3)")
    number("--publications", type=_some, default=5000, help="default: %(default)s")
    number("--accounts", type=_some, default=100, help="half on X, half on Mastodon (default: %(default)s)")
    number("--workspaces", type=_some, default=10, help="default: %(default)s")
    number("--by-api", type=int, help="of the publications, how many come through the HTTP API (default: a tenth)")
    number("--workers", type=_some, default=2, help="processes (default: %(default)s)")
    number("--dispatchers", type=_some, default=2, help="processes (default: %(default)s)")
    number(
        "--storm",
        type=float,
        help=f"seconds in which all becomes due (default: {RATE:.0f} a second)",
    )
    number("--calm", type=float, default=300, help="seconds until all must have ended after it (default: %(default)s)")
    number("--keep", type=Path, metavar="FOLDER", help="keep data, logs and books of each run here")
    number("--blind", action="store_true", help="workers that send again what nobody answered: the verdict has to see it")
    found = parser.parse_args(words)
    if found.accounts < 2 * found.workspaces:
        parser.error("--accounts must be at least twice --workspaces: each has one on X and one on Mastodon")
    given: dict[str, Any] = {name: value for name, value in vars(found).items() if value is not None}
    fallback: dict[str, Any] = {"by_api": found.publications // 10, "storm": max(15.0, found.publications / RATE), "keep": None}
    values: dict[str, Any] = {**fallback, **given, "seeds": tuple(found.seeds)}
    return Options(**values)


def _some(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value
