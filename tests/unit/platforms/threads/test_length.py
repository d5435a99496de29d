import pytest

from ocma.platforms.threads.length import counted_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("hello", 5),
        ("héllo 日本", 8),
        ("😀", 4),
        ("a😀b", 6),
        ("👍🏽", 8),
        ("👨‍👩‍👧", 18),
        ("🇩🇪", 8),
        ("1️⃣", 7),
        ("123 #tag *", 10),
        ("❤️", 6),
    ],
)
def test_an_emoji_counts_its_bytes(text, length):
    assert counted_length(text) == length
