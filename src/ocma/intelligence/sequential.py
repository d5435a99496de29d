"""Which of several variants does best, by a test that may be looked at after every post.

The design: a block holds posts of one account, one of each variant, in an order drawn at random, each order as likely as any
other. So whatever the account, the hour, the tail of the figures or their zeros: between two variants that do alike, the
difference within a block is as likely to fall one way as the other, given how large it is and all that was before. That is all
the test rests on; it is not asymptotic, and holds from the first block.

The test bets on it (testing by betting: Shafer, JRSS A 184, 2021; Ramdas, Grünwald, Vovk & Shafer, Statistical Science 38, 2023;
of symmetry: Vovk & Wang, "Nonparametric e-tests of symmetry", 2024). A player with 1 stakes the share λw of their wealth on the
next difference d being in favour of `a`: wealth is multiplied by 1 + λw·sign(d). One player has w = 1, and so counts wins alone;
for another w is the rank of |d| among those so far, by their number (sequential signed ranks: Reynolds, Annals of Statistics 3,
1975), so that a clear lead counts for more than a narrow one, and no single post for much. The mean of both, over λ on a fixed
grid, is a supermartingale that begins at 1 when `a` does no better than `b` (alike, or worse in every post), so by Ville's
inequality it ever reaches x with a probability of at most 1/x: however often one looks, and whenever one stops. Nine blocks that
are all won are always enough for two variants at 5 %.

With K variants one is named the winner once its wealth against every other has reached K/α. A false winner i is one that some
other b(i) does as well as: then its wealth against b(i) reached K/α, for one of K candidates i: together at most α. No more
correction is needed than K, because a winner has to pass K - 1 tests and not one of many.

Differences are of log(1 + count), so an effect is a ratio. The interval holds all ratios that the same test does not reject if
the effect is the same ratio in every block; all intervals of an experiment hold together, at all times, with 1 - α.

What breaks it: leaving out posts because of how they did (a post that failed for reasons of its own does not), and choosing the
order by hand. Measured in bench/experiments.py.
"""

import math
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

STAKES: Floats = (np.arange(16) + 0.5) / 16
STEPS = 30  # halvings until an interval's end is known, to a billionth of where it may be


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a post of `variant` came to in `block`; `known`: sorts as it became known, a time or a count."""

    block: int
    variant: str
    value: float
    known: float


@dataclass(frozen=True, slots=True)
class Lift:
    """What a variant comes to, as a ratio to the first one's, over `blocks` that have both; None: not bounded on that side."""

    blocks: int
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """`wealth`: the most that ever was won betting for this variant, against the one it won least against (an e-value).

    `p`: K by that, at most 1: the chance at most that it would ever have come so far without being better than every other.
    """

    variant: str
    wealth: float
    p: float
    lift: Lift | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`blocks`: those in which two variants at least are known."""

    winner: str | None
    standings: tuple[Standing, ...]
    blocks: int


def signed_ranks(differences: Floats) -> Floats:
    """Of each along the last axis: its sign, times the share of those so far that are no larger; never more than 1 either way.

    Moving all differences down moves none of these up, so what follows from them falls, too.
    """
    sizes = np.abs(differences)
    if differences.ndim == 1:
        return np.sign(differences) * _places(sizes.tolist())
    found = np.zeros_like(differences)
    for index in range(differences.shape[-1]):
        place = (sizes[..., : index + 1] <= sizes[..., index : index + 1]).mean(axis=-1)
        found[..., index] = np.sign(differences[..., index]) * place
    return found


def _places(sizes: Sequence[float]) -> Floats:
    """Of one experiment, which is asked for hundreds of times to find an interval."""
    before, found = list[float](), np.empty(len(sizes))
    for index, size in enumerate(sizes):
        insort(before, size)
        found[index] = bisect_right(before, size) / (index + 1)
    return found


def log_wealth(differences: Floats) -> Floats:
    """After each block, of a player who bets that differences are positive; begins with 1, whose logarithm is 0."""
    bets = np.stack([np.sign(differences), signed_ranks(differences)], axis=-1)[..., None] * STAKES
    each = np.cumsum(np.log1p(bets), axis=-3)
    top = each.max(axis=(-2, -1), initial=-np.inf)
    return top + np.log(np.exp(each - top[..., None, None]).mean(axis=(-2, -1)))


def fewest_blocks(variants: int, alpha: float) -> int:
    """Fewer cannot name a winner, were each of them won, the lead growing from block to block."""
    blocks = 1
    while log_wealth(np.ones(blocks))[-1] < math.log(variants / alpha):
        blocks += 1
    return blocks


def judge(variants: Sequence[str], outcomes: Sequence[Outcome], alpha: float) -> Verdict:
    """Values are 0 or more. The first variant is what the others are compared with; with no outcomes nothing is known."""
    threshold = math.log(len(variants) / alpha)
    pairs = {(a, b): _differences(outcomes, a, b) for a in variants for b in variants if a != b}
    paths = {pair: log_wealth(found) for pair, found in pairs.items()}
    standings: list[Standing] = []
    first: tuple[float, str] | None = None
    for a in variants:
        against = [paths[a, b] for b in variants if a != b]
        peak = min(max(path.max(initial=0.0), 0.0) for path in against)
        lift = None if a == variants[0] else _lift(pairs[a, variants[0]], len(variants), alpha)
        p = min(1.0, len(variants) * math.exp(-peak))
        standings.append(Standing(a, math.exp(min(peak, 700.0)), p, lift))
        reached = max(_first_reach(path, threshold) for path in against)
        if reached < math.inf and (first is None or (reached, a) < first):
            first = reached, a
    return Verdict(first and first[1], tuple(standings), _blocks(outcomes))


def _blocks(outcomes: Sequence[Outcome]) -> int:
    counts: dict[int, int] = {}
    for each in outcomes:
        counts[each.block] = counts.get(each.block, 0) + 1
    return sum(count >= 2 for count in counts.values())


def _differences(outcomes: Sequence[Outcome], a: str, b: str) -> Floats:
    """Of the blocks that have both, in the order in which the later of the two became known."""
    found: dict[int, dict[str, Outcome]] = {}
    for each in outcomes:
        if each.variant in {a, b}:
            found.setdefault(each.block, {})[each.variant] = each
    both = [(max(pair[a].known, pair[b].known), block, pair) for block, pair in found.items() if len(pair) == 2]
    both.sort(key=lambda each: each[:2])
    return np.array([_log(pair, a) - _log(pair, b) for _, _, pair in both], dtype=np.float64)


def _log(pair: Mapping[str, Outcome], variant: str) -> float:
    return math.log1p(pair[variant].value)


def _first_reach(path: Floats, threshold: float) -> float:
    reached = np.flatnonzero(path >= threshold)
    return float(reached[0]) if reached.size else math.inf


def _lift(differences: Floats, variants: int, alpha: float) -> Lift:
    """Both sides of K - 1 intervals share α; with two variants they exclude 1 exactly when one of them has won."""
    threshold = math.log(max(variants, 2 * (variants - 1)) / alpha)
    low, high = _lower(differences, threshold), _lower(-differences, threshold)
    estimate = math.exp(float(np.median(differences))) if differences.size else None
    return Lift(differences.size, estimate, None if low is None else math.exp(low), None if high is None else math.exp(-high))


def _lower(differences: Floats, threshold: float) -> float | None:
    """The largest shift that is rejected as too small, as all below it are: wealth against a shift falls as that grows."""

    def rejects(shift: float) -> bool:
        return bool(log_wealth(differences - shift).max() >= threshold)

    if not differences.size:
        return None
    below, above = float(differences.min()) - 1.0, float(differences.max())
    if not rejects(below):  # nor anything lower: from there on all differences are positive, and their ranks stay as they are
        return None
    for _ in range(STEPS):
        middle = (below + above) / 2
        below, above = (middle, above) if rejects(middle) else (below, middle)
    return below
