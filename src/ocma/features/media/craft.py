"""Work on files of strangers, each in a process of its own: what hangs is ended, what crashes takes nothing with it.

That process is features/media/workshop. It gets no secret: neither our environment nor a connection.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from ocma.errors import Invalid, Issue, Unavailable
from ocma.features.media.facts import Facts, read_facts
from ocma.features.media.target import Target

log = structlog.get_logger(__name__)

COMMAND = (sys.executable, "-I", "-m", "ocma.features.media.workshop")
LOOK_SECONDS = 30
RENDER_SECONDS = 120  # and for a video, so many times its length
SLOWNESS = 15
LONGEST = 4 * 3600
GRACE = 5.0  # seconds that waiting and starting may take beside
MOST_BYTES = 16 * 1024**3  # that a rendition may have while it is written
LINE = 64 * 1024  # bytes of the longest answer

Progress = Callable[[float], Awaitable[None]]


async def _unheard(_: float) -> None:
    pass


class Workshop:
    """At most `looks` files are looked at and `renders` made at a time; the others wait."""

    def __init__(self, *, looks: int = 4, renders: int = 1) -> None:
        self._looks, self._renders = asyncio.Semaphore(looks), asyncio.Semaphore(renders)

    async def look(self, path: Path) -> Facts:
        """What the file is. Raises Invalid for anything that is not a whole picture, video or document OCMA knows."""
        async with self._looks:
            return await _ordered({"do": "look", "source": str(path)}, LOOK_SECONDS)

    async def render(self, source: Path, facts: Facts, target: Target, output: Path, progress: Progress = _unheard) -> Facts:
        """Writes a version that fits to `output`. Raises Invalid when there is none."""
        order = {"do": "render", "source": str(source), "output": str(output), "facts": asdict(facts), "target": asdict(target)}
        async with self._renders:
            return await _ordered(order, allowance(facts), progress)


def allowance(facts: Facts) -> int:
    """Seconds that a rendition may take."""
    return min(LONGEST, RENDER_SECONDS + int(SLOWNESS * (facts.duration or 0)))


async def _ordered(order: Mapping[str, Any], seconds: int, progress: Progress = _unheard) -> Facts:
    line = json.dumps({**order, "seconds": seconds, "bytes": MOST_BYTES}).encode()
    child = await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(),
        limit=LINE,
    )
    try:
        async with asyncio.timeout(seconds + GRACE):
            return await _conversed(child, line, progress)
    except TimeoutError:
        log.info("workshop.timeout", do=order["do"])
        raise invalid("mediaTooSlow", "This file takes too long to work on.", "Send a smaller or shorter one.") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def _conversed(child: asyncio.subprocess.Process, line: bytes, progress: Progress) -> Facts:
    given, heard = child.stdin, child.stdout
    if given is None or heard is None:  # both are pipes; the type does not say so
        raise RuntimeError
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has ended already: its silence says so below
        given.write(line)
        await given.drain()
        given.close()
    async for answer in heard:
        said: dict[str, Any] = json.loads(answer)
        if "facts" in said:
            return read_facts(said["facts"])
        if "refused" in said:
            raise invalid(**said["refused"])
        if "failed" in said:
            log.warning("workshop.failed", said=said["failed"])
        else:
            await progress(said["progress"])
    code = await child.wait()
    log.warning("workshop.died", code=code)
    if code > 0:  # no signal: it could not even begin, and that is not the file's doing
        raise Unavailable("Files cannot be looked at just now.", retry_after=5)
    raise invalid("mediaUnreadable", "This file cannot be read to its end.", "Send a file that other programs can open.")


def _environment() -> dict[str, str]:
    """What programs need to start; glibc would otherwise set aside addresses for every thread."""
    passed = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    return {**passed, "MALLOC_ARENA_MAX": "2"}


def invalid(code: str, message: str, remediation: str | None = None) -> Invalid:
    """About the `file` that was sent."""
    return Invalid(message, code=code, issues=[Issue("file", code, message, remediation)], remediation=remediation)
