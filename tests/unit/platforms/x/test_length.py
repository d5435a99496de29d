import time
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.x.length import LIMIT, weighted_length
from unit.platforms.x.conformance import cases

# Configuration 2 counted the code points of an emoji; these two of its cases hold sequences and have a twin in configuration 3.
EMOJI_BY_CODE_POINT = {
    "Count a mix of single byte single word, and double word unicode characters": 7,
    "Count unicode emoji chars outside the basic multilingual plane with skin tone modifiers": 4,
}
UNPUBLISHABLE = {"Handle invalid characters"}  # not for its length
ANY = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    "case", cases("validate.yml", "WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")
)
def test_counts_as_x_does(case):
    assert weighted_length(case["text"]) == case["expected"]["weightedLength"]
    if case["description"] not in UNPUBLISHABLE:
        assert (weighted_length(case["text"]) <= LIMIT) == case["expected"]["valid"]


@pytest.mark.parametrize("case", cases("validate.yml", "WeightedTweetsCounterTest"))
def test_counts_as_the_configuration_before_but_for_emoji(case):
    expected = EMOJI_BY_CODE_POINT.get(case["description"], case["expected"]["weightedLength"])
    assert weighted_length(case["text"]) == expected


@pytest.mark.parametrize("case", cases("validate.yml", "tweets"))
def test_old_verdicts_hold_where_the_limit_does_not_matter(case):
    assert (0 < weighted_length(case["text"]) <= LIMIT) or not case["expected"] or len(case["text"]) == 140


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Hi http://test.co", 26),
        ("", 0),
        ("\u10ff\u1100", 3),
        (
            "\u1fff\u2000\u200d\u200e\u200f\u2010\u201f\u2020\u2031\u2032\u2037\u2038",
            2 + 1 + 1 + 2 + 2 + 1 + 1 + 2 + 2 + 1 + 1 + 2,
        ),
        ("©®™", 1 + 1 + 2),
        ("©\ufe0f®\ufe0f™\ufe0f", 6),
        ("🇩🇪🇫🇷", 4),
        ("🇩", 2),
        ("❤️‍🔥👁️‍🗨️🏳️‍🌈", 6),
        ("#\ufe0f\u20e3*\u20e30\u20e3", 6),
        ("12#*", 4),
        ("👍🏿👍", 4),
        ("🔥🏿", 4),  # no emoji takes a tone that has no skin
        ("a\u0301" * 280, 280),
        ("x.com x.com", 47),
        ("example.notatld", 15),
        ("e-mail me@example.com", 21),
    ],
)
def test_weights(text, length):
    assert weighted_length(text) == length


@given(ANY)
def test_any_text_has_a_length(text):
    assert 0 <= weighted_length(text) <= 23 * len(normalize("NFC", text))


@given(ANY)
def test_the_length_does_not_depend_on_the_normal_form(text):
    assert weighted_length(text) == weighted_length(normalize("NFC", text)) == weighted_length(normalize("NFD", text))


@given(ANY, ANY)
def test_lines_add_up(first, second):
    """A line break ends every link and every emoji, so the parts of a text cannot lend each other length."""
    assert weighted_length(f"{first}\n{second}") == weighted_length(first) + 1 + weighted_length(second)


@pytest.mark.parametrize(
    "unit",
    [
        "あ",
        "あa",
        "a.",
        "a-",
        "É",
        "http://",
        "http://a.co/(",
        "あ.",
        "-a.co",
        "a.a._.co",
        "a.co/!",
        "(a",
        "_あ",
        "👨\u200d",
        "a.xn--",
        "a(b",
        "🇩",
        "@a.co",
    ],
)
def test_no_text_makes_it_slow(unit):
    started = time.process_time()
    weighted_length("http://a.co/" + unit * 5_000)
    assert time.process_time() - started < 2
