"""Length as Bluesky counts it, and where a text's links, mentions and hashtags stand."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.bluesky.text import facets, graphemes, handles

DIDS = {"alice.bsky.social": "did:plc:a", "bob.test": "did:plc:b"}


def shown(text: str) -> list[tuple[str, str]]:
    """(the text a facet covers, what it leads to)."""
    raw = text.encode()
    return [
        (raw[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode(), [*each["features"][0].values()][1])
        for each in facets(text, DIDS)
    ]


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("abc", 3), ("👨‍👩‍👧‍👦", 1), ("🇩🇪🇫🇷", 2), ("e\u0301", 1), ("日本語", 3), ("\r\n", 1)]
)
def test_what_a_reader_sees_as_one_counts_one(text, length):
    assert graphemes(text) == length


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.com", [("https://example.com", "https://example.com")]),
        ("Siehe https://example.com/a?b=c#d.", [("https://example.com/a?b=c#d", "https://example.com/a?b=c#d")]),
        ("(https://example.com/a)", [("https://example.com/a", "https://example.com/a")]),
        ("https://de.example/X_(Y)!", [("https://de.example/X_(Y)", "https://de.example/X_(Y)")]),
        ("„https://example.com/“", [("https://example.com/", "https://example.com/")]),
        ("https://example.com/@bob.test/#x", [("https://example.com/@bob.test/#x", "https://example.com/@bob.test/#x")]),
        ("https://", []),
        ("example.com", []),
        ("xhttps://example.com", []),
        ("👋 @bob.test!", [("@bob.test", "did:plc:b")]),
        ("@Alice.bsky.social", [("@Alice.bsky.social", "did:plc:a")]),
        ("@bob.test.", [("@bob.test", "did:plc:b")]),
        ("@bob.tests @bob", []),
        ("me@bob.test", []),
        ("#eins #zwei", [("#eins", "eins"), ("#zwei", "zwei")]),
        ("#Übung, #日本語。", [("#Übung", "Übung"), ("#日本語", "日本語")]),
        ("＃全角", [("＃全角", "全角")]),
        ("#123 #! # #", []),
        ("#c++", [("#c++", "c++")]),
        ("C#m", []),
        ("#\ufe0f\u20e3", []),
        ("#" + "x" * 64, [("#" + "x" * 64, "x" * 64)]),
        ("#" + "x" * 65, []),
    ],
)
def test_a_facet_covers_what_it_is_about(text, expected):
    assert shown(text) == expected


def test_each_handle_is_asked_for_once():
    assert handles("@bob.test (@Bob.Test) @x.example, a@b.example") == ["bob.test", "x.example"]


@given(st.text(st.sampled_from("aé👍 @#.()/:\n") | st.characters(codec="utf-8"), max_size=200), st.booleans())
def test_facets_lie_in_the_text_in_order_and_apart(text, linked):
    text += " https://example.com/ä) @bob.test #x" if linked else ""
    places = [(each["index"]["byteStart"], each["index"]["byteEnd"]) for each in facets(text, DIDS)]
    assert all(start < end <= len(text.encode()) for start, end in places)
    assert all(one[1] <= next_one[0] for one, next_one in pairwise(places))
    for start, end in places:
        text.encode()[start:end].decode()  # no letter is cut


@pytest.mark.parametrize("text", ["#" * 3000, "@a." * 1000, "@" + "a-" * 1400, "https://a" + ")" * 2900, "(" * 3000, "#1" * 1500])
def test_no_text_takes_long(text):
    facets(text, DIDS)
    handles(text)
