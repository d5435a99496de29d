"""The three measurements: all at once, single posts on an idle system, and a table with a million that wait."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median_low

from bench.burst import measure, plans, report, rows
from bench.burst.measure import Load, Result
from bench.burst.report import Line
from bench.burst.rows import Shape
from bench.burst.stage import Stage
from bench.burst.systems import NAMES, System

ANALYSED = 100_000  # rows a second at least


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for. `processes`: one run each; `shapes`: the first for all, others for the product alone."""

    kinds: Sequence[str]
    processes: Sequence[int]
    concurrency: int
    shapes: Sequence[Shape]
    extra: dict[str, str]
    rounds: int
    limit: float
    idle_posts: int
    idle_seconds: float
    quiet: float
    future: int
    folder: Path | None
    details: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished part: Markdown, and every run it is made of."""

    text: str
    results: list[Result]
    complaints: list[str]


def systems(plan: Plan, processes: int) -> list[System]:
    return [
        System(kind, processes, plan.concurrency, plan.extra, plan.folder, plan.details and kind == "product")
        for kind in plan.kinds
    ]


async def burst(stage: Stage, plan: Plan) -> Outcome:
    """Each system, on each number of processes, `rounds` times; the table shows the run with the median rate."""
    cases = [(system, plan.shapes[0]) for count in plan.processes for system in systems(plan, count)]
    cases += [(System("product", 1, plan.concurrency, plan.extra), each) for each in plan.shapes[1:] if "product" in plan.kinds]
    found: dict[int, list[Result]] = {}
    for _ in range(plan.rounds):
        for number, (system, shape) in enumerate(cases):
            found.setdefault(number, []).append(await _once(stage, system, shape, Load(shape.publications, limit=plan.limit)))
    lines = [Line(_label(system, shape, plan), _middle(found[number])) for number, (system, shape) in enumerate(cases)]
    results = [each for runs in found.values() for each in runs]
    text = f"{_title(plan)}\n\n{report.costs(_compared(lines))}\n\n{_ratios(lines)}"
    return Outcome(text, results, report.trouble(results))


def _title(plan: Plan) -> str:
    first, median = plan.shapes[0], f"; the median of {plan.rounds} runs" if plan.rounds > 1 else ""
    return (
        f"{first.publications:,} publications of {first.accounts:,} accounts in {first.workspaces:,} workspaces,"
        f" due at one instant; {plan.concurrency} at once per process{median}."
    )


def _label(system: System, shape: Shape, plan: Plan) -> str:
    processes = f" ×{system.processes}" if system.processes > 1 else ""
    spread = f", {shape.workspaces:,} workspaces" if shape.workspaces != plan.shapes[0].workspaces else ""
    return system.name + processes + spread


def _middle(runs: list[Result]) -> Result:
    rate = median_low(each.rate for each in runs)
    return next(each for each in runs if each.rate == rate)


def _compared(lines: Sequence[Line]) -> list[Line]:
    return [replace(each, floor=_find(lines, "floor", each.result.system.processes)) for each in lines]


def _find(lines: Sequence[Line], kind: str, processes: int) -> Result | None:
    found = (each.result for each in lines if each.result.system.kind == kind and each.result.system.processes == processes)
    return next(found, None)


def _ratios(lines: Sequence[Line]) -> str:
    """What acceptance asks for, as sentences."""
    said: list[str] = []
    one = {kind: _find(lines, kind, 1) for kind in ("product", "floor", "bullmq")}
    two = {kind: _find(lines, kind, 2) for kind in ("product", "floor", "bullmq")}
    if (ours := one["product"]) and (floor := one["floor"]):
        said.append(f"One worker process reaches {ours.rate / floor.rate:.2f} of the floor's rate.")
    for kind, result in one.items():
        if result and (double := two[kind]):
            said.append(f"{result.system.name}: two processes are {double.rate / result.rate:.2f} × one.")
    if (ours := one["product"]) and (theirs := one["bullmq"]):
        said.append(f"One worker process is {ours.rate / theirs.rate:.2f} × BullMQ's.")
    return "\n".join(said)


async def _once(stage: Stage, system: System, shape: Shape, load: Load, future: int = 0) -> Result:
    raw = await stage.connect()
    holders = await rows.prepare(raw, stage.vault, shape, future)
    await raw.close()
    result = await measure.run(stage, system, holders, load)
    _progress(result, load)
    return result


def _progress(result: Result, load: Load) -> None:
    cells = report.idles if load.spread else report.costs
    line = cells([Line(f"{result.system.name} ×{result.system.processes}", result)]).splitlines()[-1]
    print(line, file=sys.stderr, flush=True)


async def idle(stage: Stage, plan: Plan) -> Outcome:
    """Posts at random instants on a system that has nothing else to do, after a while in which it only waits."""
    shape = Shape(plan.idle_posts, plan.idle_posts, min(plan.shapes[0].workspaces, plan.idle_posts))
    load = Load(plan.idle_posts, plan.idle_seconds, plan.quiet, plan.limit)
    kinds = [each for each in plan.kinds if each in {"product", "floor"}]
    lines: list[Line] = []
    for kind in kinds:
        result = await _once(stage, System(kind, 1, plan.concurrency, plan.extra), shape, load)
        lines.append(Line(result.system.name, result))
    results = [each.result for each in lines]
    title = f"{plan.idle_posts} posts at random instants over {plan.idle_seconds:g} s; before them {plan.quiet:g} s of waiting."
    return Outcome(f"{title}\n\n{report.idles(lines)}\n\n{_behind(results)}", results, report.trouble(results))


def _behind(results: Sequence[Result]) -> str:
    by_kind = {each.system.kind: each.books.lateness.p99 * 1e3 for each in results}
    if by_kind.keys() != {"floor", "product"}:
        return ""
    ours, floor = by_kind["product"], by_kind["floor"]
    return f"Late by {ours:.0f} ms at p99, where the floor is by {floor:.0f} ms ({ours / floor:.1f} ×)."


async def million(stage: Stage, plan: Plan) -> Outcome:
    """The same burst with and without many publications that are not due, and the plans of the statements then."""
    first = plan.shapes[0]
    shape = replace(first, publications=min(first.accounts, first.publications))
    lead = 3 + plan.future / ANALYSED
    load, lines, told, missed = Load(shape.publications, limit=plan.limit, lead=lead), list[Line](), "", list[str]()
    for future in (0, plan.future):
        raw = await stage.connect()
        holders = await rows.prepare(raw, stage.vault, shape, future)
        for kind in [each for each in plan.kinds if each in {"product", "floor"}]:
            result = await measure.run(stage, System(kind, 1, plan.concurrency, plan.extra), holders, load)
            _progress(result, load)
            lines.append(Line(f"{result.system.name}, {future:,} wait", result, _floor(lines, future, result)))
        if future and "product" in plan.kinds:
            scans = await _explain(stage, plan, holders, replace(load, count=200))
            told, missed = report.scans(scans), report.unindexed(scans)
        await raw.close()
    results = [each.result for each in lines]
    title = f"{shape.publications:,} publications due at one instant, with {plan.future:,} others that wait for a later day."
    text = f"{title}\n\n{report.costs(lines)}\n\n{_unchanged(results)}\n\n{told}"
    return Outcome(text, results, [*report.trouble(results), *missed])


def _unchanged(results: Sequence[Result]) -> str:
    said: list[str] = []
    for kind in ("product", "floor"):
        rates = [each.rate for each in results if each.system.kind == kind]
        if len(rates) == 2:
            said.append(f"{NAMES[kind]}: {rates[1] / rates[0]:.2f} × the rate of the empty table.")
    return "\n".join(said)


def _floor(lines: Sequence[Line], future: int, result: Result) -> Result:
    found = (each.result for each in lines if each.label == f"floor, {future:,} wait")
    return next(found, result)


async def _explain(stage: Stage, plan: Plan, holders: Sequence[rows.Holder], load: Load) -> list[plans.Scan]:
    """A small run of its own: writing plans down costs time."""
    raw = await stage.connect()
    async with plans.explained(raw):
        await measure.run(stage, System("product", 1, plan.concurrency, plan.extra), holders, load)
    await raw.close()
    return plans.read(stage.postgres.command.log.read_text(errors="replace"))
