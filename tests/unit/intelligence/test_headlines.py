"""Headlines, by the model that is shipped."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocma.intelligence.headlines import TRAITS, prefer, shipped, values
from ocma.intelligence.text import read

DULL = "Report on municipal budget"
HUMAN = "She Was Told She Would Never Walk Again. What She Did Next Left Her Doctors Without Words."


def test_one_of_two_is_preferred_and_the_other_as_much_not():
    assert prefer(read(HUMAN), read(DULL)) > 0
    assert prefer(read(DULL), read(HUMAN)) == -prefer(read(HUMAN), read(DULL))


def test_the_same_is_not_preferred_to_itself():
    assert prefer(read(HUMAN), read(HUMAN)) == 0


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_preferences_agree_among_each_other(one, two, three):
    a, b, c = read(one), read(two), read(three)
    assert prefer(a, b) + prefer(b, c) == pytest.approx(prefer(a, c), abs=1e-9)


def test_every_trait_has_its_weight():
    assert len(values(read(HUMAN))) == TRAITS == len(shipped().slopes)


def test_a_book_for_a_headline_takes_no_time():
    long = read("once upon a time " * 20_000)
    started = time.process_time()
    prefer(long, read(DULL))
    assert time.process_time() - started < 2
