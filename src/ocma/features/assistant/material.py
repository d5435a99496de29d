"""A draft, taken apart so that its own words can be put together differently."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ocma.features.assistant.atoms import sentence_ends, words_of
from ocma.intelligence.text import Draft, read
from ocma.platforms.tags import HASHTAG

READ = 20_000  # characters that are rewritten; what is behind them is left out
APART = "\n\n"
_UNSPACED = re.compile(r"(?<=[。！？]) ")
_LINES = re.compile(r"([^\S\n]*\n\s*)")


@dataclass(frozen=True, slots=True)
class Material:
    """`paragraphs` of sentences as written, with the `gaps` between them, and without the `tail` of hashtags. `phrases`, `tags`
    (without #): what it is about, and what may be added, the best first. `language` None: not known.
    """

    draft: Draft
    paragraphs: tuple[tuple[str, ...], ...]
    gaps: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    tail_gap: str = ""
    language: str | None = None
    phrases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(each for paragraph in self.paragraphs for each in paragraph)

    def text(self, paragraphs: Sequence[Sequence[str]] | None = None, gaps: Sequence[str] | None = None) -> str:
        """With its tail of tags. `gaps` between other `paragraphs`: an empty line, but where there are as many as before."""
        chosen = self.paragraphs if paragraphs is None else paragraphs
        between = self.gaps if gaps is None and len(chosen) == len(self.paragraphs) else gaps or ()
        body = ""
        for number, each in enumerate(chosen):
            gap = between[number - 1] if 0 < number <= len(between) else APART
            body += (gap if body and each else "") + _UNSPACED.sub("", " ".join(each))
        gap = self.tail_gap or (APART if "\n" in body else " ")
        return f"{body}{gap}{' '.join(self.tail)}".strip() if self.tail else body


def take_apart(text: str) -> Material:
    body, tail = _without_tail(text[:READ].strip())
    start = text.find(body) + len(body)
    tail_gap = text[start : text.find(tail[0], start)] if tail else ""
    pieces = _LINES.split(body)
    paragraphs = tuple(tuple(_sentences(each)) for each in pieces[::2])
    return Material(read(text[:READ]), paragraphs if body else (), tuple(pieces[1::2]), tail, tail_gap)


def without_hashtags(material: Material) -> Material:
    """Those of the tail are gone, those inside sentences are plain words."""
    plain = tuple(tuple(HASHTAG.sub(lambda found: found[0][1:], each) for each in part) for part in material.paragraphs)
    return replace(material, paragraphs=plain, tail=(), tags=())


def _without_tail(text: str) -> tuple[str, tuple[str, ...]]:
    tail: list[str] = []
    for start, word in reversed(words_of(text)):
        if not HASHTAG.fullmatch(word):
            break
        tail.append(word)
        text = text[:start]
    return text.rstrip(), tuple(reversed(tail))


def _sentences(line: str) -> list[str]:
    edges = [0, *sentence_ends(line), len(line)]
    pieces = (line[start:end].strip() for start, end in pairwise(edges))
    return [each for each in pieces if each]
