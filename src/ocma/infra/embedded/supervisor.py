"""Keeps services alive, each in a process of its own, until somebody rings the bell."""

import time
from collections.abc import Callable, Iterable
from itertools import groupby

from ocma.errors import Unavailable
from ocma.infra.embedded import process
from ocma.infra.embedded.bell import Bell, Stopped
from ocma.infra.embedded.supervised import Service, Supervised

PATIENCE = 5  # failures in a row while starting up, before we call it hopeless
POLL = 0.02


class Supervisor:
    def __init__(self, bell: Bell, say: Callable[[str], None]) -> None:
        self._bell = bell
        self._say = say
        self._kept: list[Supervised] = []

    def start(self, service: Service) -> Supervised:
        supervised = Supervised(service, self._say)
        self._kept.append(supervised)
        supervised.keep(time.monotonic())
        return supervised

    def pids(self, role: str) -> list[int]:
        return [each.child.pid for each in self._of(role) if each.child]

    def all_well(self) -> bool:
        now = time.monotonic()
        return all(each.is_well(now) for each in self._kept)

    def wait_until(self, condition: Callable[[], bool], what: str, limit: float) -> None:
        """Keeps all alive meanwhile. Raises Unavailable after `limit` seconds, or when one ends again and again."""
        stop_at = time.monotonic() + limit
        while not condition():
            self._keep_all()
            self._bell.wait(POLL)
            self._refuse_hopeless()
            if time.monotonic() > stop_at:
                raise Unavailable(f"{what} is not ready after {limit:.0f} s.", remediation="See the logs folder.")

    def _refuse_hopeless(self) -> None:
        for each in self._kept:
            if each.failures >= PATIENCE:
                log = each.service.command.log
                raise Unavailable(
                    f"{each.service.name} ended {each.failures} times in a row. It said: {process.last_words(log)}",
                    remediation=f"See {log}.",
                )

    def run(self, on_change: Callable[[], None]) -> None:
        """Until stopped. `on_change` is called after each restart."""
        while True:
            if self._keep_all():
                on_change()
            try:
                self._bell.wait(self._until_next_start())
            except Stopped:
                return

    def _keep_all(self) -> bool:
        now = time.monotonic()
        started = [each.keep(now) for each in self._kept]
        return any(started)

    def _until_next_start(self) -> float | None:
        waiting = [each.next_start_at for each in self._kept if each.child is None]
        return max(min(waiting) - time.monotonic(), 0) if waiting else None

    def end(self) -> None:
        """Last started, first ended; those of one role together."""
        for role, group in groupby(reversed(self._kept), key=lambda each: each.service.role):
            self._say(f"stopping {role}")
            process.end(*_children(group))

    def _of(self, role: str) -> list[Supervised]:
        return [each for each in self._kept if each.service.role == role]


def _children(group: Iterable[Supervised]) -> list[process.Child]:
    return [each.child for each in group if each.child]
