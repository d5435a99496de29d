"""Formulas: read as they were written, and never anything but a number, null or the documented refusal."""

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocma.errors import Invalid
from ocma.features.analytics.formula import Name, Number, Pair, names, reckon
from ocma.features.analytics.parser import DEEPEST, LONGEST, MOST, parse
from ocma.features.analytics.units import unit_of
from ocma.platforms.metrics import METRICS

LEAVES = st.one_of(
    st.builds(Number, st.decimals(0, 10**11, places=4).map(Decimal.normalize)),
    st.builds(Name, st.sampled_from(sorted(METRICS)), st.booleans()),
)
TREES = st.recursive(LEAVES, lambda inner: st.builds(Pair, st.sampled_from("+-*/"), inner, inner), max_leaves=12)
WORDS = st.lists(st.sampled_from([*"+-*/()", "sum", "sum(", "likes", "reach", "nonsense", "1", "100", "2.5", "9" * 30, " "]))
FIGURES = st.dictionaries(st.sampled_from(sorted(METRICS)), st.none() | st.floats(0, 1e300))


@given(TREES)
def test_what_is_written_is_read_again(tree):
    assert parse(str(tree)) == tree


@given(st.one_of(st.text(max_size=LONGEST + 50), WORDS.map("".join), WORDS.map(" ".join)))
def test_whatever_is_sent_is_read_or_refused(text):
    try:
        unit_of(parse(text))
    except Invalid as refused:
        assert refused.issues[0].path == "formula"
        assert refused.issues[0].message
        assert refused.remediation


@settings(deadline=None)
@given(TREES, FIGURES, FIGURES)
def test_a_result_is_a_finite_number_or_none(tree, figures, sums):
    found = reckon(tree, figures, sums)
    assert found is None or abs(found) < float("inf")


@given(TREES, FIGURES)
def test_what_is_not_known_makes_the_result_unknown(tree, figures):
    if any(figures.get(each.key) is None for each in names(tree)):
        assert reckon(tree, figures, figures) is None


@pytest.mark.parametrize(
    ("formula", "unit", "value"),
    [
        ("(likes + comments + shares) / reach * 100", "percent", 7.5),
        ("100 * likes / reach", "percent", 5),
        ("likes / reach", "ratio", 0.05),
        ("likes - comments - shares", "count", 5),
        ("likes - (comments - shares)", "count", 9),
        ("likes / (comments / shares)", "count", 10 / 1.5),
        ("2 * likes + 100 * comments", "count", 320),
        ("watchTime / views", "secondsPerCount", 2.5),
        ("watchedShare * views / 100", "count", 160),
        ("watchedShare / 100", "ratio", 0.4),
        ("0.5 * watchedShare + 0.5 * skipRate", "percent", 30),
        ("likes / (reach + 1)", "ratio", 10 / 201),
        ("likes / sum(likes) * 100", "percent", 20),
        ("watchTime * views", "number", 400000),
        ("  likes\n", "count", 10),
    ],
)
def test_units_and_values(formula, unit, value):
    figures = {"likes": 10.0, "comments": 3.0, "shares": 2.0, "reach": 200.0, "views": 400.0, "watchTime": 1000.0}
    figures |= {"watchedShare": 40.0, "skipRate": 20.0}
    tree = parse(formula)

    assert unit_of(tree).name == unit
    assert reckon(tree, figures, {"likes": 50.0}) == pytest.approx(value)


@pytest.mark.parametrize("formula", ["likes / reach", "1 / (likes - likes)", "reach", "sum(reach) + likes", "likes * 0 / 0"])
def test_unknown_and_divided_by_nothing_is_none(formula):
    assert reckon(parse(formula), {"likes": 3.0, "reach": None}, {}) is None
    assert reckon(parse("likes / reach"), {"likes": 3.0, "reach": 0.0}, {}) is None


def test_an_overflow_is_none():
    assert reckon(parse(" * ".join(["likes"] * 40)), {"likes": 1e300}, {}) is None


@pytest.mark.parametrize(
    ("formula", "code", "said"),
    [
        ("likes + watchTime", "formulaUnits", "`likes` is in count, `watchTime` in seconds"),
        ("watchedShare + likes / reach", "formulaUnits", "percent"),
        ("watchTime * views + likes", "formulaUnits", "counts^1 seconds^1"),
        ("1 + 1", "formulaConstant", "no metric"),
        ("", "formulaUnreadable", "the end"),
        ("likes +", "formulaUnreadable", "the end"),
        ("likes likes", "formulaUnreadable", "Character 7"),
        ("(likes", "formulaUnreadable", "`)`"),
        ("likes)", "formulaUnreadable", "Character 6"),
        ("likes ** 2", "formulaUnreadable", "Character 8"),
        ("likes; import os", "formulaUnreadable", "Character 6"),
        ("-likes", "formulaUnreadable", "not `-`"),
        ("sum(likes + reach)", "formulaUnreadable", "`)`"),
        ("sum(3)", "formulaUnreadable", "a metric"),
        ("like", "unknownMetric", "Did you mean `likes`?"),
        ("Reach", "unknownMetric", "Did you mean `reach`?"),
        ("__import__", "formulaUnreadable", "Character 1"),
        ("ｌikes", "formulaUnreadable", "Character 1"),
        ("9" * 13, "formulaNumber", "12 digits"),
        ("likes * 1e9", "formulaUnreadable", "`e9`"),
        ("+".join(["likes"] * (MOST + 1)), "formulaTooLong", "50"),
        ("(" * (DEEPEST + 1) + "likes" + ")" * (DEEPEST + 1), "formulaTooDeep", "20"),
        ("l" * (LONGEST + 1), "formulaTooLong", "500"),
    ],
)
def test_refusals_say_what_and_where(formula, code, said):
    with pytest.raises(Invalid) as refused:
        unit_of(parse(formula))

    assert refused.value.rule == code
    assert said in refused.value.detail


def test_an_unknown_metric_is_answered_with_the_known_ones():
    with pytest.raises(Invalid) as refused:
        parse("likes + engagment")

    assert "Did you mean `engagements`?" in refused.value.detail
    assert all(each in refused.value.remediation for each in METRICS)


@pytest.mark.parametrize("text", ["(" * LONGEST, "1+" * (LONGEST // 2), "9" * LONGEST, " " * LONGEST, "likes*" * 83])
def test_nothing_takes_long(text):
    before = time.process_time()
    with pytest.raises(Invalid):
        parse(text)
    assert time.process_time() - before < 0.1
