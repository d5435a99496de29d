"""Where a run of the product spends its time: statements in the database, functions in a worker."""

import io
import pstats
import sys
from pathlib import Path
from typing import Any

from bench.burst.stage import Stage

PROFILE = "worker.profile"
STATEMENTS = """
    SELECT query, calls, total_exec_time AS ms, rows FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
    WHERE r.rolname IN ($1, 'ocma_worker') ORDER BY total_exec_time DESC LIMIT 16"""


def profiled(stage: Stage, argv: list[str]) -> list[str]:
    """The command of a Python process, under a profiler. Of several processes the last to end is the one that is kept."""
    return [argv[0], "-m", "cProfile", "-o", str(stage.path / PROFILE), *argv[1:]]


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
