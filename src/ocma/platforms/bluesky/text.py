"""How Bluesky reads a text: its length in graphemes, and where in its bytes links, mentions and hashtags stand."""

from collections.abc import Iterator, Mapping
from typing import Any

import regex

from ocma.platforms.bluesky.wire import HANDLE
from ocma.platforms.rules import GRAPHEMES

FACET = "app.bsky.richtext.facet"
TAG_LENGTH = 64  # graphemes
# Each begins a text, or what follows white space or an opening bracket: an address in a link is no mention.
FOUND = regex.compile(
    rf"""(?<![^\s(\[«„“])
    (?: (?P<link> https?://\w[^\s<>]* ) | @(?P<handle> {HANDLE} )(?![\w-]) | [#＃](?!\ufe0f)(?P<tag> [^\s#＃]+ ) )""",
    regex.X | regex.I,
)
ENDING = regex.compile(r"[\p{P}--[)\]/_#&=%~@*-]]+$", regex.V1)  # a sentence's, not an address's
LETTERS = regex.compile(r"[^\d\s\p{P}]")
BRACKETS = {")": "(", "]": "["}


def graphemes(text: str) -> int:
    return sum(1 for _ in GRAPHEMES.finditer(text))


def handles(text: str) -> list[str]:
    """Who is mentioned, in lower case; each once."""
    return list(dict.fromkeys(found["handle"].lower() for found in FOUND.finditer(text) if found["handle"]))


def facets(text: str, dids: Mapping[str, str]) -> list[dict[str, Any]]:
    """`dids`: of the handles that are somebody's. The others stay plain text."""
    return [
        {"index": {"byteStart": _bytes(text[:start]), "byteEnd": _bytes(text[:end])}, "features": [feature]}
        for start, end, feature in _features(text, dids)
    ]


def _features(text: str, dids: Mapping[str, str]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for found in FOUND.finditer(text):
        start = found.start()
        if found["link"]:
            uri = _without_ending(found["link"])
            yield start, start + len(uri), {"$type": f"{FACET}#link", "uri": uri}
        elif found["handle"] and (did := dids.get(found["handle"].lower())):
            yield start, found.end(), {"$type": f"{FACET}#mention", "did": did}
        elif found["tag"] and _is_tag(tag := regex.sub(r"\p{P}+$", "", found["tag"])):
            yield start, start + 1 + len(tag), {"$type": f"{FACET}#tag", "tag": tag}


def _is_tag(text: str) -> bool:
    return LETTERS.search(text) is not None and graphemes(text) <= TAG_LENGTH


def _without_ending(link: str) -> str:
    """Without a sentence's punctuation, and without a bracket that was opened before the link."""
    while True:
        shorter = ENDING.sub("", link)
        if shorter[-1:] in BRACKETS and shorter.count(shorter[-1]) > shorter.count(BRACKETS[shorter[-1]]):
            shorter = shorter[:-1]
        if shorter == link:
            return link
        link = shorter


def _bytes(text: str) -> int:
    return len(text.encode())
