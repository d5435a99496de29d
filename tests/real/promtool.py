"""Prometheus' own checker of rules: `promtool`, from the Debian package `prometheus`, unpacked and not installed.

Facts: promtool 2.42 from bookworm, observed by running it. It reads rule files by paths that are relative to the test's own folder.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from real.debian import Unobtainable, unpack

CACHE = Path(__file__).resolve().parents[2] / ".data" / "promtool"
SUITE = "bookworm"
VARIABLE = "OCMA_PROMTOOL"
HELP = f"Set {VARIABLE} to the path of a promtool, or run on Debian with a mirror configured that carries {SUITE}."


def program(environment: Mapping[str, str] = os.environ, cache: Path = CACHE) -> Path:
    """Raises Unobtainable with what to do."""
    if chosen := environment.get(VARIABLE):
        return Path(chosen)
    binary = cache / "promtool"
    if not binary.exists():
        _obtain(cache, binary)
    return binary


def _obtain(cache: Path, binary: Path) -> None:
    """By one process at a time; of the package, which is large, only the one program is kept."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock, tempfile.TemporaryDirectory(dir=cache) as scratch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if binary.exists():
            return
        try:
            unpack("prometheus", SUITE, Path(scratch))
        except Unobtainable as error:
            raise Unobtainable(f"promtool cannot be had: {error}.\n{HELP}") from None
        shutil.move(Path(scratch) / "root" / "usr" / "bin" / "promtool", binary)
