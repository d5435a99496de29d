"""Where a run of the product spends its time: statements in the database, functions in a worker."""

import io
import os
import pstats
import re
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.burst.stage import HERE, Stage

from ocma.infra.embedded.process import Child

PROFILE = "worker.profile"
STATEMENTS = """
    SELECT query, calls, total_exec_time AS ms, rows FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
    WHERE r.rolname IN ($1, 'ocma_worker') ORDER BY total_exec_time DESC LIMIT 16"""


def profiled(stage: Stage, words: list[str]) -> list[str]:
    """`ocma` with these words, under a profiler that `begin` starts. Of several processes the last to end is kept."""
    return [sys.executable, "-P", str(HERE / "profiled.py"), str(stage.path / PROFILE), *words]


def begin(workers: list[Child]) -> None:
    for each in workers:
        os.kill(each.pid, signal.SIGUSR1)


async def show_statements(raw: Any, role: str, count: int) -> None:
    print(f"\n{'calls':>8} {'ms':>9} {'µs each post':>12}  statement", file=sys.stderr)
    for row in await raw.fetch(STATEMENTS, role):
        query = " ".join(row["query"].split())[:150]
        print(f"{row['calls']:>8} {row['ms']:>9.0f} {row['ms'] * 1e3 / count:>12.0f}  {query}", file=sys.stderr)


def show_functions(stage: Stage) -> None:
    path: Path = stage.path / PROFILE
    for order in ("tottime", "cumulative"):
        text = io.StringIO()
        pstats.Stats(str(path), stream=text).sort_stats(order).print_stats(45)
        print(text.getvalue(), file=sys.stderr)


def show_parts(stage: Stage, count: int) -> None:
    """The same, summed: the profiler's time, about twice the real one."""
    spent = defaultdict[str, float](float)
    for file, seconds in _own(stage.path / PROFILE):
        spent[_part(file)] += seconds
    print(f"{'µs each post':>12}  part of a worker", file=sys.stderr)
    for part, seconds in sorted(spent.items(), key=lambda each: -each[1])[:24]:
        print(f"{seconds * 1e6 / count:>12.0f}  {part}", file=sys.stderr)


def _own(profile: Path) -> Iterator[tuple[str, float]]:
    """File and seconds spent in it; what is written in C counts to its callers."""
    stats: dict[Any, Any] = vars(pstats.Stats(str(profile)))["stats"]
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        if file == "~" and callers:
            yield from ((caller[0], spent[2]) for caller, spent in callers.items())
        else:
            yield file, own


def _part(file: str) -> str:
    """A feature or layer of ours, a library, a module of Python."""
    found = re.search(r"/src/(ocma/\w+(?:/\w+)?)|.*/site-packages/(\w+)|/lib/python[\d.]+/(\w+)", file)
    return next(filter(None, found.groups())) if found else file
