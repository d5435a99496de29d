"""What a process used, from /proc: CPU seconds and peak memory."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def cpu(pid: int) -> float:
    """CPU seconds of a process and of all its children, those that have ended included."""
    own, ended = _times(pid)
    return own + ended + sum(sum(_times(child)) for child in _children(pid))


def peak(pid: int) -> float:
    """The most memory it ever held (RSS), in MiB."""
    lines = (PROC / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def machine() -> float:
    """CPU seconds that everything on this machine used, idle time and waiting for disks left out."""
    user, nice, system, _, _, *interrupts = (int(word) for word in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + sum(interrupts[:2])) / TICKS


def _times(pid: int) -> tuple[float, float]:
    """Its own seconds, and those of children it has buried."""
    try:
        words = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    own, system, buried, buried_system = (int(word) / TICKS for word in words[11:15])
    return own + system, buried + buried_system


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in (PROC / str(pid) / "task").glob("*/children"):
        found += [int(word) for word in path.read_text().split()]
    return found
