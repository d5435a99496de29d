import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.check import check
from ocma.platforms.content import Content, Part
from ocma.platforms.mastodon import Mastodon
from ocma.platforms.mastodon.length import counted_length

FAMILY = "👩‍👩‍👧‍👧"
LINK = "https://example.com/" + "x" * 100


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Größe", 5),
        ("Gro\u0308ße", 5),
        (FAMILY * 3, 3),
        ("🇩🇪🇫🇷", 2),
        ("日本語", 3),
        ("a\nb", 3),
        (LINK, 23),
        ("http://a.de", 23),
        (f"sieh {LINK}, und {LINK}.", 5 + 23 + 6 + 23 + 1),
        ("https://example.com:8443/a?b=c#d", 23),
        ("https://bücher.example/lesen", 23),
        ("HTTPS://EXAMPLE.COM/A", 23),
        ("https://example.com日本語", 23 + 3),
        ("https://de.wikipedia.org/wiki/A_(b)", 23 + 1),
        ("ftp://example.com", 17),
        ("https://localhost/abc", 21),
        ("example.com/" + "x" * 50, 62),
        ("@bob", 4),
        ("@bob@other.example", 4),
        ("Gruß an @bob@other.example.", 13),
        ("mail@other.example", 18),
        ("@bob@other.example @eve@more.example", 9),
    ],
)
def test_a_text_is_as_long_as_mastodon_counts(text, length):
    assert counted_length(text) == length


@given(st.text(st.characters(exclude_characters="@:/"), max_size=100))
def test_a_text_without_links_and_mentions_is_never_longer_than_its_code_points(text):
    assert counted_length(text) <= len(text)


@pytest.mark.parametrize(
    "text", ["https://" + "a." * 50_000, "@" * 100_000, "@a" * 50_000, "https://a.de/" * 8_000, "https://a.de/" + "(" * 100_000]
)
def test_no_text_takes_long(text):
    start = time.process_time()
    counted_length(text)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(("text", "issues"), [("x" * 476 + " " + LINK, []), ("x" * 477 + " " + LINK, ["mastodon.text.length"])])
def test_the_limit_is_held_before_anything_is_sent(text, issues):
    assert [issue.code for issue in check(Content((Part(text),)), Mastodon.manifest)] == issues
