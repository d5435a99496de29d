"""One service and the process it has at the moment."""

from collections.abc import Callable
from dataclasses import dataclass

from ocma.infra.embedded import process
from ocma.infra.embedded.process import Child, Command

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between an end and the next start, doubling
CALM = 2.0  # seconds of life after which we believe that it stays
SETTLED = 10.0  # seconds of life after which an end counts as the first again


@dataclass(frozen=True, slots=True)
class Service:
    """`role` groups services for the ready file and for the order of ending; `name` is for people and for the log."""

    name: str
    role: str
    command: Command


class Supervised:
    def __init__(self, service: Service, say: Callable[[str], None]) -> None:
        self.service = service
        self.child: Child | None = None
        self.failures = 0
        self.next_start_at = 0.0
        self._started_at = 0.0
        self._say = say

    def is_well(self, now: float) -> bool:
        """It lives, and after a failure has done so for a while."""
        return self.child is not None and (self.failures == 0 or now - self._started_at >= CALM)

    def keep(self, now: float) -> bool:
        """Starts it when it does not run and its pause is over. `now`: monotonic seconds. True: a new process."""
        if self.child is not None and (code := self.child.ended()) is not None:
            self.child = None
            self._pause(now, f"ended with exit code {code}")
        if self.child is not None or now < self.next_start_at:
            return False
        return self._start(now)

    def _start(self, now: float) -> bool:
        self._started_at = now
        try:
            self.child = process.spawn(self.service.command)
        except OSError as error:  # no memory, no processes left: may pass
            self._pause(now, f"could not be started: {error}")
        return self.child is not None

    def _pause(self, now: float, what: str) -> None:
        self.failures = 1 if now - self._started_at >= SETTLED else self.failures + 1
        doublings = min(self.failures - 1, 16)  # a power of a day's failures would not fit into a float
        pause = min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
        self.next_start_at = now + pause
        self._say(f"{self.service.name} {what}; starting it again in {pause:.1f} s (log: {self.service.command.log})")
