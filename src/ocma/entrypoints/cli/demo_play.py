"""What a user does: connect, upload, schedule, watch, and look at the platforms what became of it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ocma.entrypoints.cli import demo_memory, demo_story, demo_verdict
from ocma.entrypoints.cli.demo_board import Board
from ocma.entrypoints.cli.demo_client import Account, Client, StreamBroken
from ocma.entrypoints.cli.demo_media import File
from ocma.entrypoints.cli.demo_platform import Platform, named
from ocma.entrypoints.cli.demo_screen import Screen
from ocma.entrypoints.cli.demo_stack import Stack
from ocma.entrypoints.cli.demo_story import Draft
from ocma.errors import Unavailable

PERSON = "alice"
AGAIN = 0.5  # seconds before the event stream is opened again
CALM = 1.0  # seconds of rest before memory is measured


class Play:
    """One run; its `stamp` makes every text new."""

    def __init__(self, client: Client, screen: Screen, board: Board, stamp: str) -> None:
        self._client, self._screen, self._board, self._stamp = client, screen, board, stamp
        self._listening = asyncio.Event()

    async def act(self, follower: "asyncio.Task[None]", drawn: "asyncio.Task[dict[File, bytes]]") -> list[str]:
        """`follower` is `follow`, running; `drawn` what is to be uploaded. Returns what is not as it must be."""
        accounts = await self._connect(await self._client.list_platforms())
        await _first(self._listening.wait(), follower)
        with self._screen.watching(self._board):
            await self._schedule(accounts, await self._upload(await drawn))
            await _first(self._board.over.wait(), follower)
        return await self._judge()

    async def _connect(self, platforms: Sequence[Platform]) -> Mapping[Platform, Account]:
        """Without those where it did not work."""
        self._screen.head(f"Accounts on {len(platforms)} platforms, by OAuth")
        mine = [each for each in await self._client.list_accounts() if PERSON in each.handle]
        known = {each.platform: each for each in reversed(mine)}
        found = await asyncio.gather(*(self._account(each, known.get(each.key)) for each in platforms))
        return {platform: account for platform, account in zip(platforms, found, strict=True) if account}

    async def _account(self, platform: Platform, known: Account | None) -> Account | None:
        if known:
            self._screen.say(f"{platform.name:<9} has {known.handle} from an earlier run")
            return known
        try:
            walk = await self._client.connect(platform, PERSON)
        except Unavailable as error:
            self._board.refused.append(f"{platform.key}: no account could be connected: {error.detail}")
            return None
        self._screen.say(f"{platform.name:<9} connected {walk.account.handle:<21} asked at {walk.stops[0]}", "green")
        return walk.account

    async def _upload(self, drawn: Mapping[File, bytes]) -> Mapping[File, str]:
        self._screen.head("Posts")
        ids = await asyncio.gather(*(self._client.upload(file, content) for file, content in drawn.items()))
        self._screen.say(f"uploaded with alternative texts: {', '.join(file.name for file in drawn)}")
        return dict(zip(drawn, ids, strict=True))

    async def _schedule(self, accounts: Mapping[Platform, Account], media: Mapping[File, str]) -> None:
        for draft in demo_story.drafts(self._stamp, [*accounts]):
            await self._plan(draft, [accounts[each] for each in draft.platforms], media)
        self._board.seal()

    async def _plan(self, draft: Draft, accounts: Sequence[Account], media: Mapping[File, str]) -> None:
        at = datetime.now(UTC) + draft.delay if draft.delay else None
        async with self._board.lock:
            try:
                answer = await self._client.schedule(draft, accounts, at, media, str(uuid4()))
            except Unavailable as error:
                return self._board.refused.append(f"“{draft.title}” was not scheduled: {error.detail}")
            line, *_ = self._board.add(draft, answer)
            self._screen.say(f"scheduled {draft.title:<17} for {line.due_at:%H:%M:%S} UTC: {named(draft.platforms)}")
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
        """What goes as it should is told once: when it is over. The way there is told where it is not straight."""
        async with self._board.lock:
            line = self._board.move(event)
        if line is None:
            self._told(event)
        elif line.is_over or line.state == "unknown" or (line.state == "scheduled" and line.attempt):
            self._screen.moved(line)
        self._screen.refresh(self._board)

    def _told(self, event: Mapping[str, Any]) -> None:
        """Of what is none of ours; accounts were told of already."""
        if event["type"] != "account.connected":
            self._screen.say(f"{event.get('platform') or '':<9} {event['type']} {event.get('url') or ''}")

    async def _judge(self) -> list[str]:
        self._screen.head("Read back from the platforms' own books (what they accepted; not what OCMA believes)")
        books = await self._client.read_books()
        findings = demo_verdict.examine([*self._board.lines.values()], books)
        self._screen.summary(findings)
        return self._board.refused + demo_verdict.reasons(findings, books, self._stamp)

    async def weigh(self, stack: Stack) -> None:
        self._screen.head("Memory")
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
