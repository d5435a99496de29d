"""Whether the test behind experiments keeps its word: false winners while it is looked at after every block, and what that costs.

    .venv/bin/python -m bench.experiments

Prints, of simulated experiments in which all variants are alike, how many named a winner (with a 95 % interval), beside a t-test
that is looked at as often; and, where one variant is better, how many blocks the test took beside a t-test of a fixed number of
blocks that has a power of 80 %. Minutes; the seed is fixed.
"""

import argparse
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from bench.stopping import stoppable
from numpy.typing import NDArray

from ocma.intelligence.sequential import log_wealth

Floats = NDArray[np.float64]
Random = np.random.Generator
ALPHA = 0.05
BLOCKS = 100
CHUNK = 500  # experiments at a time
CUTS = {
    1: 12.706,
    2: 4.303,
    3: 3.182,
    4: 2.776,
    5: 2.571,
    7: 2.365,
    9: 2.262,
    14: 2.145,
    19: 2.093,
    29: 2.045,
    59: 2.001,
    99: 1.984,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """`draw` gives figures of posts by experiment, block and place in the block, as they are without any variant."""

    about: str
    draw: Callable[[Random, tuple[int, int, int]], Floats]


def _accounts(random: Random, shape: tuple[int, int, int], *, spread: float = 1.5, late: float = -0.5) -> Floats:
    """What is usual by account, and what comes later in a block does worse: both in logarithms."""
    return random.normal(4, spread, (*shape[:2], 1)) + late * np.arange(shape[2])


def _log_normal(random: Random, shape: tuple[int, int, int]) -> Floats:
    return np.floor(np.exp(_accounts(random, shape) + random.normal(0, 0.9, shape)))


def _pareto(random: Random, shape: tuple[int, int, int]) -> Floats:
    return np.floor(np.exp(_accounts(random, shape) - 2) * (1 + random.pareto(0.9, shape)))


def _zeros(random: Random, shape: tuple[int, int, int]) -> Floats:
    return np.where(random.random(shape) < 0.7, 0.0, _log_normal(random, shape))


def _counts(random: Random, shape: tuple[int, int, int]) -> Floats:
    return random.poisson(np.exp(_accounts(random, shape, spread=1.0) - 3.5)).astype(np.float64)


def _viral(random: Random, shape: tuple[int, int, int]) -> Floats:
    """One post of forty is seen a thousand times as often."""
    return _log_normal(random, shape) * np.where(random.random(shape) < 1 / 40, 1000, 1)


def _changing(random: Random, shape: tuple[int, int, int]) -> Floats:
    """Accounts that grow, and become noisier as they do."""
    growth = np.linspace(0, 3, shape[1])[None, :, None]
    return np.floor(np.exp(_accounts(random, shape) + growth + random.normal(0, 0.3, shape) * (0.3 + growth)))


SHAPES: Mapping[str, Shape] = {
    "log-normal": Shape("log-normal counts, accounts of very different size", _log_normal),
    "Pareto 0.9": Shape("Pareto tails without a mean", _pareto),
    "70 % zeros": Shape("seven posts in ten have nothing, the rest is log-normal", _zeros),
    "few counts": Shape("Poisson counts around 2, many ties", _counts),
    "viral": Shape("one post in forty gets a thousand times as much", _viral),
    "changing": Shape("figures and their spread grow from block to block", _changing),
}


def shuffled(random: Random, figures: Floats) -> Floats:
    """By variant: which of them had which place is drawn for each block."""
    return random.permuted(figures, axis=2)


def reached(values: Floats, alpha: float = ALPHA) -> NDArray[np.bool_]:
    """By experiment, variant and block: whether the variant has beaten every other by then."""
    logs = np.log1p(values)
    count = values.shape[2]
    won = np.ones((values.shape[0], count, values.shape[1]), dtype=np.bool_)
    for a in range(count):
        for b in range(count):
            if a != b:
                path = log_wealth(logs[:, :, a] - logs[:, :, b])
                won[:, a] &= np.maximum.accumulate(path, axis=1) >= math.log(count / alpha)
    return won


def peeked_t(values: Floats) -> NDArray[np.bool_]:
    """By experiment: whether a paired t-test of the first two variants is ever below 5 %, looked at from block 5 on."""
    d = np.log1p(values[:, :, 0]) - np.log1p(values[:, :, 1])
    n = np.arange(1, d.shape[1] + 1)
    mean = np.cumsum(d, axis=1) / n
    square = np.maximum(np.cumsum(d * d, axis=1) / n - mean**2, 1e-12)
    found = np.abs(mean[:, 4:]) / np.sqrt(square[:, 4:] / (n[4:] - 1))
    return (found > np.array([_cut(each - 1) for each in n[4:]])).any(axis=1)


def _cut(freedom: int) -> float:
    """Two-sided 5 %, from the next smaller entry of the table: if anything, too strict."""
    return CUTS[max(each for each in CUTS if each <= freedom)]


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's, 95 %."""
    z = NormalDist().inv_cdf(0.975)
    p, scale = hits / of, 1 + z * z / of
    middle, half = (p + z * z / (2 * of)) / scale, z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / scale
    return max(middle - half, 0.0), middle + half


def false_winners(shape: Shape, variants: int, experiments: int, seed: int) -> tuple[int, int]:
    """Of so many A/A experiments: those that named a winner, and those in which the t-test would have."""
    random, ours, theirs = np.random.default_rng(seed), 0, 0
    for _ in range(experiments // CHUNK):
        values = shuffled(random, shape.draw(random, (CHUNK, BLOCKS, variants)))
        ours += int(reached(values)[:, :, -1].any(axis=1).sum())
        theirs += int(peeked_t(values).sum())
    return ours, theirs


def blocks_taken(shape: Shape, ratio: float, seed: int) -> tuple[float, float, float, float]:
    """One of two variants gets `ratio` times as much: blocks until the test named it (median, 80 % quantile), blocks of a fixed
    t-test of logarithms that has a power of 80 %, and how often the wrong one was named.
    """
    random, most = np.random.default_rng(seed), 400
    values = shuffled(random, shape.draw(random, (1000, most, 2)))
    values[:, :, 1] = np.floor(values[:, :, 1] * ratio + random.random(values[:, :, 1].shape))
    won = reached(values)
    when = np.where(won[:, 1].any(axis=1), won[:, 1].argmax(axis=1) + 1, np.inf)
    d = np.log1p(values[:, :, 1]) - np.log1p(values[:, :, 0])
    fixed = ((NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)) * d.std() / d.mean()) ** 2
    return *np.quantile(when, (0.5, 0.8), method="lower"), fixed, float(won[:, 0, -1].mean())


def _told(value: float, decimals: int = 0) -> str:
    return f"{value:.{decimals}f}" if math.isfinite(value) else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--experiments", type=int, default=10_000, help="simulated in each setting; by the thousand")
    wanted = parser.parse_args().experiments
    print(f"Variants alike; {wanted} experiments a line, {BLOCKS} blocks, looked at after every block, alpha {ALPHA:.0%}")
    print(f"{'figures':12} {'variants':>8} {'false winners':>13} {'95 % interval':>15} {'t-test, as often':>17}")
    for seed, (name, shape) in enumerate(SHAPES.items()):
        for variants in (2, 3, 5):
            ours, theirs = false_winners(shape, variants, wanted, seed)
            low, high = interval(ours, wanted)
            print(f"{name:12} {variants:8} {ours / wanted:13.2%} {low:7.2%}-{high:6.2%} {theirs / wanted:17.1%}", flush=True)
    print("\nThe second of two variants gets more; 1000 experiments a line, at most 400 blocks (-: not by then)")
    print(f"{'figures':12} {'times':>5} {'median':>7} {'80 %':>5} {'t-test, fixed':>14} {'ratio at 80 %':>13} {'wrong':>6}")
    for seed, (name, shape) in enumerate(SHAPES.items()):
        for ratio in (1.3, 2.0, 4.0):
            median, most, fixed, wrong = blocks_taken(shape, ratio, seed)
            told = f"{_told(median):>7} {_told(most):>5} {_told(fixed):>14} {_told(most / fixed, 2):>13} {wrong:6.2%}"
            print(f"{name:12} {ratio:5} {told}", flush=True)


if __name__ == "__main__":
    with stoppable():
        main()
