"""A status' text: what counts against the limit, and the HTML that Mastodon makes of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape as _escape

import regex

SHOWN = 30
_LINK = re.compile(r"(?<![\w@#/])https?://[^\s<>\"`|\\^{}]+", re.IGNORECASE)
_TRAILING = re.compile(r"[.,;:!?'*]+$")
_PREFIX = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)
_MENTION = re.compile(r"(?<![=/\w])@([a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_])?)(?:@([\w.-]+\w(?::\d+)?))?", re.IGNORECASE)
_TAG = re.compile(r"(?<![=/)\w&])[#\uff03](\w*[^\W\d_]\w*)")
_GRAPHEME = regex.compile(r"\X")


def escape(text: str) -> str:
    """Spelt as Ruby's escaping does it."""
    return _escape(text).replace("&#x27;", "&#39;")


@dataclass(frozen=True)
class Span:
    """A link, mention or tag in the text; `name` and `domain` are a mention's, `name` alone a tag's."""

    kind: str
    start: int
    end: int
    name: str = ""
    domain: str | None = None


def spans(text: str) -> list[Span]:
    """Without overlaps, in order; a link wins over what it contains."""
    links = [_link(match) for match in _LINK.finditer(text)]
    mentions = [Span("mention", *match.span(), match[1], match[2]) for match in _MENTION.finditer(text)]
    tags = [Span("tag", *match.span(), match[1]) for match in _TAG.finditer(text)]
    chosen: list[Span] = []
    for span in sorted([*links, *mentions, *tags], key=lambda span: (span.start, -span.end)):
        if not chosen or span.start >= chosen[-1].end:
            chosen.append(span)
    return chosen


def _link(match: re.Match[str]) -> Span:
    url = match.group()
    while True:
        shorter = _TRAILING.sub("", url)
        for opening, closing in ("()", "[]"):
            if shorter.endswith(closing) and shorter.count(closing) > shorter.count(opening):
                shorter = shorter[:-1]
        if shorter == url:
            return Span("link", match.start(), match.start() + len(url))
        url = shorter


def count(text: str, *, per_link: int) -> int:
    """Graphemes; every link counts the same, and of @user@domain only @user."""
    total, position = 0, 0
    for span in spans(text):
        total += graphemes(text[position : span.start])
        total += {"link": per_link, "mention": len(span.name) + 1}.get(span.kind, span.end - span.start)
        position = span.end
    return total + graphemes(text[position:])


def graphemes(text: str) -> int:
    return len(text) if text.isascii() else len(_GRAPHEME.findall(text))


def tags(text: str) -> list[str]:
    return list(dict.fromkeys(span.name.lower() for span in spans(text) if span.kind == "tag"))


def html(text: str, *, base: str, profile: Callable[[Span], str | None]) -> str:
    """`profile` gives the address of the person that a mention means, None when it means nobody here."""
    if not text.strip():
        return ""
    parts, position = list[str](), 0
    for span in spans(text):
        parts.append(escape(text[position : span.start]))
        parts.append(_shown(text, span, base, profile))
        position = span.end
    return _paragraphs("".join([*parts, escape(text[position:])]))


def _shown(text: str, span: Span, base: str, profile: Callable[[Span], str | None]) -> str:
    raw = text[span.start : span.end]
    if span.kind == "link":
        return _link_html(raw)
    if span.kind == "tag":
        address = escape(f"{base}/tags/{span.name.lower()}")
        return f'<a href="{address}" class="mention hashtag" rel="tag">#<span>{escape(span.name)}</span></a>'
    address = profile(span)
    if address is None:
        return escape(raw)
    name = f"@<span>{escape(span.name)}</span>"
    return f'<span class="h-card" translate="no"><a href="{escape(address)}" class="u-url mention">{name}</a></span>'


def _link_html(url: str) -> str:
    prefix = match.group() if (match := _PREFIX.match(url)) else ""
    rest = url[len(prefix) :]
    css = "ellipsis" if len(rest) > SHOWN else ""
    return (
        f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(prefix)}</span><span class="{css}">{escape(rest[:SHOWN])}</span>'
        f'<span class="invisible">{escape(rest[SHOWN:])}</span></a>'
    )


def _paragraphs(marked: str) -> str:
    lines = re.sub(r"\r\n?", "\n", marked)
    paragraphs = re.split(r"\n{2,}", lines.strip("\n"))
    return "".join(f"<p>{paragraph.replace(chr(10), '<br />')}</p>" for paragraph in paragraphs)
