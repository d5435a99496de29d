"""Which parts of a post X takes for links: with http(s):// or as a bare domain whose top-level domain is known."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MAX_LABEL = 63
MAX_URL = 4096
MAX_TCO_SLUG = 40

# Letters that a bare domain may have beside ASCII (ELPAÍS.com), and a path too; a path also takes Cyrillic.
_LATIN = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272"
    "\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_CYRILLIC = "\u0400-\u04ff"
# What no label of a domain contains: ASCII punctuation, spaces, controls, general and CJK punctuation, wide forms.
_NO_LABEL = (
    r"\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\xbf\u2000-\u206f\u3000-\u3004\u3008-\u3020\ufe00-\ufe6f"
    r"\uff01-\uff0f\uff1a-\uff20\ufff0-\uffff"
)
_WIDE = f"[^{_NO_LABEL}]"
_NARROW = f"[0-9A-Za-z{_LATIN}]"
_PATH_LETTER = f"a-zA-Z0-9{_LATIN}{_CYRILLIC}"
_PATH_MARK = r"!*';:=+,.$%#\[\]\-\u2013_~@|&/"
_NEVER_BEFORE = r"0-9A-Za-z@\uff20$#\uff03\ufffe\ufeff\uffff"
_QUERY = r"a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|"


@dataclass(frozen=True)
class Link:
    """`start` and `end` count code points of the text given."""

    url: str
    start: int
    end: int


def _label(letter: str, inner: str) -> str:
    """Begins and ends with a letter; `inner` marks may stand between."""
    return rf"{letter}(?:(?:{letter}|[{inner}])*{letter})?"


def _parens(depth: int) -> str:
    inside = f"[{_PATH_LETTER}{_PATH_MARK}]" + (f"|{_parens(depth - 1)}" if depth else "")
    return rf"\((?:{inside})+\)"


@cache
def _pattern() -> re.Pattern[str]:
    lines = files("ocma_sandbox.x").joinpath("data/tlds.txt").read_text("utf-8").splitlines()
    names = sorted((line for line in lines if line and not line.startswith("#")), key=len, reverse=True)
    tld = f"(?:{'|'.join(map(re.escape, names))}|xn--[0-9a-z]+)(?![0-9A-Za-z@+\\-])"

    def host(letter: str) -> str:
        return rf"(?:{_label(letter, '_-')}\.)*{_label(letter, '-')}\.{tld}"

    ending = rf"(?:[{_PATH_LETTER}=_#/+\-]|{_parens(1)})"
    path = rf"/(?:(?:[{_PATH_LETTER}{_PATH_MARK}]|{_parens(1)})*{ending})?"
    query = rf"\?[{_QUERY}]*[a-zA-Z0-9\-_&=#/]"
    return re.compile(
        rf"(?<![{_NEVER_BEFORE}])(?:https?://(?P<wide>{host(_WIDE)})|(?<![-_./])(?P<narrow>{host(_NARROW)}))"
        rf"(?::[0-9]+)?(?P<path>{path})?(?:{query})?",
        re.IGNORECASE,
    )


_TCO = re.compile(rf"https?://t\.co/([a-zA-Z0-9]+)(?:\?[{_QUERY}]*[a-zA-Z0-9\-_&=#/])?", re.IGNORECASE)


def find_links(text: str) -> list[Link]:
    return list(_links(text))


def _links(text: str) -> Iterator[Link]:
    position = 0
    while match := _pattern().search(text, position):
        link = _accepted(match)
        if link:
            yield link
            position = link.end
        else:
            # what follows the refused start may still be a link of its own
            position = match.start() + 1


def _accepted(match: re.Match[str]) -> Link | None:
    start, url = match.start(), match.group()
    if not _is_domain(match["wide"] or match["narrow"]) or len(url) > MAX_URL:
        return None
    if tco := _TCO.match(url):
        if len(tco[1]) > MAX_TCO_SLUG:
            return None
        url = tco.group()
    return Link(url, start, start + len(url))


def _is_domain(host: str) -> bool:
    return all(_is_label(label) for label in host.split("."))


def _is_label(label: str) -> bool:
    if label.isascii():
        return len(label) <= MAX_LABEL
    if label.lower().startswith("xn--"):
        return False
    return len("xn--") + len(label.encode("punycode")) <= MAX_LABEL
