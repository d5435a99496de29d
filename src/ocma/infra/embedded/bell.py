"""What wakes the supervisor: a child that ended, or somebody who wants it to stop. Between, it sleeps."""

import os
import select
import signal
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked the supervisor to stop."""


class Bell:
    """Takes the process's signals over: main thread only, one per process."""

    def __init__(self) -> None:
        self._stopped = False
        self._listens, rings = os.pipe()
        for end in (self._listens, rings):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(rings, warn_on_full_buffer=False)
        for number in STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup and background jobs mean what they ask for
                signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, _woken)  # a handler must stand, or the signal wakes nobody

    def wait(self, seconds: float | None) -> None:
        """Returns early when a child ended. Raises Stopped as soon as somebody asks, or has asked before."""
        if not self._stopped:
            ready, _, _ = select.select([self._listens], [], [], seconds)
            if ready:
                os.read(self._listens, 4096)
        if self._stopped:
            raise Stopped

    def _stop(self, _: int, __: FrameType | None) -> None:
        self._stopped = True


def _woken(_: int, __: FrameType | None) -> None:
    """The wake-up byte is all we want."""
