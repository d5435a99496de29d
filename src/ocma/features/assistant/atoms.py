"""What a text may not be cut inside of: links, tags, names, and characters as readers see them."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

import regex

from ocma.platforms.rules import GRAPHEME, GRAPHEMES

Kind = Literal["link", "tag", "domain", "character"]

# Scripts without blanks end a link. Every repetition is possessive or over one class: no text takes more than linear time.
_STAYS = r"""[^\s<>"'\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]"""
_ENDS = r"""[^\s<>"'\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}.,;:!?)\]}…]"""
_LINK = rf"(?:https?://|www\.){_STAYS}*{_ENDS}"
_RUN = r"(?<![#@])[#@]++\w[\w#@]*+(?:[.-]+[\w#@]+)*+"
_LABEL = r"[\p{Latin}\p{Cyrillic}\p{Greek}\d-]{1,63}+"
_DOMAIN = rf"(?<![\w.@#-]){_LABEL}(?:\.{_LABEL}){{1,9}}+"
_ATOM = regex.compile(rf"(?P<link>{_LINK})|(?P<tag>{_RUN})|(?P<domain>{_DOMAIN})|{GRAPHEME}", regex.V1 | regex.I)
_MARKED = regex.compile(rf"(?P<link>{_LINK})|{_RUN}", regex.V1 | regex.I)
_SPACED = regex.compile(rf"[ \t]?(?P<marked>{_LINK}|{_RUN})", regex.V1 | regex.I)
_SHORT = r"(?<!\b(?:\p{Lu}|Dr|Mr|Mrs|Ms|St|No|vs|etc|e\.g|i\.e))"
# A run of signs is looked at once, from its first one.
_SENTENCE = regex.compile(rf"(?<![.!?…])(?:{_SHORT}|(?=[.!?…]{{2}}))[.!?…]++[\"'”’)\]]*+(?=\s)|[。！？]+|(?=\n)", regex.V1)
_SIGNS = str.maketrans("", "", "#@")


@dataclass(frozen=True, slots=True)
class Atom:
    """`kind` domain: words with dots inside, which may be an address or 3.5."""

    text: str
    kind: Kind


def atoms(text: str) -> list[Atom]:
    """The whole text, in order."""
    return [Atom(found[0], found.lastgroup or "character") for found in _ATOM.finditer(text)]  # pyright: ignore[reportArgumentType] - the groups are the kinds


def links(text: str) -> list[str]:
    """In order, each once."""
    return list(dict.fromkeys(regex.findall(_LINK, text, regex.V1 | regex.I)))


def without_marked(text: str, fits: Callable[[str], bool]) -> str:
    """Without the links and tags that do not fit."""
    return _SPACED.sub(lambda found: found[0] if fits(found["marked"]) else "", text)


def characters(text: str) -> list[Atom]:
    return [Atom(each, "character") for each in GRAPHEMES.findall(text)]


def unsigned(text: str) -> str:
    """A tag as a plain word."""
    return text.translate(_SIGNS)


def without_tags(text: str, starts: Collection[int]) -> str:
    """Without the hashtags and mentions that begin at `starts`.

    One that nothing but tags follows on its line goes; inside a sentence it becomes a plain word; a link that holds one goes.
    """
    gone, pieces, end, tail = set(starts), [""], len(text), True
    for found in reversed(list(_MARKED.finditer(text))):
        start, stop = found.span()
        between = text[stop:end]
        tail = not between.partition("\n")[0].strip() and (tail or "\n" in between)
        pieces.append(between)
        end = start
        if gone.isdisjoint(range(start, stop)):
            pieces.append(found[0])
        elif not found["link"] and not tail:
            pieces.append(unsigned(found[0]))
        else:
            end -= _blanks_before(text, start)
    return "".join(reversed([*pieces, text[:end]]))


def _blanks_before(text: str, position: int) -> int:
    before = position
    while before and text[before - 1] in " \t":
        before -= 1
    return position - before


def sentence_ends(text: str) -> list[int]:
    return [each.end() for each in _SENTENCE.finditer(text)]


def words_of(text: str) -> list[tuple[int, str]]:
    """What stands between blanks, and where it begins."""
    return [(each.start(), each[0]) for each in regex.finditer(r"\S+", text)]


def clean_ends(text: str, end: int) -> list[int]:
    """Where a sentence, a line or one of several tags in a row ends, up to `end`; the last one first."""
    found = {each.end() for each in _SENTENCE.finditer(text, 0, min(len(text), end + 40))}
    return sorted((each for each in found | set(_tag_ends(text, end)) if 0 < each <= end), reverse=True)


def _tag_ends(text: str, end: int) -> Iterator[int]:
    for found in regex.finditer(rf"{_RUN}(?=\s+[#@]|\s*\Z)", text, regex.V1, endpos=min(len(text), end + 40)):
        yield found.end()


def word_ends(text: str, end: int) -> Iterator[int]:
    """Where blanks begin, up to `end`; the last one first."""
    return (each for each in range(min(end, len(text) - 1), 0, -1) if text[each].isspace() and not text[each - 1].isspace())


def is_marked(word: str) -> bool:
    """Whether a word is a link, a tag or a name: nothing may be written right behind it."""
    found = _ATOM.match(word.lstrip("\"'([{“‘«"))
    return found is not None and found.lastgroup is not None
