from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """So many requests in a window of so many seconds; the window opens with its first request."""

    count: int
    seconds: int

    def times(self, factor: float) -> "Limit":
        return Limit(max(1, int(self.count * factor)), self.seconds)


@dataclass(frozen=True)
class Reading:
    limit: int
    remaining: int
    reset_at: float
    allowed: bool


class Windows:
    """Rate windows, in memory: a restarted platform has forgotten them, which is the lenient side."""

    def __init__(self) -> None:
        self._windows: dict[Hashable, tuple[float, int]] = {}

    def take(self, key: Hashable, limit: Limit, now: float) -> Reading:
        reset_at, used = self._windows.get(key, (0.0, 0))
        if reset_at <= now:
            reset_at, used = now + limit.seconds, 0
        allowed = used < limit.count
        self._windows[key] = (reset_at, used + allowed)
        self._forget(now)
        return Reading(limit.count, limit.count - used - allowed, reset_at, allowed)

    def clear(self) -> None:
        self._windows.clear()

    def _forget(self, now: float) -> None:
        if len(self._windows) > 10_000:
            self._windows = {key: window for key, window in self._windows.items() if window[0] > now}
