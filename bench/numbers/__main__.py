"""What numbers cost: an answer that is at hand beside a bare route, one that is not, and a table that grows.

    make bench-metrics                        all of it; five minutes
    make bench-metrics ARGS=route             only the routes; a minute
    make bench-metrics ARGS="growth --large 1000000"

Bounded, on servers of its own. Exit code 1: a promise was not kept.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from bench.burst.stage import stage
from bench.numbers import growth, route
from bench.numbers.route import PATH, Door, question
from bench.numbers.rows import PER_ACCOUNT, Crowd
from bench.rate_limits import api, key
from bench.stopping import stoppable

from ocma.bootstrap import resources
from ocma.settings import Settings

PARTS = ("route", "growth")
PLATFORMS = ("x", "linkedin", "facebook", "instagram", "tiktok", "youtube", "threads", "bluesky", "mastodon")
FLOOR, QUERIES, GROWTH = 0.5, 3, 1.5  # at least, at most, at most
OFF = "100000000/1m"


def part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"there is no part {name!r}; choose from {', '.join(PARTS)}")
    return name


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m bench.numbers", description=__doc__, formatter_class=raw)
    parser.add_argument("parts", nargs="*", type=part, metavar="PART", help=f"{' or '.join(PARTS)}; all, if none is named")
    parser.add_argument("--requests", type=int, default=4000, help="in a turn (4,000)")
    parser.add_argument("--turns", type=int, default=5, help="of each door (5); the median counts")
    parser.add_argument("--at-once", type=int, default=32, help="connections (32)")
    parser.add_argument("--small", type=int, default=100_000, help="samples (100,000)")
    parser.add_argument("--large", type=int, default=10_000_000, help="samples (10,000,000)")
    parser.add_argument("--rounds", type=int, default=500, help="questions to each table (500)")
    return parser.parse_args(words)


async def routes(found: Any, raw: Any, chosen: argparse.Namespace) -> bool:
    variables = found.environment()
    workspace_id, token = await key(variables)
    crowd = Crowd(raw, workspace_id)
    for platform in PLATFORMS:
        await crowd.add(1, platform)
    await crowd.settle()
    with tempfile.TemporaryDirectory() as folder, api(variables, OFF) as door:
        ours = Door(door.port, door.pid, question(PATH, token))
        for _ in range(2):  # made, then at hand
            body = await route.ask(ours)
        with route.bare(body, Path(folder)) as floor:
            least, kept = await route.compare([floor, ours], chosen.requests, chosen.turns, chosen.at_once)
        statements, seconds = await route.cold(raw, ours, token, 100)
    print(f"{len(body):,} bytes, {chosen.at_once} connections\n")
    print("|  | per s | CPU, µs |\n| --- | --: | --: |")
    print(f"| bare FastAPI, the same bytes | {least.rate:,.0f} | {least.cost:.0f} |")
    print(f"| GET {PATH}, at hand | {kept.rate:,.0f} | {kept.cost:.0f} |\n")
    print(f"At hand: {kept.rate / least.rate:.2f} of the bare route's rate (at least {FLOOR}).")
    middle, late = statistics.median(seconds) * 1000, growth.p95(seconds) * 1000
    print(f"Not at hand: {statements:.2f} queries (at most {QUERIES}), p50 {middle:.1f} ms, p95 {late:.1f} ms.\n")
    return kept.rate >= FLOOR * least.rate and statements <= QUERIES


async def grows(found: Any, raw: Any, chosen: argparse.Namespace) -> bool:
    variables = found.environment()
    workspace_id, _ = await key(variables)
    crowd, p95s, accounts = Crowd(raw, workspace_id), list[dict[str, float]](), list[Any]()
    before = await raw.fetchval("SELECT count(*) FROM metric_samples")
    print("| samples | accounts | report p50, ms | p95 | history p50 | p95 |\n| --: | --: | --: | --: | --: | --: |")
    async with resources(Settings(_env_file=None, **variables)) as ours:  # pyright: ignore[reportCallIssue] - by their aliases
        for wanted in (chosen.small, chosen.large):
            accounts += await crowd.add(max(wanted // PER_ACCOUNT - len(accounts), 1))
            samples = await crowd.settle() - before
            took = await growth.measure(ours, workspace_id, accounts, chosen.rounds)
            p95s.append({name: growth.p95(each) * 1000 for name, each in took.items()})
            cells = [f"{statistics.median(took[name]) * 1000:.1f} | {p95s[-1][name]:.1f}" for name in ("report", "history")]
            print(f"| {samples:,} | {len(accounts):,} | {' | '.join(cells)} |", flush=True)
    ratios = {name: p95s[1][name] / p95s[0][name] for name in p95s[0]}
    told = ", ".join(f"{name}: p95 {ratio:.2f} × that of the small table" for name, ratio in ratios.items())
    print(f"\n{told} (at most {GROWTH}).")
    return max(ratios.values()) <= GROWTH


async def run(chosen: argparse.Namespace) -> bool:
    kept = True
    async with stage(0.05) as found:
        raw = await asyncpg.connect(found.url("bench"), server_settings={"search_path": "ocma"})
        try:
            if "route" in (chosen.parts or PARTS):
                kept &= await routes(found, raw, chosen)
            if "growth" in (chosen.parts or PARTS):
                kept &= await grows(found, raw, chosen)
        finally:
            await raw.close()
    return kept


if __name__ == "__main__":
    with stoppable():
        raise SystemExit(0 if asyncio.run(run(arguments())) else 1)
