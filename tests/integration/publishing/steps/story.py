"""One company's posts on three platforms, everything that may happen to them, and what must be true whatever has happened."""

import asyncio
import json
import secrets
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx2

import by_hand
import stage
from by_hand import Gate, Hand
from ocma.bootstrap import Resources
from ocma.errors import Conflict
from ocma.features.publishing import claims, jobs, resolution
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.dispatch import dispatch
from ocma.features.publishing.jobs import OVER
from ocma.features.publishing.keeper import Keeper
from ocma.features.publishing.resolution import Answer
from ocma.features.publishing.schemas import JobChange
from ocma.features.publishing.work import work_batch
from ocma.features.scheduling import changes
from ocma.features.scheduling.schedule import Calendar
from ocma.features.workspaces import workspaces
from ocma.infra.tasks import STREAM
from stage import Company, Sandbox

PLATFORMS = ("x", "mastodon", "threads")
TIMEOUT = 0.8  # seconds of one call that publishes
FAULTS: dict[str, tuple[str, int]] = {  # what the sandbox is told: its kind, and milliseconds
    "server_error": ("server_error", 0),
    "reset": ("reset", 0),
    "accept_hang": ("accept_hang", 0),
    "accept_reset": ("accept_reset", 0),
    "accept_500": ("accept_500", 0),
    "rate_limit": ("rate_limit", 500),
    "expired_token": ("expired_token", 0),
    "slow": ("delay", 200),
    "too slow": ("delay", 1200),  # it happens after we have stopped waiting
}
ROUNDS = 40  # in which all has to be over when nothing is wrong any more; several looks and tries need some ten


@dataclass(frozen=True)
class Wanted:
    """What somebody scheduled. `marker` begins the text of each part, and of no other post."""

    post_id: UUID
    marker: str
    parts: int


@dataclass
class Sleeper:
    """A worker that stands still at a stage."""

    hand: Hand
    claims: list[Claim]
    gate: Gate
    working: asyncio.Task[None]

    def let_go(self) -> None:
        """As if its own clock had passed the end of its leases, which lies before the database's."""
        for each in self.claims:
            self.hand.press.keeper.let_go(each)

    async def wake(self) -> None:
        self.gate.open.set()
        await self.working


class Story:
    """Each method is one thing that happens, start to end; between two of them nothing is under way but sleepers."""

    def __init__(self, resources: Resources, sandbox: Sandbox) -> None:
        self.resources, self.sandbox = resources, sandbox
        self.name = f"s{secrets.token_hex(5)}"  # of its accounts
        self.wanted: list[Wanted] = []
        self.sleepers: list[Sleeper] = []
        self.over: dict[UUID, Any] = {}  # rows as they were when they were first seen published or cancelled
        self._stack = AsyncExitStack()

    async def begin(self) -> None:
        """Platforms without books, without limits used up, and without a guard against doubles of their own."""
        self._control = await self._stack.enter_async_context(httpx2.AsyncClient(base_url=self.sandbox.url, timeout=30))
        (await self._control.post("/_control/reset", json={})).raise_for_status()
        await self.sandbox.guard(on=False)
        await self.resources.redis.flushall()
        self.company: Company = await stage.company(self.resources)
        self.accounts = {each: await self.company.connect(each, self.name) for each in PLATFORMS}
        hand = by_hand.hand(self.company, timeout=TIMEOUT, random=Random(0))  # the same waits in every run
        self.hand = await self._stack.enter_async_context(hand)

    async def close(self) -> None:
        for each in self.sleepers:
            each.working.cancel()
        await asyncio.gather(*(each.working for each in self.sleepers), return_exceptions=True)
        await self.sandbox.clear_faults()
        await self._stack.aclose()

    # Workers ---------------------------------------------------------------------------------------------------------

    async def schedule(self, platforms: tuple[str, ...], parts: int, on_unknown: str) -> None:
        marker = f"{self.name} number {len(self.wanted)}"
        ids = [self.accounts[each].id for each in platforms]
        texts = [f"{marker} part {part}" for part in range(parts)]
        job = await self.company.schedule(
            texts[0], self.accounts["x"], accountIds=ids, thread=texts[1:], onUnknown=on_unknown, maxAttempts=3
        )
        self.wanted.append(Wanted(job.post.id, marker, parts))

    async def work(self) -> None:
        await self._worker().work(await self._claim())

    async def work_with_fault(self, platform: str, fault: str, after: int) -> None:
        """It strikes the first call after so many parts went out."""
        kind, milliseconds = FAULTS[fault]
        recorded = 0

        async def reached(step: str) -> None:
            nonlocal recorded
            recorded += step == "recorded"
            if step == "recorded" and recorded == after:
                await self.sandbox.fault(platform, kind, delayMs=milliseconds)

        if after == 0:
            await self.sandbox.fault(platform, kind, delayMs=milliseconds)
        await self._worker(reached).work(await self._claim())
        await self.sandbox.clear_faults()
        if fault == "too slow":  # no call of this instant is still under way in the next
            await asyncio.sleep(milliseconds / 1000 - TIMEOUT + 0.3)

    async def die(self, step: str, number: int) -> None:
        """A worker that is killed when it comes to `step` for the `number`th time, with everything it had at hand."""
        left = number

        async def reached(now: str) -> None:
            nonlocal left
            left -= now == step
            if now == step and left == 0:
                working.cancel()
                await asyncio.sleep(30)  # until the cancellation is here

        working = asyncio.create_task(self._worker(reached).work(await self._claim()))
        await asyncio.gather(working, return_exceptions=True)

    async def fall_asleep(self, step: str, number: int) -> Sleeper | None:
        """None: it did not come so far, and is done."""
        gate, found = Gate(step, number), await self._claim()
        hand = self._worker(gate)
        working = asyncio.create_task(hand.work(found))
        arrived = asyncio.create_task(gate.arrived.wait())
        await asyncio.wait({working, arrived}, return_when=asyncio.FIRST_COMPLETED)
        arrived.cancel()
        if working.done():
            return await working
        sleeper = Sleeper(hand, found, gate, working)
        self.sleepers.append(sleeper)
        return sleeper

    async def wake(self) -> None:
        while self.sleepers:
            await self.sleepers.pop(0).wake()

    async def overtake(self, steps: tuple[str, str], number: int, *, old_first: bool) -> None:
        """A worker's claims lapse while it stands still and does not notice; then it and the new owner go on, one after the other."""
        old = await self.fall_asleep(steps[0], number)
        await self._end_leases()
        new = await self.fall_asleep(steps[1], 1)
        both = [each for each in (old, new) if each]
        for each in both if old_first else reversed(both):
            self.sleepers.remove(each)
            await each.wake()

    async def overtake_at(self, old: str, new: str) -> None:
        await self.overtake((old, new), 1, old_first=True)

    async def lapse(self) -> None:
        """Long enough for every lease to run out has passed."""
        for each in self.sleepers:
            each.let_go()
        await self._end_leases()

    async def pass_time(self) -> None:
        """An hour: leases and what Redis held have run out; calls were made an hour ago."""
        await self.lapse()
        await self.lose_redis()
        await self.hand.sql(
            "UPDATE attempts SET started_at = started_at - interval '1 h', finished_at = finished_at - interval '1 h'"
        )
        await self._come_due()

    async def hand_over(self) -> None:
        """Messages by way of Redis, which nobody reads yet."""
        await self._come_due()
        await dispatch(self.resources.database, self.resources.tasks)

    async def deliver(self, copies: int) -> None:
        """All that is in Redis, so many times at once; then it is gone."""
        entries: Any = await self.resources.redis.xrange(STREAM)
        mine = {each.id for each in await self._rows()}
        for number, fields in entries:
            message = [pair for pair in json.loads(fields[b"data"])["args"][0] if UUID(pair[0]) in mine]
            await asyncio.gather(*(work_batch(self._worker().press, message) for _ in range(copies)))
            await self.resources.redis.xdel(STREAM, number)

    async def lose_redis(self) -> None:
        """And what this process remembers of the platforms."""
        await self.resources.redis.flushall()
        self.hand.press = replace(self.hand.press, gates=self.resources.gates())

    # People ----------------------------------------------------------------------------------------------------------

    async def cancel(self, index: int) -> None:
        with suppress(Conflict):  # too late, and told so
            async with self._transaction() as session:
                await jobs.cancel(session, self.company.caller, self._one(index).post_id)

    async def retry(self, index: int) -> None:
        with suppress(Conflict):  # nothing has failed
            async with self._transaction() as session:
                await jobs.retry(session, self.company.caller, self.resources.clock, self._one(index).post_id)

    async def edit(self, index: int, body: dict[str, Any]) -> None:
        """`body` as over HTTP; its `content` is appended to what there is."""
        wanted, resources = self._one(index), self.resources
        body = body | ({"content": f"{wanted.marker} part 0 edit {body['content']}"} if "content" in body else {})
        calendar = Calendar(resources.database, resources.library, resources.clock, timedelta(days=36525))
        with suppress(Conflict):  # something of it has begun
            await changes.change(calendar, self.company.caller, wanted.post_id, JobChange.model_validate(body))

    async def pause(self) -> None:
        await self._change_workspace(workspaces.pause)

    async def resume(self) -> None:
        await self._change_workspace(workspaces.resume)

    async def reconnect(self) -> None:
        """Those that have to be."""
        for row in await self.hand.sql("SELECT platform FROM accounts WHERE status <> 'active'"):
            self.accounts[row.platform] = await self.company.connect(row.platform, self.name)

    async def resolve(self) -> None:
        """Somebody looks at the accounts and says what became of each post that is held as unknown."""
        books = await self._read_books()
        for row in await self._rows():
            if row.state == "unknown" and row.lease_until is None and row.due_at is None:
                await self._resolve(row, books)

    async def _resolve(self, row: Any, books: list[dict[str, Any]]) -> None:
        key = (row.platform, f"{self._of(row).marker} part {len(row.progress.get('parts', []))}")
        live = next((each for each in books if key_of(each) == key), None)
        answer = Answer("published", live["id"], f"https://example.org/{live['id']}") if live else Answer("notPublished")
        async with self._transaction() as session:
            await resolution.resolve(session, self.company.caller, row.post_id, row.id, answer, datetime.now(UTC))

    # What must be true -----------------------------------------------------------------------------------------------

    async def check(self) -> None:
        """At any time."""
        rows, books = await self._rows(), await self._read_books()
        twice = {key: count for key, count in Counter(map(key_of, books)).items() if count > 1}
        assert not twice, f"live more than once: {twice}\n{show(rows)}"
        live = {key_of(each): each for each in books}
        for row in rows:
            self._check_row(row, live)

    def _check_row(self, row: Any, live: dict[tuple[str, str], dict[str, Any]]) -> None:
        known = [each["id"] for each in row.progress.get("parts", [])]
        found = [live.get(key) for key in self._keys(row)]
        assert [each and each["id"] for each in found[: len(known)]] == known, f"known as live, but it is not\n{show([row])}"
        chain = [each["replyTo"] for each in found if each]
        assert chain == [None, *known][: len(chain)] or len(chain) > len(known) + 1, f"out of order: {found}"
        if row.state == "cancelled":
            assert not any(found), f"cancelled and live\n{show([row])}"
        if row.state == "published":
            assert (len(known), row.platform_post_id) == (len(found), known[0]), f"published and not whole\n{show([row])}"
        if row.state in {"published", "cancelled"}:
            assert self.over.setdefault(row.id, row) == row, f"it is over, and changed\n{show([self.over[row.id], row])}"
        if row.state == "failed":
            assert row.error, f"failed without a reason\n{show([row])}"
        waits = row.due_at or row.lease_until or row.hold or row.state == "unknown"  # unknown and not due: a person is asked
        assert row.state in OVER or waits, f"nobody will ever look at it again\n{show([row])}"

    async def end(self) -> None:
        """Nothing is wrong any more: before long all is over, and is on the books once, or not at all."""
        await self.wake()
        for _ in range(ROUNDS):
            await self.reconnect()
            await self.resume()
            await self.resolve()
            await self.pass_time()
            await self.work()
            if all(row.state in OVER for row in await self._rows()):
                break
        await self.check()
        rows, books = await self._rows(), await self._read_books()
        assert {row.state for row in rows} <= OVER, f"not over after {ROUNDS} rounds\n{show(rows)}"
        known = [part["id"] for row in rows for part in row.progress.get("parts", [])]
        assert sorted(known) == sorted(each["id"] for each in books), f"live and not known as such\n{show(rows)}\n{books}"
        await self._check_texts(rows, books)

    async def _check_texts(self, rows: list[Any], books: list[dict[str, Any]]) -> None:
        """What is live is what was last wanted."""
        posts = {each.id: each.content["parts"] for each in await self.hand.sql("SELECT id, content FROM posts")}
        content = {each["id"]: each["content"] for each in books}
        for row in rows:
            live = [content[each["id"]] for each in row.progress.get("parts", [])]
            assert live == [each["text"] for each in posts[row.post_id]][: len(live)], f"other words\n{show([row])}"

    # -----------------------------------------------------------------------------------------------------------------

    def _worker(self, *reached: Any) -> Hand:
        """A process of its own; it lives shorter than a lease."""
        own = {"keeper": Keeper(self.resources.leases, self.hand.press.lease)} | ({"reached": reached[0]} if reached else {})
        return Hand(self.company, replace(self.hand.press, **own))

    async def _claim(self) -> list[Claim]:
        await self._come_due()
        return await self.hand.claim()

    async def _come_due(self) -> None:
        await self.hand.sql("UPDATE publications SET due_at = now() WHERE due_at > now() AND lease_until IS NULL")

    async def _end_leases(self) -> None:
        await self.hand.sql("UPDATE publications SET lease_until = now() - interval '1 ms' WHERE lease_until IS NOT NULL")
        await claims.sweep(self.resources.database)

    async def _change_workspace(self, change: Any) -> None:
        caller = self.company.caller
        async with self._transaction() as session:
            await change(session, caller, caller.workspace_id, self.resources.clock)

    def _transaction(self) -> Any:
        return self.resources.database.transaction(self.company.caller.workspace_id)

    async def _rows(self) -> list[Any]:
        return await self.hand.sql("SELECT * FROM publications ORDER BY id")

    async def _read_books(self) -> list[dict[str, Any]]:
        answer = await self._control.get("/_control/books", params={"account": self.name})
        return answer.raise_for_status().json()["data"]

    def _one(self, index: int) -> Wanted:
        return self.wanted[index % len(self.wanted)]

    def _of(self, row: Any) -> Wanted:
        return next(each for each in self.wanted if each.post_id == row.post_id)

    def _keys(self, row: Any) -> list[tuple[str, str]]:
        wanted = self._of(row)
        return [(row.platform, f"{wanted.marker} part {part}") for part in range(wanted.parts)]


def key_of(entry: dict[str, Any]) -> tuple[str, str]:
    """Of an entry on the books, edited or not: its platform, and the post and part it says it is."""
    return entry["platform"], entry["content"].partition(" edit")[0]


def show(rows: list[Any]) -> str:
    names = ("platform", "state", "attempt", "due_at", "lease_until", "hold", "tries", "looks", "progress", "error")
    return "\n".join(str({name: getattr(row, name) for name in names}) for row in rows)
