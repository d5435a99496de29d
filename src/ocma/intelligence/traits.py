"""What a text shows besides its subject: how long it is, whether it asks, shouts, points elsewhere. And its terms."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import log1p

from ocma.intelligence.text import Draft, read

# In English: they are zero in other tongues, which is a constant and does no harm.
_GROUPS = (
    frozenset(("you", "your", "yours")),
    frozenset(("we", "our", "us")),
    frozenset(("i", "my", "me", "i'm")),
    frozenset(("this", "these", "here", "here's")),
)
_QUOTES = frozenset('"“”„«»')
_NONE = read("")

# Name, what a person calls it, how it is read off a draft.
_TEXT: tuple[tuple[str, str, Callable[[Draft], float]], ...] = (
    ("length", "its length", lambda draft: log1p(len(draft.raw))),
    ("words", "its number of words", lambda draft: log1p(len(draft.words))),
    ("empty", "having no text", lambda draft: float(not draft.raw)),
    ("question", "a question mark", lambda draft: float("?" in draft.raw)),
    ("exclamation", "an exclamation mark", lambda draft: float("!" in draft.raw)),
    ("exclamations", "its number of exclamation marks", lambda draft: log1p(draft.raw.count("!"))),
    ("digits", "digits", lambda draft: float(any(map(str.isdecimal, draft.raw)))),
    ("quotes", "quotation marks", lambda draft: float(not _QUOTES.isdisjoint(draft.raw))),
    ("address", "a web address", lambda draft: float(bool(draft.urls))),
    ("hashtags", "its number of hashtags", lambda draft: log1p(len(draft.hashtags))),
    ("mentions", "its number of mentions", lambda draft: log1p(len(draft.mentions))),
    ("emoji", "its number of emoji", lambda draft: log1p(len(draft.emoji))),
    ("capitals", "its share of capital letters", lambda draft: sum(map(str.isupper, draft.raw)) / max(len(draft.raw), 1)),
    ("shouting", "words in capitals", lambda draft: float(any(len(each) > 2 and each.isupper() for each in draft.raw.split()))),
    ("sentences", "its number of sentences", lambda draft: log1p(len(draft.sentences))),
    ("wordLength", "the length of its words", lambda draft: sum(map(len, draft.words)) / max(len(draft.words), 1)),
    ("lines", "more than one line", lambda draft: float("\n" in draft.raw.strip())),
    ("dots", "trailing dots", lambda draft: float("..." in draft.raw or "…" in draft.raw)),
    ("colon", "a colon", lambda draft: float(":" in draft.prose)),
    ("you", "addressing the reader", lambda draft: float(not _GROUPS[0].isdisjoint(draft.words))),
    ("we", "speaking as “we”", lambda draft: float(not _GROUPS[1].isdisjoint(draft.words))),
    ("i", "speaking as “I”", lambda draft: float(not _GROUPS[2].isdisjoint(draft.words))),
    ("this", "pointing at something (“this”)", lambda draft: float(not _GROUPS[3].isdisjoint(draft.words))),
)
_TITLE: tuple[tuple[str, str, Callable[[Draft], float]], ...] = (
    ("titleLength", "the length of the link's title", lambda title: log1p(len(title.raw))),
    ("titleDigits", "digits in the link's title", lambda title: float(any(map(str.isdecimal, title.raw)))),
    ("titleQuestion", "a question in the link's title", lambda title: float("?" in title.raw)),
    ("untitled", "having no link title", lambda title: float(not title.raw)),
)
TRAITS = tuple(name for name, _, _ in _TEXT + _TITLE)
OF_TEXT = len(_TEXT)  # of TRAITS; what comes after them is of a link's title
SPOKEN = tuple(spoken for _, spoken, _ in _TEXT + _TITLE)
_MOST_WORDS = 400  # of a draft; what comes behind is not read for terms


@dataclass(frozen=True, slots=True)
class Sketch:
    """`terms`: words, pairs of them, tags, mentions, hosts; those of a link's title begin with a tab. `values`: as TRAITS."""

    terms: tuple[str, ...]
    values: tuple[float, ...]


def sketch(draft: Draft, title: str = "") -> Sketch:
    named = read(title) if title else _NONE
    terms = [*_grams(draft), *(f"\t{each}" for each in _grams(named))]
    values = [measure(draft) for _, _, measure in _TEXT] + [measure(named) for _, _, measure in _TITLE]
    return Sketch(tuple(terms), tuple(values))


def _grams(draft: Draft) -> list[str]:
    words = draft.words[:_MOST_WORDS]
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    tags = [f"#{each.casefold()}" for each in draft.hashtags[:50]]
    names = [f"@{each.casefold()}" for each in draft.mentions[:50]]
    return [*words, *pairs, *tags, *names, *(_host(each) for each in draft.urls[:20])]


def _host(address: str) -> str:
    return address.rpartition("//")[2].partition("/")[0].casefold() + "/"
