"""The breaker of one process alone, for when there is no Redis to share one: the same rules, from what this process saw."""

from collections import deque
from dataclasses import dataclass, field
from time import monotonic

from ocma.features.publishing.breaker import Outcome, Place, Policy, Tally

MOST = 10_000  # calls it remembers of one place


@dataclass
class Circuit:
    """`until`, `probe_until`: monotonic times; `until` None: closed."""

    calls: deque[tuple[float, Outcome, str]] = field(default_factory=lambda: deque(maxlen=MOST))
    until: float | None = None
    opens: int = 0
    probe: str | None = None
    probe_until: float = 0.0


class Circuits:
    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._circuits: dict[Place, Circuit] = {}

    def _of(self, place: Place) -> Circuit:
        return self._circuits.setdefault(place, Circuit())

    def wait(self, place: Place, claim: str) -> tuple[float, bool]:
        """Seconds until `claim` may go (0: now), and whether it goes as the probe."""
        circuit, now = self._of(place), monotonic()
        if circuit.until is None:
            return 0.0, False
        if circuit.until > now:
            return circuit.until - now, False
        if circuit.probe not in {None, claim} and circuit.probe_until > now:
            return 1.0, False
        circuit.probe, circuit.probe_until = claim, now + self._policy.probe
        return 0.0, True

    def ok(self, place: Place, count: int) -> None:
        calls, now = self._of(place).calls, monotonic()
        calls.extend((now, "ok", "") for _ in range(min(count, MOST)))

    def failed(self, place: Place, outcome: Outcome, account: str) -> Tally:
        circuit, now = self._of(place), monotonic()
        circuit.calls.append((now, outcome, account))
        while circuit.calls[0][0] < now - self._policy.window:
            circuit.calls.popleft()
        kinds = [each for _, each, _ in circuit.calls]
        accounts = len({who for _, each, who in circuit.calls if each == outcome})
        return Tally(kinds.count("ok"), kinds.count("down"), kinds.count("refused"), accounts, circuit.until is not None)

    def trip(self, place: Place, jitter: float) -> float:
        """Seconds it is open from now; 0: it was already."""
        circuit, now = self._of(place), monotonic()
        if circuit.until is not None and circuit.until > now:
            return 0.0
        circuit.opens += 1
        length = min(self._policy.longest, self._policy.first * 2.0 ** min(circuit.opens - 1, 30)) * (0.75 + jitter / 2)
        self.hold(place, length)
        return length

    def hold(self, place: Place, seconds: float) -> None:
        """Open for so long: what the shared one said, should Redis go away meanwhile."""
        circuit = self._of(place)
        circuit.until, circuit.probe = monotonic() + seconds, None
        circuit.calls.clear()

    def close(self, place: Place) -> None:
        self._circuits.pop(place, None)

    def release(self, place: Place, claim: str) -> None:
        circuit = self._of(place)
        if circuit.probe == claim:
            circuit.probe = None
