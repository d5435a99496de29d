from datetime import UTC, datetime
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.platforms.content import Media, Outgoing, Part
from ocma.platforms.x import likeness
from ocma.platforms.x.wire import Post

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ENTRIES = {
    "url": "https://t.co/AAAAAAAAAA",
    "expanded_url": "http://example.com/a?b=1&c=2",
    "display_url": "example.com/a?b=1&c=2",
}


def is_same(live, sent):
    """Where no poll came with the posts."""
    return likeness.is_same(live, sent, {})


async def nothing():
    yield b""


IMAGE = Media(id="m", kind="image", mime_type="image/png", size=1, open=nothing)


def post(text, **fields):
    return Post.model_validate({"id": "10", "conversation_id": "10", "created_at": AT, "text": text} | fields)


def outgoing(text, images=0, reply_to=None):
    return Outgoing(Part(text, (IMAGE,) * images), 0, "key", reply_to=reply_to)


def with_links(*links):
    return {"entities": {"urls": list(links)}}


def replied(parent, name="referenced_posts"):
    return {name: [{"type": "quoted", "id": "1"}, {"type": "replied_to", "id": parent}], "conversation_id": "1"}


@pytest.mark.parametrize(
    ("sent", "live"),
    [
        ("Hello", "Hello"),
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("write &amp; for &", "write &amp;amp; for &amp;"),
        ("  two\n\n lines\t", "two\n\nlines"),
        ("cafe\u0301", "caf\u00e9"),
        ("日本語", "日本語"),
    ],
)
def test_text_as_x_gives_it_back(sent, live):
    assert is_same(post(live), outgoing(sent)) is True


@pytest.mark.parametrize(
    "sent",
    [
        "see http://example.com/a?b=1&c=2 now",
        "see example.com/a?b=1&c=2 now",
        "see https://EXAMPLE.com/a?b=1&c=2 now",
        "see https://t.co/AAAAAAAAAA now",
    ],
)
def test_links_come_back_shortened(sent):
    assert is_same(post("see https://t.co/AAAAAAAAAA now", **with_links(ENTRIES)), outgoing(sent)) is True


def test_a_link_that_x_resolved_further_is_known_by_how_it_is_shown():
    entry = {"url": "https://t.co/AAAAAAAAAA", "expanded_url": "https://far.example.org/x", "display_url": "bit.ly/abc"}
    assert is_same(post("see https://t.co/AAAAAAAAAA", **with_links(entry)), outgoing("see https://bit.ly/abc")) is True


def test_international_hosts_and_escaped_paths():
    entry = {"url": "https://t.co/AAAAAAAAAA", "expanded_url": "http://xn--r8jz45g.jp/%D0%AF/"}
    assert is_same(post("https://t.co/AAAAAAAAAA", **with_links(entry)), outgoing("http://例え.jp/Я")) is True


def test_another_link_is_another_post():
    assert is_same(post("see https://t.co/AAAAAAAAAA", **with_links(ENTRIES)), outgoing("see example.com/other")) is False


@pytest.mark.parametrize(
    ("live", "sent", "same"),
    [
        ("see https://t.co/AAAAAAAAAA", "see example.com/other", None),
        ("https://t.co/AAAAAAAAAA", "example.com", None),
        ("look https://t.co/AAAAAAAAAA", "see example.com/other", False),
        ("see", "see example.com/other", False),
    ],
)
def test_a_short_link_that_x_does_not_explain_leaves_it_open(live, sent, same):
    assert is_same(post(live), outgoing(sent)) is same


def test_media_end_in_a_short_link_of_their_own():
    media = {"url": "https://t.co/BBBBBBBBBB", "expanded_url": "https://x.com/a/status/10/photo/1", "media_key": "3_1"}
    fields = with_links(ENTRIES, media) | {"attachments": {"media_keys": ["3_1", "3_2"]}}
    live = post("see https://t.co/AAAAAAAAAA https://t.co/BBBBBBBBBB", **fields)
    assert is_same(live, outgoing("see example.com/a?b=1&c=2", images=2)) is True
    assert is_same(live, outgoing("see example.com/a?b=1&c=2", images=1)) is False
    assert is_same(live, outgoing("see example.com/a?b=1&c=2")) is False


def test_media_alone():
    live = post("https://t.co/BBBBBBBBBB", attachments={"media_keys": ["3_1"]})
    assert is_same(live, outgoing("", images=1)) is True
    assert is_same(live, outgoing("words", images=1)) is False


def test_a_link_at_the_end_is_kept_when_it_is_not_the_media():
    live = post("see https://t.co/AAAAAAAAAA", **with_links(ENTRIES), attachments={"media_keys": ["3_1"]})
    assert is_same(live, outgoing("see example.com/a?b=1&c=2", images=1)) is True
    assert is_same(live, outgoing("see", images=1)) is False


def test_media_that_x_does_not_list_leave_it_open():
    assert is_same(post("hi https://t.co/BBBBBBBBBB"), outgoing("hi", images=1)) is None
    assert is_same(post("hi"), outgoing("hi", images=1)) is False


@pytest.mark.parametrize("name", ["referenced_posts", "referenced_tweets"])
def test_replies_are_told_by_their_parent(name):
    live = post("@alice part two", **replied("7", name))
    assert is_same(live, outgoing("part two", reply_to="7")) is True
    assert is_same(live, outgoing("part two", reply_to="8")) is False
    assert is_same(live, outgoing("part two")) is False


def test_mentions_at_the_start_count_outside_replies():
    assert is_same(post("@alice hi"), outgoing("hi")) is False
    assert is_same(post("@alice hi"), outgoing("@alice hi")) is True
    assert is_same(post("@alice @bob hi", **replied("7")), outgoing("@bob hi", reply_to="7")) is True


def test_a_reply_to_nothing_named_leaves_it_open():
    assert is_same(post("hi", conversation_id="1"), outgoing("hi", reply_to="7")) is None
    assert is_same(post("hi", conversation_id="1"), outgoing("hi")) is False
    assert is_same(post("hi"), outgoing("hi", reply_to="7")) is False
    assert is_same(post("hi", conversation_id=None), outgoing("hi", reply_to="7")) is None
    assert is_same(post("hi", conversation_id=None), outgoing("hi")) is True


def test_what_x_did_not_give_leaves_it_open_unless_the_rest_decides():
    assert is_same(post("hi", created_at=None), outgoing("hi")) is None
    assert is_same(post("ho", created_at=None), outgoing("hi")) is False
    assert is_same(post(None), outgoing("hi")) is None


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200))
def test_any_text_is_known_again(text):
    escaped = normalize("NFC", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").strip()
    assert is_same(post(escaped), outgoing(text)) is True


@given(st.text("ab .,é日", max_size=40), st.text("ab .,é日", max_size=40))
def test_texts_that_read_differently_are_different(first, second):
    expected = normalize("NFC", first).split() == normalize("NFC", second).split()
    assert is_same(post(first), outgoing(second)) is expected
