import random

import pytest

from ocma.intelligence import fit
from ocma.intelligence.fit import COSTS, LEAST_POSTS, Facts, Published, assess, own_best
from ocma.intelligence.text import read


def asked(text, past=(), **facts):
    facts = {"key": "nowhere", "limit": 100, "length": len(text)} | facts
    return assess(read(text), Facts(**facts), past)


def rules(found):
    return [each.rule for each in found.recommendations]


def test_what_fits_costs_nothing_and_no_best_length_is_made_up():
    assert asked("A short text.") == fit.Fit(100.0, (), None)


@pytest.mark.parametrize(
    ("text", "facts", "rule", "said"),
    [
        ("x" * 120, {}, "overLimit", "Shorten by 20 characters: there is room for 100."),
        ("x" * 320, {"thread": 3}, "overLimit", "Shorten by 20 characters: there is room for 3 posts of 100."),
        ("x", {"bytes": 12, "bytes_limit": 10}, "overBytes", "Shorten by 2 bytes"),
        ("#a #b #c", {"hashtags": 2}, "tooManyHashtags", "Take out 1 of 3 hashtags: 2 are allowed."),
        ("#a #b #c", {"hashtags": 5, "heeded": 2}, "hashtagsNotHeeded", "Keep the best 2 of 3 hashtags"),
        ("@anna @ben", {"mentions": 1}, "tooManyMentions", "Take out 1 of 2 mentions"),
        ("  ", {"required": True}, "missingText", "Write a text"),
        ("#Sea and #sea", {}, "repeatedHashtags", "Write each hashtag once: 1 say the same again."),
        ("word " * 10 + "https://example.org/a/b/c/d/e/f", {}, "linksTakeRoom", "Links take 31 of 100 characters"),
    ],
)
def test_each_fact_has_its_recommendation(text, facts, rule, said):
    found = asked(text, **facts)

    assert rules(found) == [rule]
    assert said in found.recommendations[0].message
    assert found.score == 100 - COSTS[rule]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("x" * 100, {}),
        ("x" * 300, {"thread": 3}),
        ("x" * 5000, {"limit": None}),
        ("#a #b", {"hashtags": 2, "heeded": 2}),
        ("@anna", {"mentions": 1}),
        ("", {}),
        ("word " * 10 + "https://example.org/a/b/c/d/e/f", {"link_costs": 10}),
        ("Short https://example.org/a/b/c/d/e/f", {}),
    ],
)
def test_at_the_limit_nothing_is_said(text, facts):
    assert rules(asked(text, **facts)) == []


def past(best_from=140, gain=1.0, posts=200, seed=1):
    rng = random.Random(seed)
    lengths = [rng.randrange(1, 300) for _ in range(posts)]
    return [Published(each, rng.gauss(gain if best_from <= each < 200 else 0, 1)) for each in lengths]


def test_an_accounts_own_best_length_is_found_with_its_effect():
    best = own_best(past())

    assert (best.least, best.most, best.basis, best.posts) == (140, 199, "account", 200)
    assert 0 < best.low < best.lift < best.high
    assert best.low < 1 < best.high


def test_where_length_does_nothing_none_is_told():
    found = [own_best(past(gain=0, seed=seed)) for seed in range(100)]

    assert sum(each is not None for each in found) <= 5, "one in forty by chance"


def test_too_few_posts_tell_no_length():
    assert own_best(past(gain=9, posts=LEAST_POSTS - 1)) is None
    assert own_best([Published(50, 1.0)] * 200) is None, "all of one length"


def test_a_length_outside_the_best_is_pointed_out():
    found = asked("A short text.", past())

    assert rules(found) == ["length"]
    assert "140 to 199 characters did best" in found.recommendations[0].message
    assert found.recommendations[0].message == (
        f"Of {len(past())} posts of this account, those of 140 to 199 characters did best; this has 13."
    ), "in words for people: how much better is in `optimal_length`"
    assert found.optimal_length == own_best(past())
    assert rules(asked("x" * 150, past(), limit=None)) == []


@pytest.mark.parametrize(("length", "said"), [(125, ["length"]), (126, []), (218, []), (219, ["length"])])
def test_a_length_beside_the_best_is_as_good(length, said):
    assert rules(asked("x" * length, past(), limit=None)) == said


def test_without_history_the_platforms_measured_length_counts():
    best = asked("x" * 60, key="facebook", limit=None).optimal_length

    assert (best.basis, best.least, best.most) == ("platform", 0, 39)
    assert 0 < best.low < best.lift < best.high
    assert asked("x" * 60, key="x").optimal_length is None, "two accounts are no measure"


def test_buckets_cover_every_length_once():
    for length in range(1200):
        start = fit.bucket(length)
        last = fit.end(start)
        assert start <= length
        assert last is None or length <= last
