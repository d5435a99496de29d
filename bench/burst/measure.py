"""One run of one system: fill, wait for the instants, watch until all is recorded, ask both books."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.burst import books, details, ledger, usage
from bench.burst.books import Verdict
from bench.burst.ledger import Due
from bench.burst.rows import Holder
from bench.burst.stage import Stage
from bench.burst.systems import System, running

from ocma.ids import new_id
from ocma.infra.embedded.process import Child

AHEAD = 1.5  # seconds before the first instant: from here on CPU is counted
FILL_RATE = 4_000  # rows a second at least
SEEN = """
    SELECT sum(calls) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname = $1 AND s.toplevel"""


@dataclass(frozen=True, slots=True)
class Load:
    """All at one instant, or at random ones over `spread` seconds; before it `quiet` seconds of nothing.

    `limit`: seconds after the last instant; what is not done by then is lost.
    `lead`: seconds for the database to look at its tables.
    """

    count: int
    spread: float = 0.0
    quiet: float = 0.0
    limit: float = 120.0
    lead: float = 3.0

    def due(self, now: datetime) -> Due:
        """Late enough that the rows are written before."""
        first = now + timedelta(seconds=self.lead + self.count / FILL_RATE + self.quiet)
        offsets = [random.uniform(0, self.spread) for _ in range(self.count)]
        posts = [(f"post {number}", first + timedelta(seconds=offset)) for number, offset in enumerate(offsets)]
        return Due(posts, since=new_id())


@dataclass(frozen=True, slots=True)
class Result:
    """`cpu` in µs and `statements` per publication; `quiet` in shares of a core; `peak` in MiB; `others`: cores that other work
    on this machine used meanwhile; `unrecorded`: how many the database does not call published.
    """

    system: System
    count: int
    seconds: float
    books: Verdict
    unrecorded: int
    statements: float
    transactions: float
    cpu: dict[str, float]
    quiet: dict[str, float]
    peak: float
    others: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def is_right(self) -> bool:
        """Only the product promises an order within an account, and not to be early."""
        ours = self.books.overlaps + self.books.early if self.system.kind == "product" else 0
        return not (self.books.lost or self.books.doubled or self.unrecorded or ours)


class Meter:
    """CPU seconds by kind of process."""

    def __init__(self, stage: Stage, found: dict[str, list[Child]]) -> None:
        servers = {"postgres": [stage.servers[0]], "valkey": [stage.servers[1]], "responder": [stage.responder]}
        self._pids = {kind: [child.pid for child in children] for kind, children in {**found, **servers}.items()}

    def look(self) -> dict[str, float]:
        return {kind: sum(usage.cpu(pid) for pid in pids) for kind, pids in self._pids.items()}

    @staticmethod
    def foreign() -> tuple[float, float]:
        """CPU seconds of the whole machine without this process, and the time."""
        return usage.machine() - time.process_time(), time.monotonic()

    def since(self, before: dict[str, float], scale: float) -> dict[str, float]:
        return {kind: (now - before[kind]) * scale for kind, now in self.look().items()}

    def peak(self) -> float:
        return max(usage.peak(pid) for pid in self._pids["worker"])


@dataclass(frozen=True, slots=True)
class Used:
    """What was read while the processes lived; `transactions` is the database's counter when it began."""

    cpu: dict[str, float]
    quiet: dict[str, float]
    peak: float
    transactions: int
    others: float


async def run(stage: Stage, system: System, holders: Sequence[Holder], load: Load) -> Result:
    """On tables that `rows.prepare` made."""
    raw = await stage.connect()
    stage.ask("/_reset", "POST")
    async with running(stage, system) as found:
        due = load.due(datetime.now(UTC))
        await ledger.fill(stage, system, raw, holders, due)
        if system.details:
            details.begin(found["worker"])
        used = await _live(stage, system, raw, Meter(stage, found), due, load)
    result = await _result(stage, system, raw, due, used)
    await raw.close()
    return result


async def _live(stage: Stage, system: System, raw: Any, meter: Meter, due: Due, load: Load) -> Used:
    if datetime.now(UTC) > due.first - timedelta(seconds=AHEAD + load.quiet):
        raise TimeoutError("Filling the tables took longer than planned: the machine is too busy to measure anything.")
    await _sleep_until(due.first - timedelta(seconds=AHEAD + load.quiet))
    before = meter.look()
    await _sleep_until(due.first - timedelta(seconds=AHEAD))
    quiet = meter.since(before, 1 / load.quiet) if load.quiet else {}
    await raw.execute("SELECT pg_stat_statements_reset()")
    transactions, before, machine = await _transactions(raw), meter.look(), meter.foreign()
    await _watch(stage, system, raw, due, load.limit)
    used = meter.since(before, 1.0)
    busy, seconds = (now - then for now, then in zip(meter.foreign(), machine, strict=True))
    others = max(busy - sum(used.values()), 0) / seconds
    return Used({kind: each * 1e6 / load.count for kind, each in used.items()}, quiet, meter.peak(), transactions, others)


async def _sleep_until(instant: datetime) -> None:
    await asyncio.sleep(max((instant - datetime.now(UTC)).total_seconds(), 0))


async def _watch(stage: Stage, system: System, raw: Any, due: Due, limit: float) -> None:
    """Until the platform has answered all and the database says so, or the limit."""
    deadline = due.last + timedelta(seconds=limit)
    await _sleep_until(due.last)

    async def answered() -> bool:
        return (await asyncio.to_thread(stage.ask, "/_count"))["answered"] >= len(due.posts)

    async def recorded() -> bool:
        return await ledger.count_undone(system, raw, due) == 0

    await _until(answered, deadline)
    await _until(recorded, deadline)


async def _until(condition: Callable[[], Awaitable[bool]], deadline: datetime) -> None:
    while datetime.now(UTC) < deadline:
        if await condition():
            return
        await asyncio.sleep(0.05)


async def _transactions(raw: Any) -> int:
    await raw.execute("SELECT pg_stat_clear_snapshot()")
    return await raw.fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")


async def _result(stage: Stage, system: System, raw: Any, due: Due, used: Used) -> Result:
    """After its processes ended: they have told the database's statistics by then."""
    count, verdict = len(due.posts), books.judge(stage.ask("/_books"), {marker: at.timestamp() for marker, at in due.posts})
    if system.details:
        await details.show_statements(raw, system.role, count)
        details.show_functions(stage)
        details.show_parts(stage, count)
    statements, transactions = await raw.fetchval(SEEN, system.role), await _transactions(raw) - used.transactions
    recorded, recorded_at = await ledger.read(system, raw, due)
    end = max(verdict.answered_at, recorded_at.timestamp() if recorded_at else 0.0)
    return Result(
        system=system,
        count=count,
        seconds=end - due.first.timestamp(),
        books=verdict,
        unrecorded=count - recorded,
        statements=float(statements or 0) / count,
        transactions=transactions / count,
        cpu=used.cpu,
        quiet=used.quiet,
        peak=used.peak,
        others=used.others,
    )
