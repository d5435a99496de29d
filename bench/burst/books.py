"""What the platform's books say: nothing is lost, nothing is there twice, and how late each post was."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TOLERANCE = 0.002  # seconds: two processes read one clock
Entry = Sequence[str | float]  # marker, token, arrived at, answered at (0: not yet), in epoch seconds


@dataclass(frozen=True, slots=True)
class Lateness:
    """Seconds from the instant to the arrival at the platform; negative: too early."""

    first: float
    p50: float
    p95: float
    p99: float
    last: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """`overlaps`: how often an account's post arrived before its previous one was answered."""

    lost: int
    doubled: int
    early: int
    overlaps: int
    lateness: Lateness
    answered_at: float


def judge(entries: Sequence[Entry], instants: Mapping[str, float]) -> Verdict:
    """`instants`: when each marker was due, in epoch seconds. What nobody asked for counts as doubled."""
    times = Counter(str(entry[0]) for entry in entries)
    late = [float(entry[2]) - instants[str(entry[0])] for entry in entries if entry[0] in instants]
    return Verdict(
        lost=len(instants.keys() - times.keys()),
        doubled=sum(many - (marker in instants) for marker, many in times.items()),
        early=sum(each < -TOLERANCE for each in late),
        overlaps=_overlaps(entries),
        lateness=_lateness(late),
        answered_at=max((float(entry[3]) for entry in entries), default=float("inf")),
    )


def _lateness(values: Sequence[float]) -> Lateness:
    ordered = sorted(values) or [float("inf")]
    return Lateness(*(ordered[min(int(len(ordered) * share), len(ordered) - 1)] for share in (0, 0.5, 0.95, 0.99, 1)))


def _overlaps(entries: Sequence[Entry]) -> int:
    found, busy_until = 0, dict[str, float]()
    for _, token, arrived, answered in sorted(entries, key=lambda entry: float(entry[2])):
        found += float(arrived) < busy_until.get(str(token), 0.0)
        busy_until[str(token)] = float(answered) or float("inf")
    return found
