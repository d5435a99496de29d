"""Results as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.burst.measure import Result
from bench.burst.plans import Scan

PARTS = ("worker", "dispatcher", "postgres", "valkey", "responder")
WAITING = PARTS[:-1]  # the platform is not ours


@dataclass(frozen=True, slots=True)
class Line:
    """A result, what is special about it, and what it is compared with."""

    label: str
    result: Result
    floor: Result | None = None


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    aligned = ["---", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, aligned, *lines))


def costs(lines: Sequence[Line]) -> str:
    """What a publication costs: µs of CPU in each process, statements and transactions in the database."""
    head = ("", "per s", "of the floor", "late p50, s", "p95", "p99", "CPU µs: worker(s)", "dispatcher", "PostgreSQL", "Valkey",
            "responder", "statements", "transactions", "worker, MiB", "other work, cores",
            "lost", "doubled")  # fmt: skip
    return table(head, [_cost(each) for each in lines])


def _cost(line: Line) -> tuple[str, ...]:
    result = line.result
    late = (result.books.lateness.p50, result.books.lateness.p95, result.books.lateness.p99)
    return (
        line.label,
        f"{result.rate:,.0f}",
        f"{result.rate / line.floor.rate:.2f}" if line.floor else "",
        *(f"{each:.2f}" for each in late),
        *(f"{result.cpu[part]:,.0f}" if part in result.cpu else "" for part in PARTS),
        f"{result.statements:.2f}",
        f"{result.transactions:.2f}",
        f"{result.peak:.0f}",
        f"{result.others:.1f}",
        str(max(result.books.lost, result.unrecorded)),
        str(result.books.doubled),
    )


def idles(lines: Sequence[Line]) -> str:
    """How late a single post is, and what waiting for it costs in percent of a core."""
    head = ("", "posts", "earliest, ms", "late p50, ms", "p95", "p99", "last", "of a core while waiting, %: worker", "dispatcher",
            "PostgreSQL", "Valkey", "together", "lost", "doubled")  # fmt: skip
    return table(head, [_idle(each) for each in lines])


def _idle(line: Line) -> tuple[str, ...]:
    result, late = line.result, line.result.books.lateness
    return (
        line.label,
        str(result.count),
        *(f"{each * 1e3:.1f}" for each in (late.first, late.p50, late.p95, late.p99, late.last)),
        *(f"{result.quiet[part] * 100:.2f}" if part in result.quiet else "" for part in WAITING),
        f"{sum(result.quiet[part] for part in WAITING if part in result.quiet) * 100:.2f}",
        str(max(result.books.lost, result.unrecorded)),
        str(result.books.doubled),
    )


def trouble(results: Sequence[Result]) -> list[str]:
    """What must not be, in words."""
    return [
        f"{each.system.name}: {each.books.lost} lost, {each.books.doubled} doubled, {each.unrecorded} not recorded,"
        f" {each.books.early} too early, {each.books.overlaps} while the account's previous post was under way"
        for each in results
        if not each.is_right
    ]


def scans(found: Sequence[Scan]) -> str:
    """The statements that touch publications, and how they find them."""
    head = ("statement", "scan", "index", "executions", "most rows", "most blocks")
    lines = [
        (f"`{_short(each.query)}`", each.node, each.index, str(each.times), f"{each.rows:g}", str(each.blocks)) for each in found
    ]
    return table(head, lines)


def _short(query: str, width: int = 100) -> str:
    clean = query.replace("|", "\\|")
    return clean if len(clean) <= width else clean[:width] + "…"


def unindexed(found: Sequence[Scan]) -> list[str]:
    """Nothing found proves nothing."""
    if not found:
        return ["No plan of the product's statements was written down, so nobody knows how they find publications"]
    return [f"The whole table is read by: {_short(each.query, 300)}" for each in found if not each.is_indexed]
