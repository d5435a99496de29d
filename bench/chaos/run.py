"""One seed: the storm rages while posts are handed in and become due; then it ends, and all of them must end well."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.chaos import plan, platforms, verdict
from bench.chaos.attendant import Attendant
from bench.chaos.handing_in import Desk
from bench.chaos.ledger import DOWN, OVER
from bench.chaos.options import Options
from bench.chaos.plan import Wish
from bench.chaos.servers import Servers, running
from bench.chaos.stage import Stage, beside, open_folder, open_stage
from bench.chaos.storm import OFTEN, Storm, blows
from bench.chaos.verdict import Verdict

Say = Callable[[str], None]
TELL = 5.0  # seconds between two lines of progress
LOOK = 0.25
UNEXPECTED = '"event": "publication.unexpected"'
MOST = 0.9  # the share that has to be published before the storm ends
LONGEST, SLOW = 4.0, 120.0  # unless it has lasted so many times as long as things became due, and so many seconds


@dataclass(frozen=True, slots=True)
class Result:
    """What one seed gave; `counts` by the table's line."""

    seed: int
    verdict: Verdict
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Play:
    """One run and what acts in it."""

    stage: Stage
    wishes: Sequence[Wish]
    total: int
    desk: Desk
    attendant: Attendant
    storm: Storm
    say: Say
    began: float

    async def act(self) -> Result:
        async with beside(self.attendant.attend(), self._tell()):
            faults = await self._endure()
            self.say("the storm is over; waiting for what is left")
            await self._until_over()
        books, rows = await self.stage.platforms.books(), await self.stage.ledger.rows()
        _keep(self.stage.data, books)
        found = verdict.judge(self.wishes, books, rows, self.stage.company.accounts)
        counts = await self._counts(faults, len(books))
        found.spared.extend(verdict.spared(meant(self.stage.options), counts))
        return Result(self.stage.seed, found, counts)

    async def _endure(self) -> Counter[str]:
        """The storm; handing in may take longer. Returns the faults that struck."""
        options, stage = self.stage.options, self.stage
        await stage.platforms.begin_faults(platforms.faults(options))
        async with asyncio.TaskGroup() as group:  # whoever stops the storm stops it, too
            handing_in = group.create_task(self.desk.take_all(self.wishes))
            await self._rage()
            faults = await stage.platforms.end_faults()
            with suppress(TimeoutError):  # what is not handed in by then, the verdict calls lost
                await asyncio.wait_for(handing_in, options.calm)
        return faults

    async def _rage(self) -> None:
        """Until most is published: what is published in calm weather proves little. And not for ever."""
        stop_at = time.monotonic() + LONGEST * self.stage.options.storm + SLOW
        while time.monotonic() < stop_at:
            await asyncio.sleep(LOOK)
            try:
                published = (await self.stage.ledger.states())["published"]
            except DOWN:
                continue
            await self.storm.advance(published)
            if published >= MOST * self.total:
                return

    async def _until_over(self) -> None:
        """Or until the time for it is over: then the verdict names what is not."""
        stop_at = time.monotonic() + self.stage.options.calm
        while time.monotonic() < stop_at:
            if await self._is_over():
                return
            await asyncio.sleep(LOOK)

    async def _is_over(self) -> bool:
        """Failed is not over: somebody requeues it."""
        states = await self.stage.ledger.states()
        return states.total() >= self.total and set(states) <= OVER and not states["failed"]

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL)
            try:
                states = await self.stage.ledger.states()
            except DOWN:
                continue
            shown = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
            self.say(f"{self.desk.planned} of {self.total} handed in: {shown}; {self.storm.struck.total()} blows")

    async def _counts(self, faults: Counter[str], booked: int) -> dict[str, int]:
        attendant, desk = self.attendant, self.desk
        return {
            "posts": len(self.wishes),
            "publications": self.total,
            "parts on the books": booked,
            **{f"repeated hand-ins, {how}": desk.repeats[how] for how in ("planning function", "API")},
            **{kind: self.storm.struck[kind] for kind in OFTEN},
            **{f"ended by itself: {role}": count for role, count in sorted(self.stage.crew.surprises.items())},
            **{f"fault: {kind}": faults[kind] for kind in sorted(faults)},
            **await self.stage.ledger.counts(),
            "accounts disconnected and connected again": attendant.disconnected.total(),
            **{f"failed, told why and requeued: {code}": count for code, count in sorted(attendant.told.items())},
            "failed without a reason told": len(attendant.silent),
            "unexpected errors in the workers' logs": _count_unexpected(self.stage.data),
            "seconds": round(time.monotonic() - self.began),
        }


def meant(options: Options) -> list[str]:
    """What has to strike at least once, by the table's lines: in a short run chance may spare it anything."""
    if options.publications < platforms.LARGE:
        return []
    return [*OFTEN, *dict.fromkeys(f"fault: {each['kind']}" for each in platforms.faults(options))]


def run(options: Options, seed: int, say: Say) -> Result:
    with open_folder(options, seed) as data, running(data) as servers:
        return asyncio.run(_run(options, seed, data, servers, say))


async def _run(options: Options, seed: int, data: Path, servers: Servers, say: Say) -> Result:
    began = time.monotonic()
    async with open_stage(options, seed, data, servers) as stage:
        say(f"connecting {options.accounts} accounts")
        await stage.company.settle_in(stage.resources, plan.seats(options), options.workspaces)
        desk = Desk(stage.resources, stage.company, stage.resources.clock() + timedelta(seconds=1))
        attendant, wishes = Attendant(stage.company, stage.ledger), plan.wishes(options, seed)
        total = sum(len(wish.seats) for wish in wishes)
        weather = Storm(stage.crew, servers, blows(seed, total))
        say(f"{total} publications of {len(wishes)} posts, due within {options.storm:.0f} seconds")
        play = Play(stage, wishes, total, desk, attendant, weather, say, began)
        return await play.act()


def _count_unexpected(data: Path) -> int:
    """What a worker itself calls so: a mistake of ours, which the end of its lease put right."""
    logs = [log.read_text(encoding="utf-8", errors="replace") for log in (data / "logs").glob("worker-*.log")]
    return sum(text.count(UNEXPECTED) for text in logs)


def _keep(data: Path, books: Sequence[platforms.Json]) -> None:
    (data / "books.json").write_text(json.dumps(books, indent=1, ensure_ascii=False), encoding="utf-8")
