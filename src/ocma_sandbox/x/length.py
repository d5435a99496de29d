"""The weighted length of a post, after twitter-text's configuration version 3."""

import re
import unicodedata

from ocma_sandbox.x.links import find_links

MAX_WEIGHT = 280
LINK_WEIGHT = 23
EMOJI_WEIGHT = 2
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))

INVALID = re.compile(r"[\ufffe\ufeff\uffff]")

# Sequences count as one emoji. A single emoji beyond the light ranges weighs 2 anyhow, so bases may be taken widely.
_BASE = r"[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_FLAG = r"[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = r"[0-9#*]\ufe0f?\u20e3"
_REGION = r"\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
_ONE = rf"{_BASE}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?"
_EMOJI = re.compile(rf"{_REGION}|{_FLAG}|{_KEYCAP}|{_ONE}(?:\u200d{_ONE})+|{_BASE}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])")


def weigh(text: str) -> int:
    """How much of the 280 the text takes: links 23 each, emoji 2, other characters 1 or 2, after NFC."""
    text = unicodedata.normalize("NFC", text)
    weight, position = 0, 0
    for link in find_links(text):
        weight += _weigh_plain(text[position : link.start]) + LINK_WEIGHT
        position = link.end
    return weight + _weigh_plain(text[position:])


def is_valid(text: str) -> bool:
    return bool(text.strip()) and INVALID.search(text) is None and weigh(text) <= MAX_WEIGHT


def _weigh_plain(text: str) -> int:
    plain, emoji = _EMOJI.subn("", text)
    return emoji * EMOJI_WEIGHT + sum(_weigh_one(ord(character)) for character in plain)


def _weigh_one(point: int) -> int:
    return 1 if any(low <= point <= high for low, high in _LIGHT) else 2
