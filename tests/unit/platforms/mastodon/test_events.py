"""Server-sent events, however they are cut."""

import pytest

from ocma.platforms.mastodon.events import Event, Reader, TooLong

SENT = "retry: 5\n:)\n\nevent: a\ndata: 1\n\n:thump\nevent:b\rdata:two\r\ndata:  lines ü\r\n\r\ndata\n\nid: 7\nevent: empty\n\ndata:{}\n\n"
MEANT = [Event("a", "1"), Event("b", "two\n lines ü"), Event("message", ""), Event("message", "{}")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_whatever_the_pieces(size):
    reader, sent = Reader(), SENT.encode()
    found = [event for start in range(0, len(sent), size) for event in reader.feed(sent[start : start + size])]
    assert found == MEANT


def test_what_does_not_end_is_refused():
    reader = Reader(most=10)
    assert reader.feed(b"data: 1234") == []
    with pytest.raises(TooLong):
        reader.feed(b"5")
    with pytest.raises(TooLong):
        Reader(most=10).feed(b"data:1\ndata:2\n\ndata:1\ndata:2\n")


def test_bytes_that_are_no_text_do_no_harm():
    assert Reader().feed(b"data: \xff\n\n") == [Event("message", "\ufffd")]
