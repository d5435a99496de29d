"""What the stack weighs: RSS (what `top` shows) and USS (what would be free again without it), by kind of process."""

import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
KIB = 1024


@dataclass(frozen=True, slots=True)
class Share:
    """Bytes, summed over `processes`. `uss` None: this system does not tell."""

    role: str
    processes: int
    rss: int
    uss: int | None


def measure(pids: Mapping[str, int | list[int] | None]) -> list[Share]:
    """`pids` as in ready.json. A process counts for the role of its nearest ancestor there: PostgreSQL's backends, too."""
    roles = {pid: role for role, found in pids.items() for pid in _listed(found)}
    parents = _parents()
    members: dict[str, list[int]] = {role: [] for role in pids}
    for pid in parents:
        if role := _role(pid, parents, roles):
            members[role].append(pid)
    return [_share(role, found) for role, found in members.items() if found]


def total(shares: list[Share]) -> Share:
    uss = [each.uss for each in shares]
    known = None if None in uss else sum(each or 0 for each in uss)
    return Share("all", sum(each.processes for each in shares), sum(each.rss for each in shares), known)


def _listed(found: int | list[int] | None) -> list[int]:
    return found if isinstance(found, list) else [found] if found else []


def _role(pid: int, parents: Mapping[int, int], roles: Mapping[int, str]) -> str | None:
    while pid and pid not in roles:
        pid = parents.get(pid, 0)
    return roles.get(pid)


def _share(role: str, pids: list[int]) -> Share:
    weighed = [each for each in map(_weigh, pids) if each]
    uss = [each[1] for each in weighed]
    known = None if None in uss else sum(each or 0 for each in uss)
    return Share(role, len(weighed), sum(each[0] for each in weighed), known)


def _parents() -> dict[int, int]:
    """Parent by process id, of every process on the machine."""
    if sys.platform == "linux":
        found = {int(each.name): _parent(each) for each in PROC.iterdir() if each.name.isdigit()}
        return {pid: parent for pid, parent in found.items() if parent is not None}
    return {pid: parent for pid, parent, _ in _listing()}


def _parent(folder: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):  # it may end while we look
        return int((folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    return None


def _weigh(pid: int) -> tuple[int, int | None] | None:
    """RSS and USS in bytes; None when it is gone."""
    if sys.platform != "linux":
        return next(((rss, None) for each, _, rss in _listing() if each == pid), None)
    with suppress(OSError):
        found = _rollup(PROC / str(pid) / "smaps_rollup")
        return found["Rss"], found["Private_Clean"] + found["Private_Dirty"]
    with suppress(OSError):  # another user's process: its size is public, its mappings are not
        status = _rollup(PROC / str(pid) / "status")
        return status["VmRSS"], None
    return None


def _rollup(path: Path) -> dict[str, int]:
    """Lines such as `Rss:   1234 kB`, in bytes."""
    words = [line.split() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return {each[0].rstrip(":"): int(each[1]) * KIB for each in words if len(each) == 3 and each[2] == "kB"}


def _listing() -> list[tuple[int, int, int]]:
    """Process, parent, RSS in bytes, where there is no /proc."""
    asked = ["/bin/ps", "-axo", "pid=,ppid=,rss="]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout  # noqa: S603 - fixed words
    rows = [[int(word) for word in line.split()] for line in said.splitlines()]
    return [(pid, parent, rss * KIB) for pid, parent, rss in rows]
