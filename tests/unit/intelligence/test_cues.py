"""What tells a feeling is found: what is turned round, stressed, drawn out, or said by a sign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.intelligence.cues import FIGURES, gather, letters
from ocma.intelligence.text import read

SCORES = {"good": 2.0, "bad": -2.5, "cool": 1.5, ":)": 2.0, ":(": -2.0, "😍": 3.0, "😡": -3.0, "❤️": 3.0}


def cues(text):
    return gather(read(text), SCORES)


def figures(text):
    return dict(zip(FIGURES, cues(text).figures, strict=True))


def test_there_is_a_figure_for_every_name():
    assert len(cues("").figures) == len(FIGURES) == len(set(FIGURES))


def test_without_words_there_is_nothing():
    assert cues("") == cues("  \n ") == cues("https://example.com/good")
    assert set(cues("").figures) == {0.0}
    assert cues("").terms == cues("").words == frozenset()


@pytest.mark.parametrize("text", ["good", "Good day", "this is good"])
def test_a_glad_word_is_glad(text):
    found = figures(text)
    assert found["glad"] > 0 == found["sad"] == found["turned glad"]
    assert found["sum"] > 0


@pytest.mark.parametrize("text", ["not good", "It isn’t good", "never very good", "dont think it is good"])
def test_what_is_turned_round_is_known_apart(text):
    found = figures(text)
    assert found["turned glad"] > 0 == found["glad"]
    assert found["sum"] < 0
    assert "!good" in cues(text).terms
    assert "good" not in cues(text).terms


@pytest.mark.parametrize("text", ["not now. good", "no, good", "not one two three four five good", "no! good"])
def test_a_not_reaches_no_further_than_its_part_of_a_sentence(text):
    assert figures(text)["turned glad"] == 0
    assert "good" in cues(text).terms


def test_stress_makes_it_more_and_less():
    weakly, plainly, really, loudly = (figures(each)["sum"] for each in ("slightly good", "it good", "really good", "it GOOD"))
    assert weakly < plainly < really < loudly


def test_what_follows_a_but_is_weighed_apart():
    found = figures("good but bad")
    assert found["before but"] > 0 > found["after but"]


@pytest.mark.parametrize(("text", "word"), [("coooool", "cool"), ("sooooo", "so"), ("hmmmm", "hmm"), ("GOOOOD", "good")])
def test_drawn_out_words_are_known(text, word):
    assert word in cues(text).terms
    assert figures(text)["drawn out"] > 0


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("see you :)", "glad faces"),
        ("see you :(", "sad faces"),
        ("look 😍", "glad emoji"),
        ("look 😡", "sad emoji"),
        ("love ❤️", "glad emoji"),
    ],
)
def test_faces_and_emoji_tell(text, figure):
    assert figures(text)[figure] > 0
    assert {":)", ":(", "😍", "😡", "❤️"} & cues(text).terms


def test_times_and_lists_are_no_faces():
    for text in ("at 8:30 (see p. 3)", "https://example.com", "a) one b) two", "3:2"):
        assert figures(text)["glad faces"] == figures(text)["sad faces"] == 0


def test_words_of_tags_count_wherever_they_stand():
    assert {"good", "day"} <= cues("Out now #GoodDay").terms
    assert figures("Out now #GoodDay")["sum"] > 0


def test_blanks_are_somebody():
    assert "someone" in cues("Hi [NAME]").terms
    assert figures("Hi [NAME]")["capitals"] == 0


def test_signs_are_kept_by_kind():
    assert {"!+", "?", "!?+", "…"} <= cues("a!! b? c!?! d...").terms


def test_letters_share_what_misspelt_words_share():
    assert set(letters("annoying")) & set(letters("anoying")) >= {"<an", "oyi", "ing>"}
    assert letters("a") == ("<a>",)


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    found = cues(text)
    assert len(found.figures) == len(FIGURES)
    assert all(abs(each) < 1000 for each in found.figures)
