"""What a publication costs and how late it is, beside a loop that does the same and nothing else.

    make bench                                        burst, idle and million, then reports (bench/numbers): twenty minutes
    make bench ARGS='burst floor product'             one part, some of the systems
    make bench ARGS='burst product --processes 2 --concurrency 100 --set OCMA_LOG_LEVEL=WARNING'

Servers and processes are the bench's own and end with it. Exit code 1: something was lost, doubled, early or out of
order, or there is no result.
"""

import argparse
import asyncio
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.burst import bullmq, parts
from bench.burst.parts import Outcome, Plan
from bench.burst.rows import Shape
from bench.burst.stage import stage
from bench.stopping import stoppable

from ocma.errors import OcmaError

PARTS = {"burst": parts.burst, "idle": parts.idle, "million": parts.million}
KINDS = ("floor", "httpx2", "product", "bullmq")


def arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__, formatter_class=raw)
    add = parser.add_argument
    what = f"parts: {', '.join(PARTS)} (burst, if none is named); systems: {', '.join(KINDS)} (all, if none is named)"
    add("words", nargs="*", metavar="WORD", help=what)
    add("--publications", type=int, default=10_000, metavar="N", help="of the burst (10,000)")
    add("--accounts", type=int, default=2_000, metavar="N", help="that publish in the burst (2,000)")
    add(
        "--workspaces", type=int, nargs="+", default=[200], metavar="N", help="accounts are spread over (200); more: product only"
    )
    add("--concurrency", type=int, default=200, metavar="N", help="publications at once, per process (200)")
    add("--processes", type=int, nargs="+", default=[1], metavar="N", help="workers of the burst (1); several: a run each")
    add("--rounds", type=int, default=1, metavar="N", help="of the burst; the median is shown (1)")
    add("--pause", type=float, default=0.05, metavar="S", help="seconds until the platform answers (0.05)")
    add("--limit", type=float, default=120, metavar="S", help="seconds after the instant; what is missing then is lost (120)")
    add("--idle-posts", type=int, default=500, metavar="N", help="at random instants (500)")
    add("--idle-seconds", type=float, default=60, metavar="S", help="over which they are spread (60)")
    add("--quiet", type=float, default=20, metavar="S", help="seconds of waiting before them, in which CPU is counted (20)")
    add("--future", type=int, default=1_000_000, metavar="N", help="publications that wait (1,000,000)")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable of the product; may be repeated")
    add("--cache", type=Path, default=bullmq.cache(), metavar="FOLDER", help="where BullMQ is installed (%(default)s)")
    add("--details", action="store_true", help="where the product's burst spends its time; profiled, so slower")
    add("--json", type=Path, metavar="FILE", help="every run, for programs")
    found = parser.parse_args()
    if unknown := set(found.words) - {*PARTS, *KINDS}:
        parser.error(f"{' '.join(sorted(unknown))}: not one of {' '.join([*PARTS, *KINDS])}")
    return found


def plan(chosen: argparse.Namespace) -> Plan:
    kinds = [each for each in KINDS if each in chosen.words] or list(KINDS)
    folder = None
    try:
        folder = bullmq.install(chosen.cache) if "bullmq" in kinds else None
    except bullmq.Missing as why:
        print(f"BullMQ is left out: {why}.", file=sys.stderr)
        kinds.remove("bullmq")
    return Plan(
        kinds=kinds,
        processes=chosen.processes,
        concurrency=chosen.concurrency,
        shapes=[Shape(chosen.publications, chosen.accounts, each) for each in chosen.workspaces],
        extra=dict(each.split("=", 1) for each in chosen.set),
        rounds=chosen.rounds,
        limit=chosen.limit,
        idle_posts=chosen.idle_posts,
        idle_seconds=chosen.idle_seconds,
        quiet=chosen.quiet,
        future=chosen.future,
        folder=folder,
        details=chosen.details,
    )


async def main(chosen: argparse.Namespace) -> list[Outcome]:
    wanted = [PARTS[each] for each in PARTS if each in chosen.words] or [parts.burst]
    outcomes, asked = list[Outcome](), plan(chosen)
    async with stage(chosen.pause) as found:
        for part in wanted:
            outcomes.append(await part(found, asked))
            print(outcomes[-1].text, end="\n\n", flush=True)
    return outcomes


def finish(outcomes: Sequence[Outcome], path: Path | None) -> int:
    """Writes what programs read, and says what went wrong."""
    if path is not None:
        results = [dataclasses.asdict(each) | {"rate": each.rate} for outcome in outcomes for each in outcome.results]
        path.write_text(json.dumps(results, indent=1, default=str))
    complaints = [each for outcome in outcomes for each in outcome.complaints]
    for each in complaints:
        print(each, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    given = arguments()
    try:
        with stoppable():
            sys.exit(finish(asyncio.run(main(given)), given.json))
    except (OcmaError, TimeoutError) as error:
        sys.exit(f"The bench came to no result: {error}")
