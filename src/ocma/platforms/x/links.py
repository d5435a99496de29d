"""What X takes for a link in a text, which decides how long the text is and which links it will rewrite.

Source: twitter-text's published behaviour (conformance/extract.yml, 2021-10-21); its cases are our tests. Repetitions are
bounded, so that no text makes the search take more than linear time.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import regex

LABEL_LIMIT = 63  # characters of a host label once in Punycode
SHORT_LIMIT = 40  # characters of a t.co slug
SHORT = regex.compile(r"https?://t\.co/(?P<slug>[a-z0-9]+)(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]_.,~|-]*[a-z0-9_&=#/-])?", regex.I)


def _any_of(words: Iterable[str]) -> str:
    """A pattern for the longest of `words`, as a tree: it fails at the first wrong letter, where a list would try each word."""
    tails: dict[str, set[str]] = {}
    for word in words:
        tails.setdefault(word[:1], set()).add(word[1:])
    branches = [regex.escape(letter) + _any_of(rest) for letter, rest in sorted(tails.items()) if letter]
    return f"(?:{'|'.join(branches)}){'?' if '' in tails else ''}" if branches else ""


_TLDS = [line for line in Path(__file__).with_name("tlds.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
_LATIN = r"a-z0-9\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u1E00-\u1EFF"
_PARTS = {
    "host": r"[^\p{Z}\p{C}!-/:-@\[-`{-~]",
    "more": r"[^\p{Z}\p{C}!-,./:-@\[-^`{-~]",  # the same, hyphen and underscore
    "hyphened": r"[^\p{Z}\p{C}!-,./:-@\[-`{-~]",  # the same, hyphen
    "end": rf"(?:{_any_of(_TLDS)}|xn--[0-9a-z-]+)(?![0-9A-Za-z@+-])",
    "latin": _LATIN,
    "path": rf"[{_LATIN}\p{{Cyrillic}}!*';:=+,.$/%#\[\]–_~@|&-]",
    "last": rf"[{_LATIN}\p{{Cyrillic}}=_#/+-]",
    "query": r"[a-z0-9!?*'@();:&=+$/%#\[\]_.,~|-]",
}
# The character before belongs to the match, as at X: what a link has consumed cannot introduce the next one.
_CANDIDATE = r"""
    (?P<before> [^A-Za-z0-9@＠$#＃\uFFFE\uFEFF\uFFFF] | \A )
    (?P<link>
      (?P<scheme> https?:// )?
      (?P<domain> (?: {host} (?: {more}{{0,61}} {host} )? \. ){{0,9}} {host} (?: {hyphened}{{0,61}} {host} )? \. {end} )
      (?: : [0-9]{{1,5}} )?
      (?P<path> / (?: (?: {path} | \( (?: {path}{{1,999}} | {path}{{0,999}} \( {path}{{1,999}} \) {path}{{0,999}} ) \) ){{0,4000}}
                (?: {last} | \( {path}{{1,999}} \) ) )? )?
      (?: \? {query}{{0,4000}} [a-z0-9_&=#/-] )?
    )
"""
_FLAGS = regex.V1 | regex.I | regex.X
CANDIDATE = regex.compile(_CANDIDATE.format(**_PARTS), _FLAGS)
PLAIN_DOMAIN = regex.compile(r"(?: [{latin}-]+ \. )+ {end}".format(**_PARTS), _FLAGS)


def find_links(text: str) -> list[tuple[int, int]]:
    """Where X sees links, as (start, end) in code points, in order."""
    return list(_found(text))


@lru_cache(maxsize=32)
def _found(text: str) -> tuple[tuple[int, int], ...]:
    """Whoever makes a text fit measures the same one several times."""
    return tuple(span for found in CANDIDATE.finditer(text) for span in _spans(found))


def _spans(found: regex.Match[str]) -> Iterator[tuple[int, int]]:
    if not found["scheme"]:
        yield from _plain(found)
    elif short := SHORT.match(found["link"]):
        if len(short["slug"]) <= SHORT_LIMIT:
            yield found.start("link"), found.start("link") + short.end()
    elif _is_host(found["domain"]):
        yield found.span("link")


def _plain(found: regex.Match[str]) -> Iterator[tuple[int, int]]:
    """Without a scheme only Latin domains count; a path, and what comes with it, belongs to one that ends where it begins."""
    if found["before"] in {"-", "_", ".", "/"}:
        return
    for domain in PLAIN_DOMAIN.finditer(found.string, *found.span("domain")):
        whole = found["path"] and domain.end() == found.end("domain")
        if _is_host(domain[0]):
            yield domain.start(), found.end() if whole else domain.end()


def _is_host(domain: str) -> bool:
    return all(_is_label(label) for label in domain.lower().split("."))


def _is_label(label: str) -> bool:
    if label.isascii():
        return 0 < len(label) <= LABEL_LIMIT
    return not label.startswith("xn--") and len("xn--") + len(label.encode("punycode")) <= LABEL_LIMIT
