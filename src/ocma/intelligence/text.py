"""A draft, read: what of it is prose, and what is addresses, tags, names and emoji. Every other question starts from this."""

from dataclasses import dataclass

import regex

_URL = regex.compile(r"(?:https?://|www\.)[^\s<>\"']*[^\s<>\"'.,;:!?)\]}…]", regex.IGNORECASE)
_HASHTAG = regex.compile(r"(?<![\w&/#])#((?=\w*[^\W\d_])\w+)")
_MENTION = regex.compile(r"(?<![\w@./])@(\w[\w.-]*(?:@[\w.-]+\w)?)")
_EMOJI = regex.compile(r"\p{Regional_Indicator}{2}|\p{Extended_Pictographic}(?:\p{EMod}|\uFE0F|\u200D\p{Extended_Pictographic})*")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*(?:['’]\p{L}+)*|\p{N}+(?:[.,]\p{N}+)*%?")
_SENTENCE = regex.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|\n+|(?<=[。！？])")
_GAPS = regex.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """`prose` is the text without addresses, mentions and emoji, and with hashtags as plain words where they stand inside a
    sentence (a tail of nothing but tags is left out). `words` are those of the prose, in lower case; `hashtags` and `mentions`
    are as written, without their sign.
    """

    raw: str
    prose: str
    words: tuple[str, ...]
    sentences: tuple[str, ...]
    urls: tuple[str, ...]
    hashtags: tuple[str, ...]
    mentions: tuple[str, ...]
    emoji: tuple[str, ...]


def read(text: str) -> Draft:
    """Any text, the empty one included."""
    bare = _URL.sub(" ", text)
    prose = _prose(bare)
    return Draft(
        raw=text,
        prose=prose,
        words=tuple(each.casefold() for each in _WORD.findall(prose)),
        sentences=tuple(each.strip() for each in _SENTENCE.split(prose) if _WORD.search(each)),
        urls=tuple(_URL.findall(text)),
        hashtags=tuple(_HASHTAG.findall(bare)),
        mentions=tuple(_MENTION.findall(bare)),
        emoji=tuple(_EMOJI.findall(text)),
    )


def spell(text: str) -> list[str]:
    """Its words as written, for who has to see capitals."""
    return _WORD.findall(text)


def without_tags(text: str) -> str:
    """What is left of a text when its hashtags are taken out, words and all."""
    return _HASHTAG.sub(" ", text)


def _prose(bare: str) -> str:
    lines = (_line(_EMOJI.sub(" ", _MENTION.sub(" ", each))) for each in bare.splitlines())
    return "\n".join(each for each in lines if each)


def _line(text: str) -> str:
    words = text.split()
    while words and _HASHTAG.fullmatch(words[-1]):
        words.pop()
    return _GAPS.sub(" ", _HASHTAG.sub(r"\1", " ".join(words)))
