"""What a process and its children hold, sampled while something happens."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.burst.usage import peak

PROC = Path("/proc")
EVERY = 0.02  # seconds


@dataclass
class Memory:
    """In MiB: of the process before and at its peak, and of its children together at theirs."""

    before: float
    peak: float = 0.0
    children: float = 0.0

    @property
    def extra(self) -> float:
        return self.peak - self.before


@contextmanager
def watched(pid: int) -> Generator[Memory]:
    (PROC / str(pid) / "clear_refs").write_text("5")  # forgets the peak so far
    found, over = Memory(_rss(pid)), threading.Event()
    thread = threading.Thread(target=_sample, args=(pid, found, over))
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
        found.peak = peak(pid)


def _sample(pid: int, found: Memory, over: threading.Event) -> None:
    while not over.wait(EVERY):
        found.children = max(found.children, sum(_rss(child) for child in _children(pid)))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in (PROC / str(pid) / "task").glob("*/children"):
        try:
            found += [int(word) for word in path.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _rss(pid: int) -> float:
    """0: it has ended."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)
