"""The supervisor that runs in a folder already, seen from another process."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from ocma.errors import Conflict, Unavailable
from ocma.infra.embedded import folder_lock, ready_file
from ocma.infra.embedded.folder_lock import Holder

PURPOSE = "supervisor"
START_LIMIT, STOP_LIMIT = 180.0, 180.0  # seconds
POLL = 0.05


def find_supervisor(path: Path) -> Holder | None:
    holder = folder_lock.find_holder(path)
    if holder and holder.purpose != PURPOSE:
        raise Conflict(
            f"{path} is in use by process {holder.pid}, which is not `ocma up`.",
            remediation="Wait until that process has ended, or choose another folder with --data.",
        )
    return holder


def wait_until_ready(path: Path) -> str | None:
    """The API's URL once the other supervisor has everything up; None when it is gone."""
    stop_at = time.monotonic() + START_LIMIT
    while folder_lock.is_held(path):
        holder, ready = find_supervisor(path), ready_file.find(path)
        if holder and ready and ready["pids"]["supervisor"] == holder.pid:
            return str(ready["apiUrl"])
        if time.monotonic() > stop_at:
            raise Unavailable(f"Another process has {path} but does not become ready.", remediation="See its logs.")
        time.sleep(POLL)
    return None


def stop(path: Path, say: Callable[[str], None]) -> None:
    """Asks it to stop and waits until all is down."""
    path = path.expanduser().resolve()
    holder = find_supervisor(path)
    if holder is None:
        say(f"nothing runs in {path}")
        return
    say(f"stopping process {holder.pid} in {path}")
    os.kill(holder.pid, signal.SIGTERM)
    stop_at = time.monotonic() + STOP_LIMIT
    while folder_lock.find_holder(path) == holder:
        if time.monotonic() > stop_at:
            raise Unavailable(f"Process {holder.pid} does not stop.", remediation=f"kill -9 {holder.pid} loses nothing.")
        time.sleep(POLL)
    say("stopped")
