"""Engagement beside what was usual."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocma.intelligence.target import LIMIT, normalise

HOUR = 3600.0


def test_usual_is_zero_and_more_is_better():
    target = normalise([10, 20, 40, 20, 10, 20, 40], [each * HOUR for each in range(7)])
    assert target.y[1] == 0
    assert target.y[2] > 0 > target.y[0]


def test_growth_is_not_merit():
    """An account that grows tenfold: its late posts are no better than its early ones."""
    at = np.arange(400) * 6 * HOUR
    noise = np.random.default_rng(1).normal(0, 0.3, 400)
    target = normalise(np.exp(4 + 2.3 * np.arange(400) / 400 + noise), at)
    assert abs(np.corrcoef(target.y, at)[0, 1]) < 0.1
    assert target.usual[-1] - target.usual[0] > 1.8
    assert target.level == target.usual[-1]


def test_a_few_posts_have_the_median_of_all():
    target = normalise([1, 1, 1, 100, 100], [0.0, 1.0, 2.0, 3.0, 4.0])
    assert set(target.usual) == {np.log1p(1)}


def test_a_score_is_a_count_again():
    target = normalise([10, 20, 40, 20, 10, 20, 40], [each * HOUR for each in range(7)])
    assert target.count(0) == pytest.approx(20)
    assert target.count(float(target.y[2])) == pytest.approx(40)
    assert target.count(-1_000) == 0


@settings(deadline=None, max_examples=60)
@given(
    counts=st.lists(st.floats(0, 1e12), min_size=1, max_size=120),
    gaps=st.lists(st.floats(0, 1e7), min_size=120, max_size=120),
)
def test_whatever_was_counted_stays_within_limits(counts, gaps):
    target = normalise(counts, np.cumsum(gaps[: len(counts)]))
    assert np.isfinite(target.y).all()
    assert np.abs(target.y).max() <= LIMIT
    assert target.spread >= 0.1
    best, worst = np.argmax(counts), np.argmin(counts)
    if len(counts) < 60:
        assert target.y[best] >= target.y[worst]
