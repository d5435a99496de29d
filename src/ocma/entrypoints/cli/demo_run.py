"""The demo from start to end: what it starts is stopped, and it is never longer than it may be."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ocma.entrypoints.cli import demo_client, demo_media, demo_story
from ocma.entrypoints.cli.demo_board import Board
from ocma.entrypoints.cli.demo_play import Play
from ocma.entrypoints.cli.demo_screen import Screen
from ocma.entrypoints.cli.demo_stack import Ready, Stack

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Options:
    """`timeout` in seconds, up to the verdict; without `once` the stack stays up afterwards."""

    data: Path
    port: int
    once: bool
    timeout: float
    transcript: Path | None


def run(options: Options) -> int:
    """The exit code: 0 when every post is live exactly once."""
    screen = Screen()
    screen.head("Services")
    stack = Stack.begin(options.data, options.port)
    try:
        return asyncio.run(_played(options, stack, screen))
    except asyncio.CancelledError:
        screen.say("interrupted")
        return 1
    finally:
        _end(stack, screen)


def _end(stack: Stack, screen: Screen) -> None:
    try:
        screen.say("leaving; the stack was running before and stays" if stack.guest else "stopping everything that was started")
    finally:
        stack.end()
    screen.say("done")


async def _played(options: Options, stack: Stack, screen: Screen) -> int:
    _cancel_on_signal()
    board = Board()
    words = asyncio.create_task(_relay(stack, screen))
    async with AsyncExitStack() as opened:
        opened.callback(words.cancel)
        story = asyncio.create_task(_story(options, stack, screen, board, opened))
        opened.callback(story.cancel)
        reasons = await _reasons(options, stack, board, words, story)
        _tell(screen, reasons)
        if not options.once:
            _tell_how_to_go_on(screen, stack)
            with suppress(asyncio.CancelledError):  # Ctrl-C is how this ends
                await words
                if not stack.was_stopped():
                    raise stack.failure()
                screen.say("somebody stopped the stack")
        return 1 if reasons else 0


async def _story(options: Options, stack: Stack, screen: Screen, board: Board, opened: AsyncExitStack) -> list[str]:
    stamp = demo_story.stamp(datetime.now(UTC))
    drawn = asyncio.create_task(asyncio.to_thread(demo_media.draw, stamp))  # while everything starts
    ready = await stack.until_ready()
    _tell_services(screen, stack, ready)
    client = await opened.enter_async_context(demo_client.opened(ready, demo_client.transcript(options.transcript)))
    play = Play(client, screen, board, stamp)
    follower = asyncio.create_task(play.follow())
    opened.callback(follower.cancel)
    reasons = await play.act(follower, drawn)
    await play.weigh(stack)
    return reasons


async def _reasons(
    options: Options, stack: Stack, board: Board, words: asyncio.Task[None], story: asyncio.Task[list[str]]
) -> list[str]:
    """Raises Unavailable when the stack ends meanwhile."""
    tasks: set[asyncio.Task[None] | asyncio.Task[list[str]]] = {words, story}
    await asyncio.wait(tasks, timeout=options.timeout, return_when=asyncio.FIRST_COMPLETED)
    if story.done():
        return story.result()
    if words.done():
        raise stack.failure()
    story.cancel()
    await asyncio.wait({story})
    return [f"not done within {options.timeout:.0f} s", *board.unfinished()]


async def _relay(stack: Stack, screen: Screen) -> None:
    """The supervisor's own words, for as long as it lives."""
    async for line in stack.told():
        if not line.startswith("READY"):
            screen.say(line)


def _cancel_on_signal() -> None:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task is not None:
        for number in ENDINGS:
            loop.add_signal_handler(number, task.cancel)


def _tell_services(screen: Screen, stack: Stack, ready: Ready) -> None:
    places = {"PostgreSQL": _place(ready.database_url), "Valkey": _place(ready.redis_url)}
    places |= {"sandbox": ready.sandbox_url, "API": ready.api_url}
    for name, place in places.items():
        screen.say(f"{name:<11} {place}", "green")
    for role in ("worker", "dispatcher"):
        screen.say(f"{role:<11} process {', '.join(map(str, ready.pids[role]))}", "green")
    screen.say(f"everything is up; it is kept in {stack.data}", "bold")


def _place(url: str) -> str:
    """Host, port and database: what stands before them is a password."""
    return url.rpartition("@")[2]


def _tell(screen: Screen, reasons: list[str]) -> None:
    if not reasons:
        screen.say("PASSED: every post is live exactly once, by the platforms' own books", "bold green")
    for each in reasons:
        screen.say(f"FAILED: {each}", "bold red")


def _tell_how_to_go_on(screen: Screen, stack: Stack) -> None:
    ready = stack.ready
    if ready is None:  # too slow to start within the time allowed
        return
    authorization = f"-H 'Authorization: Bearer {ready.api_key}'"
    kind = "-H 'Content-Type: application/json'"
    body = '{"content":"My first post","platforms":["twitter"],"scheduledAt":"now"}'
    screen.head("Go on")
    for line in (
        f"API documentation    {ready.api_url}/docs",
        f"platforms' books     {ready.sandbox_url}/",
        f"post something       curl -s {ready.api_url}/api/queue/schedule {authorization} {kind} -d '{body}'",
        f"what became of it    curl -s {ready.api_url}/api/queue/jobs {authorization}",
        f"its numbers          curl -s '{ready.api_url}/api/social/metrics?platform=all&timeRange=7d' {authorization}",
        f"watch it live        curl -sN {ready.api_url}/api/queue/events {authorization}",
        f"on the command line  {_program()} posts list --data {stack.data}",
        f"stop                 Ctrl-C here, or: {_program()} down --data {stack.data}",
    ):
        screen.plain(line)


def _program() -> str:
    """As it can be typed: it need not be on the path."""
    beside = Path(sys.executable).with_name("ocma")
    return str(beside) if beside.exists() else "ocma"
