"""Hashtags and mentions, as a reader would see them in a text."""

import re

HASHTAG = re.compile(r"(?<![\w&/#])#(?=\w*[^\W\d_])\w+")  # `#1` is none, `C#` neither, nor the end of an address
MENTION = re.compile(r"(?<![\w@./])@\w")


def count_hashtags(text: str) -> int:
    return len(HASHTAG.findall(text))


def count_mentions(text: str) -> int:
    """E-mail addresses are none."""
    return len(MENTION.findall(text))
