from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.errors import OcmaError
from ocma.features.publishing.claims import AHEAD
from ocma.features.publishing.outcomes import VERDICTS, Verdict, backoff, describe, next_look, verdict
from ocma.platforms.errors import ContentRejected, OutcomeUnknown, PlatformError, PlatformUnavailable, Throttled
from ocma.platforms.manifest import Retry


def leaves(kind=OcmaError):
    below = [each for each in kind.__subclasses__() if each.__module__.startswith("ocma.")]
    return [kind] if not below else [leaf for each in below for leaf in leaves(each)]


def test_every_leaf_has_a_verdict_of_its_own_or_of_its_parent_leaf():
    undecided = [leaf.__name__ for leaf in leaves() if verdict(leaf("x")) is VERDICTS[OcmaError] and OcmaError in leaf.__bases__]
    assert undecided == []


def test_what_may_have_been_accepted_is_never_just_tried_again():
    assert verdict(OutcomeUnknown()) is Verdict.SETTLE
    assert verdict(PlatformUnavailable()) is Verdict.RETRY
    assert verdict(Throttled()) is Verdict.SNOOZE
    assert verdict(ContentRejected()) is Verdict.FAIL


@given(st.integers(0, 200), st.floats(0, 10_000), st.integers())
def test_backoff_is_capped_and_honours_the_platform(tries, asked, seed):
    wait = backoff(Retry(base=2, cap=600), tries, PlatformError(retry_after=asked), Random(seed))
    assert asked <= wait <= max(600, asked)


def test_backoff_spreads():
    waits = {backoff(Retry(), 5, PlatformError(), Random(seed)) for seed in range(50)}
    assert len(waits) == 50


@pytest.mark.parametrize(("first", "most", "times"), [(1, 30, [1, 2, 4, 8, 16, 32, 62, 92]), (30, 60, [30, 60, 120, 180, 240])])
def test_a_look_comes_when_it_is_twice_as_old(first, most, times):
    age, looks = 0.0, []
    while len(looks) < len(times):
        age += next_look(first, most, age) - AHEAD.total_seconds()  # a claim comes so much early
        looks.append(age)
    assert looks == times


def test_without_an_end_all_waits_are_the_same():
    assert {next_look(15, None, age) for age in (0, 20, 4000)} == {15 + AHEAD.total_seconds()}


def test_a_described_error_carries_what_to_do_and_no_none():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    told = describe(ContentRejected("No.", rule="x.text", remediation="Shorten it.", status=403), at)
    assert told == {
        "code": "x.text",
        "kind": "contentRejected",
        "detail": "No.",
        "remediation": "Shorten it.",
        "status": 403,
        "at": "2026-01-01T00:00:00+00:00",
    }
