"""Whether two versions are too alike to be tried against each other."""

from collections.abc import Iterable
from difflib import SequenceMatcher

import regex

ALIKE = 0.95  # of the tokens, in order: one more call under a post of a hundred words is no other version
OPENING = 12  # tokens, by which readers decide
READ = 300
_TOKEN = regex.compile(r"(?:https?://|www\.)\S+|[#@]?\w+|\n+|[•?!]")


def is_alike(first: str, second: str) -> bool:
    """Near-duplicates: the same opening and the same whole, by the edit ratio of words, lines, bullets and marks, case aside."""
    one, other = _tokens(first), _tokens(second)
    return _ratio(one[:OPENING], other[:OPENING]) >= ALIKE and _ratio(one, other) >= ALIKE


def distinct(texts: Iterable[str], known: Iterable[str] = ()) -> list[str]:
    """Those that are like none before them, and none of `known`."""
    seen, found = list(known), list[str]()
    for each in texts:
        if each.strip() and not any(is_alike(each, other) for other in seen):
            seen.append(each)
            found.append(each)
    return found


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.casefold())[:READ]


def _ratio(one: list[str], other: list[str]) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    quick = matcher.quick_ratio()
    return quick if quick < ALIKE else matcher.ratio()
