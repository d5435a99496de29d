"""What a user does: connect, upload, schedule, watch, and look at the platforms what became of it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ocma.entrypoints.cli import demo_memory, demo_story, demo_verdict
from ocma.entrypoints.cli.demo_board import Board
from ocma.entrypoints.cli.demo_client import Account, Client, StreamBroken
from ocma.entrypoints.cli.demo_screen import Screen
from ocma.entrypoints.cli.demo_stack import Stack
from ocma.entrypoints.cli.demo_story import ALT_TEXT, NAMES, PLATFORMS, Draft
from ocma.errors import Unavailable

PERSON = "alice"
AGAIN = 0.5  # seconds before the event stream is opened again
CALM = 1.0  # seconds of rest before memory is measured


class Play:
    """One run; its stamp makes every text new."""

    def __init__(self, client: Client, screen: Screen, board: Board) -> None:
        self._client, self._screen, self._board = client, screen, board
        self._stamp = demo_story.stamp(datetime.now(UTC))
        self._listening = asyncio.Event()
        self._refused: list[str] = []

    async def act(self, follower: "asyncio.Task[None]") -> list[str]:
        """`follower` is `follow`, running. Returns what is not as it must be."""
        accounts = await self._connect()
        await _first(self._listening.wait(), follower)
        with self._screen.watching(self._board):
            await self._schedule(accounts)
            await _first(self._board.over.wait(), follower)
        return await self._judge()

    async def _connect(self) -> Mapping[str, Account]:
        self._screen.head("Accounts, by OAuth")
        known = {each.platform: each for each in await self._client.list_accounts() if PERSON in each.handle}
        return {platform: known.get(platform) or await self._walk(platform) for platform in PLATFORMS}

    async def _walk(self, platform: str) -> Account:
        walk = await self._client.connect(platform, PERSON)
        for stop, what in zip(walk.stops, ("asked at", "sent back to"), strict=False):
            self._screen.say(f"{NAMES[platform]:<9} {what} {stop}")
        self._screen.say(f"{NAMES[platform]:<9} connected {walk.account.handle}", "green")
        return walk.account

    async def _schedule(self, accounts: Mapping[str, Account]) -> None:
        self._screen.head("Posts")
        medium = await self._client.upload(demo_story.picture(self._stamp), ALT_TEXT)
        self._screen.say(f"uploaded a picture with alternative text, {medium}")
        for draft in demo_story.drafts(self._stamp):
            await self._plan(draft, [accounts[each] for each in draft.platforms], [medium] if draft.alt_text else [])
        self._board.seal()

    async def _plan(self, draft: Draft, accounts: Sequence[Account], media: Sequence[str]) -> None:
        at = datetime.now(UTC) + draft.delay if draft.delay else None
        async with self._board.lock:
            try:
                answer = await self._client.schedule(draft, accounts, at, media, str(uuid4()))
            except Unavailable as error:
                return self._refused.append(f"“{draft.title}” was not scheduled: {error.detail}")
            for line in self._board.add(draft, answer):
                self._screen.say(f"{NAMES[line.platform]:<9} {draft.title:<18} scheduled for {line.due_at:%H:%M:%S} UTC")
        return self._screen.refresh(self._board)

    async def follow(self) -> None:
        """Every change of state as the API's event stream tells it; opened again where it broke off."""
        last: str | None = None
        while True:
            try:
                async with self._client.events(last) as events:
                    self._listening.set()
                    await self._catch_up()
                    async for last, event in events:  # noqa: B007 - the id from which to go on
                        await self._show(event)
            except (StreamBroken, Unavailable) as error:
                if self._listening.is_set():
                    self._screen.say(f"the event stream broke off ({error}); going on there as soon as possible", "yellow")
            self._listening.clear()
            await asyncio.sleep(AGAIN)

    async def _catch_up(self) -> None:
        """What happened before the stream told anything: it begins with the moment it is opened."""
        for line in [each for each in self._board.lines.values() if not each.is_over]:
            job = await self._client.get_job(line.job_id)
            for now in job["publications"]:
                if now["id"] == line.id and now["status"] != line.state:
                    await self._show({**now, "publicationId": line.id, "attempt": len(now["attempts"])})

    async def _show(self, event: Mapping[str, Any]) -> None:
        async with self._board.lock:
            line = self._board.move(event)
        if line is None:
            self._screen.say(f"{event.get('platform') or '':<9} {event['type']} {event.get('url') or ''}")
        elif line.state != "scheduled" or line.attempt:
            self._screen.moved(line)
        self._screen.refresh(self._board)

    async def _judge(self) -> list[str]:
        self._screen.head("Read back from the platforms' own books (what they accepted; not what OCMA believes)")
        books = await self._client.read_books()
        findings = demo_verdict.examine([*self._board.lines.values()], books)
        for each in findings:
            for _, entries in each.found:
                for entry in entries:
                    self._screen.say(f"{NAMES[each.line.platform]:<9} {entry['id']:<20} {entry['at']}  “{entry['content']}”")
        self._screen.head("Summary")
        self._screen.summary(findings)
        return self._refused + demo_verdict.reasons(findings, books, self._stamp)

    async def weigh(self, stack: Stack) -> None:
        await asyncio.sleep(CALM)
        self._screen.memory(demo_memory.measure(stack.read_pids()))
        self._screen.say(f"total time {self._screen.elapsed:.1f} s")


async def _first(waited: Any, follower: "asyncio.Task[None]") -> None:
    """`waited`, or the failure of the follower."""
    task = asyncio.ensure_future(waited)
    try:
        await asyncio.wait({task, follower}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            follower.result()
    finally:
        task.cancel()
