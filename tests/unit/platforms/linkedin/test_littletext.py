import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.linkedin.littletext import is_same, read, shown_length, write

RESERVED = r"|{}[]()<>#\*_~@"
MENTION = "@[Devtestco](urn:li:organization:2414183)"


def test_every_reserved_character_is_escaped():
    assert write(RESERVED) == "".join(f"\\{each}" for each in RESERVED)
    assert (
        write("plain, text! 100% — ünïcode 日本 👩‍👩‍👧\n\n- $5 & 'more' /x")
        == "plain, text! 100% — ünïcode 日本 👩‍👩‍👧\n\n- $5 & 'more' /x"
    )


@pytest.mark.parametrize("text", ["#ocma", "See #2026goals.", "#café #日本語"])
def test_hashtags_stay(text):
    assert write(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("C# and F#", r"C\# and F\#"),
        ("# heading", r"\# heading"),
        ("issue #1", r"issue \#1"),
        ("https://example.com/a_b#part", r"https://example.com/a\_b\#part"),
        ("https://example.com/#part", r"https://example.com/\#part"),
        ("#snake_case", r"#snake\_case"),
        ("##double", r"\#\#double"),
    ],
)
def test_what_only_looks_like_a_hashtag_is_text(text, written):
    assert write(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"Thanks {MENTION}!", f"Thanks {MENTION}!"),
        ("@[A (UK) Ltd](urn:li:organization:1)", r"@[A \(UK\) Ltd](urn:li:organization:1)"),
        ("@[Ann](urn:li:person:a_B-1)", "@[Ann](urn:li:person:a_B-1)"),
        ("@[Ann](https://example.com)", r"\@\[Ann\]\(https://example.com\)"),
        ("@[](urn:li:person:1)", r"\@\[\]\(urn:li:person:1\)"),
        ("me@example.com @ann", r"me\@example.com \@ann"),
    ],
)
def test_mentions_stay_and_what_only_looks_like_one_is_text(text, written):
    assert write(text) == written


@pytest.mark.parametrize(
    ("little", "seen"),
    [
        (r"{hashtag|\#|coding} and {hashtag|#|more}", "#coding and #more"),
        (r"{hashtag|\#|snake\_case}", "#snake_case"),
        (f"Thanks {MENTION} and @[Ann]", "Thanks Devtestco and Ann"),
        (r"a \\ b \( c", r"a \ b ( c"),
        ("back\\slash and {braces", "back\\slash and {braces"),
    ],
)
def test_what_a_reader_sees(little, seen):
    assert read(little) == seen


@given(st.text())
def test_what_was_written_is_read_back(text):
    assert is_same(text, write(text))


@given(st.text(alphabet=f"ab1 {RESERVED}"))
def test_whatever_is_typed_is_seen(text):
    assert read(write(text)) == text


def test_another_text_is_another():
    assert not is_same("Hello", "Hello!")
    assert not is_same("a_b", "ab")
    assert is_same("Hello  World", "hello\nworld")
    assert is_same("cafe\u0301", "café")


def test_length_is_what_is_shown():
    assert shown_length("a_b (c)") == 7
    assert shown_length(f"Hi {MENTION}") == 3 + len("Devtestco")
    assert shown_length("👍") == 2
    assert shown_length("\ud800") == 1
