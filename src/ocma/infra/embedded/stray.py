"""Processes a killed supervisor left over: on Linux the last moments of a dying server, elsewhere real orphans."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from ocma.errors import Unavailable


def end_stray(pid: int, mark: str, stop_signal: signal.Signals = signal.SIGTERM, grace: float = 30.0) -> None:
    """Ends process `pid` if it lives and its command line holds `mark`: a dead one's id is given out again."""
    if mark not in command_line(pid):
        return
    for each, seconds in ((stop_signal, grace), (signal.SIGKILL, 5.0)):
        _send(pid, each)
        if _gone_within(pid, mark, seconds):
            return
    raise Unavailable(f"Process {pid} of an earlier run does not end.", remediation=f"End it yourself: kill -9 {pid}")


def command_line(pid: int) -> str:
    """Empty when there is no such process (or only its record is left)."""
    if sys.platform != "linux":
        asked = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout  # noqa: S603 - fixed words and a number
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _gone_within(pid: int, mark: str, seconds: float) -> bool:
    stop_at = time.monotonic() + seconds
    while mark in command_line(pid):
        if time.monotonic() > stop_at:
            return False
        time.sleep(0.02)
    return True
