"""One data folder, one supervisor: a lock that the kernel lets go when its holder dies, however it dies."""

import fcntl
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

NAME = "ocma.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """`purpose` tells the supervisor (which may be asked to stop) from other programs (which are not ours to stop)."""

    pid: int
    purpose: str


class FolderLock:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)


def take(folder: Path, purpose: str) -> FolderLock | None:
    """None when another process has it. The file then tells which, and what for."""
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()} {purpose}".encode())
    return FolderLock(descriptor)


def find_holder(folder: Path) -> Holder | None:
    """Who holds the folder now, checked: never a stranger who was given a dead holder's process id."""
    path = folder / NAME
    if not is_held(folder):
        return None
    pid, _, purpose = path.read_text(encoding="ascii").partition(" ")
    return Holder(int(pid), purpose) if pid.isdigit() and _has_open(int(pid), path) else None


def is_held(folder: Path) -> bool:
    if not (folder / NAME).exists():
        return False
    descriptor = os.open(folder / NAME, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _has_open(pid: int, path: Path) -> bool:
    """Linux tells which files a process has open. Elsewhere we believe the file, since somebody does hold the lock."""
    if sys.platform != "linux":
        return True
    try:
        return any(_is_same(each, path) for each in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def _is_same(descriptor: Path, path: Path) -> bool:
    try:
        return descriptor.samefile(path)
    except OSError:
        return False
