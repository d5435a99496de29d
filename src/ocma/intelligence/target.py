"""What "did well" means: a post's engagement beside what was usual for its account around then.

`y = (log(1 + engagement) - usual) / spread`, kept within ±4. `usual` is the running median of the account's own posts (14 days
around the post and at least 31 posts; with fewer than 60 posts the median of all), `spread` a robust standard deviation. So 0 is
usual, 1 is one spread better, and an account that grows does not make its evenings look better than its mornings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ocma.intelligence.arrays import Floats

HALF_WINDOW = 7 * 86400.0  # seconds
LEAST_AROUND = 31
LEAST_RUNNING = 60
LIMIT = 4.0
_NORMAL = 1.4826  # a normal distribution's standard deviation in median absolute deviations


@dataclass(frozen=True, slots=True)
class Target:
    y: Floats  # in spreads, one per post
    usual: Floats  # log(1 + engagement), one per post
    spread: float
    level: float  # what is usual now: behind the last post

    def count(self, score: float) -> float:
        """Interactions a post would have now that does `score` spreads better than usual."""
        return float(np.expm1(max(self.level + score * self.spread, 0.0)))


def normalise(engagement: Sequence[float] | Floats, at: Sequence[float] | Floats) -> Target:
    """`at` in seconds, ascending; as long as `engagement`, which is finite and not negative. Neither is empty."""
    logs = np.log1p(np.asarray(engagement, dtype=np.float64))
    usual = _usual(logs, np.asarray(at, dtype=np.float64))
    rest = logs - usual
    mad = _NORMAL * float(np.median(np.abs(rest - np.median(rest))))
    spread = max(mad, 0.5 * float(rest.std()), 0.1)
    return Target(y=np.clip(rest / spread, -LIMIT, LIMIT), usual=usual, spread=spread, level=float(usual[-1]))


def _usual(logs: Floats, at: Floats) -> Floats:
    if len(logs) < LEAST_RUNNING:
        return np.full(len(logs), np.median(logs))
    first, last = _windows(at)
    return np.array([np.median(logs[low:high]) for low, high in zip(first, last, strict=True)])


def _windows(at: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Per post the half-open range of posts around it: within the window, or the nearest in order where those are too few."""
    count, reach = len(at), LEAST_AROUND // 2
    place = np.arange(count)
    first = np.minimum(np.searchsorted(at, at - HALF_WINDOW, side="left"), np.maximum(place - reach, 0))
    last = np.maximum(np.searchsorted(at, at + HALF_WINDOW, side="right"), np.minimum(place + reach + 1, count))
    return first, last
