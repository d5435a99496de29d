"""`ocma up --sandbox` as a child of the demo: started, watched, and ended with it, however the demo ends."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ocma.errors import Conflict, Unavailable
from ocma.infra.embedded import folder, process, ready_file
from ocma.infra.embedded.process import Child, Command
from ocma.settings import environment

POLL = 0.05  # seconds
GRACE = 60.0  # seconds; a worker may be in the middle of a call to a platform
# The demo brings its own of each: what the user has set up for real use is neither read nor written.
OWN = (
    "DATABASE_URL",
    "DATABASE_READ_URL",
    "REDIS_URL",
    "OCMA_OWNER_DATABASE_URL",
    "OCMA_PUBLIC_URL",
    "OCMA_MEDIA_DIR",
    "OCMA_MEDIA_STORAGE",
    "OCMA_MEDIA_BASE_URL",
    "OCMA_VAULT_KEYS",
    "OCMA_VAULT_KEYS_FILE",
)


@dataclass(frozen=True, slots=True)
class Ready:
    """What ready.json says; `pids` by role, a number or several."""

    api_url: str
    sandbox_url: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    api_key: str = field(repr=False)
    pids: Mapping[str, Any]


class Stack:
    """`guest`: another `ocma up` ran in the folder already; it is used, and left running."""

    def __init__(self, data: Path, child: Child) -> None:
        self.data, self.guest = data, False
        self.ready: Ready | None = None
        self._child = child
        self._read_from = child.command.log.stat().st_size

    @classmethod
    def begin(cls, data: Path, port: int) -> "Stack":
        """From the main thread: the kernel ties the child's life to it."""
        path = folder.create(data)
        (path / "logs").mkdir(mode=0o700, exist_ok=True)
        log = path / "logs" / "up.log"
        log.touch(mode=0o600)
        command = Command(
            argv=(sys.executable, "-m", "ocma", "up", "--sandbox", "--data", str(path), "--port", str(port)),
            log=log,
            folder=Path.cwd(),
            environment={**os.environ, **dict.fromkeys((*OWN, *_platforms_own()), "")},
            orphan_signal=signal.SIGTERM,
            grace=GRACE,
        )
        return cls(path, process.spawn(command))

    async def told(self) -> AsyncGenerator[str]:
        """What the supervisor says, line by line, for as long as it lives."""
        with self._child.command.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._read_from)
            kept = ""
            while not self.has_ended():
                kept += log.read()
                *lines, kept = kept.split("\n")
                for line in lines:
                    yield line.removeprefix("ocma: ")
                await asyncio.sleep(POLL)

    async def until_ready(self) -> Ready:
        """Raises Unavailable with its last words when it ends instead, Conflict when a stack without sandbox runs there."""
        while True:
            ended = self._child.ended() is not None  # asked first: it may find another's stack and end between the two
            if found := self._find_ready():
                break
            if ended:
                raise self.failure()
            await asyncio.sleep(POLL)
        if not found["sandboxUrl"]:
            raise Conflict(
                f"The OCMA that runs in {self.data} has no sandbox, and the demo posts nowhere else.",
                remediation=f"Stop it (ocma down --data {self.data}), or give the demo a folder of its own with --data.",
            )
        self.ready = _ready(found)
        return self.ready

    def _find_ready(self) -> dict[str, Any] | None:
        """Ours when it names our child; somebody else's once our child has found that one and gone."""
        with suppress(ValueError):
            found = ready_file.find(self.data)
            ours = bool(found) and found["pids"]["supervisor"] == self._child.pid
            self.guest = bool(found) and not ours and self._child.ended() == 0
            return found if ours or self.guest else None
        return None

    def read_pids(self) -> Mapping[str, Any]:
        """As of now: what died has been started again since."""
        return (ready_file.find(self.data) or {"pids": {}})["pids"]

    def has_ended(self) -> bool:
        """Our own, once it was ready; before that `until_ready` says so."""
        return self.ready is not None and not self.guest and self._child.ended() is not None

    def was_stopped(self) -> bool:
        """Somebody asked it to: `ocma down`."""
        return self._child.ended() == 0

    def failure(self) -> Unavailable:
        """Why it is no more, with its last words."""
        return process.failed(self._child, "ocma up")

    def end(self) -> None:
        """Stops what was started here; blocks until all is down."""
        if not self.guest:
            process.end(self._child)


def _platforms_own() -> list[str]:
    """What the user has set of the platforms' variables, in `.env` or not: it may lead to the real ones."""
    beginnings = tuple(f"OCMA_{each.name.upper()}_" for each in entry_points(group="ocma.platforms"))
    return [name for name in environment() if name.startswith(beginnings)]


def _ready(found: Mapping[str, Any]) -> Ready:
    return Ready(
        api_url=found["apiUrl"],
        sandbox_url=found["sandboxUrl"],
        database_url=found["databaseUrl"],
        redis_url=found["redisUrl"],
        api_key=found["apiKey"],
        pids=found["pids"],
    )
