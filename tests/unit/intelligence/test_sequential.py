"""The test behind experiments: fair bets, whatever is looked at and how often."""

import itertools
import math
import time

import numpy as np
import pytest
from bench.experiments import BLOCKS, SHAPES, reached, shuffled
from hypothesis import given, settings
from hypothesis import strategies as st

from ocma.intelligence.sequential import Outcome, fewest_blocks, judge, log_wealth, signed_ranks

SIZES = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.5, 1.0, 3.0, 1e6]) | st.floats(0, 1e9), min_size=1, max_size=9)
SHIFTS = st.floats(-5, 5)
VALUES = st.integers(0, 1_000_000)
ALPHA = 0.05


def outcomes(blocks, variants="ab"):
    """`blocks`: values by variant; None: there is none."""
    return [
        Outcome(number, variant, float(value), float(number))
        for number, values in enumerate(blocks)
        for variant, value in zip(variants, values, strict=True)
        if value is not None
    ]


@given(SIZES)
@settings(max_examples=150, deadline=None)
def test_no_way_to_bet_is_worth_more_than_it_costs(sizes):
    """All ways that the signs can fall, each as likely: wealth is 1 on average, and the share that ever reaches x is 1/x at most."""
    ways = np.array(list(itertools.product((1.0, -1.0), repeat=len(sizes)))) * np.array(sizes)
    wealth = np.exp(log_wealth(ways))
    assert wealth.mean(axis=0) == pytest.approx(np.ones(len(sizes)))
    peak = wealth.max(axis=1)
    for level in (1.5, 2.0, 5.0, 20.0):
        assert (peak >= level).mean() <= 1 / level


@given(SIZES, SHIFTS, st.floats(0, 10), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_wealth_falls_with_what_is_taken_from_each_difference(sizes, shift, more, random):
    """So whoever does worse in every post than one who is alike wins no more than they, and an interval has one end on each side."""
    differences = np.array([size * random.choice((1, -1)) for size in sizes]) - shift
    assert (signed_ranks(differences - more) <= signed_ranks(differences) + 1e-12).all()
    assert (log_wealth(differences - more) <= log_wealth(differences) + 1e-9).all()
    assert (np.abs(signed_ranks(differences)) <= 1).all()


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=40))
@settings(deadline=None, max_examples=60)
def test_names_do_not_matter_nor_does_the_order_of_the_list(blocks):
    found = judge("ab", outcomes(blocks), ALPHA)
    mirrored = judge("ba", list(reversed(outcomes(blocks))), ALPHA)
    assert {each.variant: each.p for each in found.standings} == {each.variant: each.p for each in mirrored.standings}
    assert (found.winner, found.blocks) == (mirrored.winner, mirrored.blocks)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=40), st.integers(0, 5000))
@settings(deadline=None, max_examples=100)
def test_two_variants_differ_exactly_when_the_interval_leaves_one_out(blocks, more):
    found = judge("ab", outcomes([(a, b + more) for a, b in blocks]), ALPHA)
    lift = found.standings[1].lift
    outside = (lift.low is not None and lift.low >= 1) or (lift.high is not None and lift.high <= 1)
    assert outside == any(each.p <= ALPHA for each in found.standings)
    assert lift.low is None or lift.low <= lift.estimate + 1e-9
    assert lift.high is None or lift.estimate <= lift.high + 1e-9


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=30))
@settings(deadline=None, max_examples=40)
def test_evidence_stays(blocks):
    """What was reached is not taken back by what comes after."""
    before = 1.0
    for count in range(1, len(blocks) + 1):
        p = judge("abc", outcomes(blocks[:count], "abc"), ALPHA).standings[2].p
        assert p <= before
        before = p


def test_nothing_known_says_nothing():
    found = judge("abc", [], ALPHA)
    assert (found.winner, found.blocks) == (None, 0)
    assert [each.p for each in found.standings] == [1.0] * 3
    assert found.standings[1].lift.estimate is None


@pytest.mark.parametrize(("variants", "alpha", "fewest"), [(2, 0.05, 8), (3, 0.05, 9), (5, 0.05, 9), (2, 0.01, 11)])
def test_a_winner_of_few_blocks_has_to_win_each(variants, alpha, fewest):
    assert fewest_blocks(variants, alpha) == fewest
    names = "abcde"[:variants]
    grows = [[0] * (variants - 1) + [10**number] for number in range(1, fewest + 1)]
    assert judge(names, outcomes(grows, names), alpha).winner == names[-1]
    assert judge(names, outcomes(grows[:-1], names), alpha).winner is None
    spoiled = [[10**9] * (variants - 1) + [0], *grows[1:]]
    assert judge(names, outcomes(spoiled, names), alpha).winner is None


@given(st.lists(st.integers(1, 10**9), min_size=9, max_size=9))
@settings(deadline=None, max_examples=40)
def test_nine_blocks_that_are_all_won_are_enough(leads):
    """Whatever the leads, and though they shrink."""
    assert judge("ab", outcomes([(0, lead) for lead in leads]), ALPHA).winner == "b"


def test_the_best_has_to_beat_every_other():
    blocks = [(1, 100 * 3**number, 100 * 3**number) for number in range(12)]
    found = judge("abc", outcomes(blocks, "abc"), ALPHA)
    assert found.winner is None
    assert found.standings[1].lift.low > 1


def test_what_is_missing_is_left_out_where_it_is_missing():
    full = [(10, 100 * 2**number, 5) for number in range(12)]
    without = [(a, b, None) for a, b, _ in full]
    assert judge("abc", outcomes(without, "abc"), ALPHA).winner is None
    assert judge("abc", outcomes(without, "abc"), ALPHA).standings[1].lift.blocks == 12
    assert judge("abc", outcomes(full, "abc"), ALPHA).winner == "b"


def test_one_post_that_everybody_saw_decides_nothing():
    even = [(100, 103) if number % 5 in {0, 2, 3} else (104, 100) for number in range(30)]
    viral = [*even[:15], (100, 10**9), *even[16:]]
    before, after = (judge("ab", outcomes(each), ALPHA).standings[1] for each in (even, viral))
    assert after.wealth <= before.wealth * 2
    assert judge("ab", outcomes(viral), ALPHA).winner is None


@pytest.mark.parametrize(("shape", "variants"), [*((shape, 2) for shape in SHAPES), ("log-normal", 3)])
def test_alike_variants_seldom_have_a_winner_however_often_one_looks(shape, variants):
    """4000 experiments, looked at after every block; bench/experiments.py has more, and tells how close."""
    random = np.random.default_rng(20261123)
    values = shuffled(random, SHAPES[shape].draw(random, (4000, 60, variants)))
    won = reached(values)[:, :, -1].any(axis=1)
    assert won.mean() <= ALPHA
    for index in (*np.flatnonzero(won)[:3], *range(5)):  # the simulation judges as experiments do
        assert (judge("abc"[:variants], outcomes(values[index], "abc"[:variants]), ALPHA).winner is not None) == won[index]


def test_a_second_best_is_seldom_named_beside_losers():
    """Two best of three alike, the third far behind: nobody may win."""
    random = np.random.default_rng(7)
    values = shuffled(random, SHAPES["log-normal"].draw(random, (4000, 60, 3)))
    values[:, :, 0] = np.floor(values[:, :, 0] / 50)
    won = reached(values)[:, :, -1]
    assert won.any(axis=1).mean() <= ALPHA
    assert not won[:, 0].any()


def test_intervals_hold_the_truth_at_all_times():
    random, missed, of = np.random.default_rng(3), 0, 300
    figures = SHAPES["Pareto 0.9"].draw(random, (of, 30, 2))
    values = shuffled(random, figures)
    values[:, :, 1] = (1 + values[:, :, 1]) * 1.7 - 1
    for each in values:
        looks = [judge("ab", outcomes(each[:count]), 0.2).standings[1].lift for count in (8, 12, 20, 30)]
        missed += any((look.low or 0) > 1.7 or (look.high or math.inf) < 1.7 for look in looks)
    assert missed / of <= 0.2
    assert missed > 0


def test_what_is_better_is_found():
    random = np.random.default_rng(5)
    values = shuffled(random, SHAPES["log-normal"].draw(random, (500, BLOCKS, 2)))
    values[:, :, 1] *= 2
    won = reached(values)[:, :, -1]
    assert won[:, 1].mean() > 0.9
    assert won[:, 0].mean() < 0.01


@settings(deadline=None)
@given(st.lists(st.integers(-6, 6).map(float), max_size=40))
def test_one_experiment_is_ranked_as_many_are(found):
    assert signed_ranks(np.array(found)).tolist() == signed_ranks(np.array([found]))[0].tolist()


@pytest.mark.parametrize(("variants", "blocks"), [(2, 500), (5, 200)])
def test_the_largest_experiment_is_judged_while_somebody_waits(variants, blocks):
    random = np.random.default_rng(3)
    keys = "abcde"[:variants]
    outcomes = [Outcome(each, key, float(random.pareto(1) * 10), each) for each in range(blocks) for key in keys]
    judge(keys, outcomes, 0.05)
    began = time.thread_time()
    judge(keys, outcomes, 0.05)
    assert time.thread_time() - began < 0.15
