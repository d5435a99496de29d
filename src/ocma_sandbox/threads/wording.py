"""How Threads counts a text, and the links, topics and mentions in it."""

import re
import unicodedata

_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_TOPIC = re.compile(r"(?<![\w&])#(\w[^\s#.&]{0,49})")
_JOINERS = frozenset("\u200d\ufe0f\u20e3")


def weigh(text: str, counting: str) -> int:
    """`emoji`: those by their bytes; `bytes`: all; `points`: none."""
    if counting == "bytes":
        return len(text.encode())
    if counting == "points":
        return len(text)
    return sum(len(each.encode()) if _is_emoji(each) else 1 for each in text)


def _is_emoji(each: str) -> bool:
    return each in _JOINERS or 0x1F000 <= ord(each) <= 0x1FAFF or unicodedata.category(each) == "So"


def links(text: str) -> set[str]:
    return {link.rstrip(".,;:!?)") for link in _LINK.findall(text)}


def topic(text: str) -> str | None:
    """The first #tag of a text is its topic."""
    found = _TOPIC.search(text)
    return found[1] if found else None


def is_topic(tag: str) -> bool:
    return 1 <= len(tag) <= 50 and not set(tag) & {".", "&"}
