"""Which hours of the week do well for an account: a Gaussian process over the 168 local hours.

Hours near each other, on the same day or kind of day, tell of each other; what few posts say is drawn towards the curve that
accounts of that platform share, where one was measured. An association: what is posted at an hour is not random.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ocma.intelligence.arrays import Floats, Ints
from ocma.intelligence.artefact import load
from ocma.intelligence.past import HOURS, Past, countable, slots, zone_of
from ocma.intelligence.target import normalise

# Amplitudes (all hours, same kind of day, same day, near hours of the same day) and two lengths, fitted by marginal likelihood
# over the accounts of each platform.
_SHAPES = {
    "facebook": (0.249, 0.137, 0.004, 0.108, 0.213, 0.561),
    "x": (0.122, 0.130, 0.067, 0.172, 0.635, 0.146),
}
_SHAPES["twitter"] = _SHAPES["x"]
_LEAST_NOISE, _FEW_NOISE, _FEW = 0.2, 0.6, 100


@dataclass(frozen=True, slots=True, eq=False)
class Week:
    """`mean`, `deviation`: 168 local hours from Monday midnight, in spreads from usual (see target.py). With no posts the mean
    is the platform's curve, or zero where none was measured: then `deviation` is all that is said.
    """

    mean: Floats
    deviation: Floats
    posts: int

    def best(self, most: int = 10) -> tuple[int, ...]:
        """Slots, best first."""
        return tuple(int(each) for each in np.argsort(-self.mean, kind="stable")[:most])


def learn_week(past: Sequence[Past], tz: str, platform: str | None) -> Week:
    known = countable(past)
    zone = zone_of(tz)
    if not known:
        return posterior(np.zeros(0), np.zeros(0, dtype=np.intp), platform)
    target = normalise([each.engagement for each in known], [each.published_at.timestamp() for each in known])
    return posterior(target.y, slots(known, zone), platform)


def posterior(y: Floats, at: Ints, platform: str | None, curve: Floats | None = None) -> Week:
    """`y` in spreads and the slot of each post; `curve`: another prior than the platform's."""
    prior = _curve(platform) if curve is None else curve
    kernel = kernel_of(platform)
    if not len(y):
        return Week(prior, np.sqrt(np.diag(kernel)), 0)
    counts = np.bincount(at, minlength=HOURS)
    seen = np.flatnonzero(counts)
    means = np.bincount(at, weights=y, minlength=HOURS)[seen] / counts[seen]
    noise = np.diag(_noise(y, at, counts) / counts[seen])
    gain = np.linalg.solve(kernel[np.ix_(seen, seen)] + noise, kernel[seen]).T
    # What is usual is not quite zero after clipping, and no hour's merit.
    mean = prior + gain @ (means - prior[seen] - _offset(means - prior[seen], counts[seen]))
    variance = np.diag(kernel) - np.einsum("ij,ij->i", gain, kernel[:, seen])
    return Week(mean, np.sqrt(np.maximum(variance, 0.0)), len(y))


def _offset(rest: Floats, counts: Ints) -> float:
    return float(np.average(rest, weights=counts))


def _noise(y: Floats, at: Ints, counts: Ints) -> float:
    if len(y) < _FEW:
        return _FEW_NOISE
    means = np.bincount(at, weights=y, minlength=HOURS) / np.maximum(counts, 1)
    freedom = len(y) - int(np.count_nonzero(counts))
    return max(float(((y - means[at]) ** 2).sum()) / max(freedom, 1), _LEAST_NOISE)


@cache
def kernel_of(platform: str | None) -> Floats:
    """168 by 168; platforms that were not measured have Facebook's, of which there was most."""
    every, kind, day, near, long, short = _SHAPES.get(platform or "", _SHAPES["facebook"])
    place = np.arange(HOURS)
    hours, days = place % 24, place // 24
    away = np.sin(np.pi * (hours[:, None] - hours[None]) / 24) ** 2
    wide, narrow = np.exp(-2 * away / long**2), np.exp(-2 * away / short**2)
    same = days[:, None] == days[None]
    alike = (days >= 5)[:, None] == (days >= 5)[None]
    kernel = (every**2 + kind**2 * alike) * wide + (day**2 + near**2 * narrow) * same
    kernel.flags.writeable = False
    return kernel


def _curve(platform: str | None) -> Floats:
    if platform != "facebook":
        return np.zeros(HOURS)
    return load("besttime").arrays["facebook"].astype(np.float64)
