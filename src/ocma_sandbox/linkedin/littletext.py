"""LinkedIn's little text format: what a commentary shows, and what LinkedIn makes of it.

A reserved character that is neither escaped nor part of an element cuts the text off there, and nobody is told.
"""

import re
from dataclasses import dataclass

RESERVED = r"|{}[]()<>#\*_~@"

_ELEMENT = re.compile(
    r"\\(?P<escaped>[|{}\[\]()<>#\\*_~@])"
    r"|\{hashtag\|\\?\#\|(?P<template>[^|{}\s]+)\}"
    r"|\#(?P<hashtag>\w+)"
    r"|@\[(?P<name>(?:\\.|[^\[\]\\])+)\]\((?P<urn>urn:li:(?:person|organization|member):[A-Za-z0-9_-]+)\)"
    r"|(?P<plain>[^|{}\[\]()<>\#\\*_~@]+)"
)


@dataclass(frozen=True)
class Mention:
    name: str
    urn: str


@dataclass(frozen=True)
class LittleText:
    """`shown` is what a reader sees, `stored` what LinkedIn gives back: hashtags as templates, all else escaped."""

    shown: str
    stored: str
    mentions: tuple[Mention, ...] = ()
    is_cut: bool = False


def parse(text: str, *, truncate: bool = True) -> LittleText:
    """Without `truncate`, stray reserved characters are taken as they are."""
    shown: list[str] = []
    stored: list[str] = []
    mentions: list[Mention] = []
    at = 0
    while at < len(text):
        match = _ELEMENT.match(text, at)
        if match is None and truncate:
            break
        one, kept, mention = _read(match) if match else (text[at], f"\\{text[at]}", None)
        shown.append(one)
        stored.append(kept)
        mentions += [mention] if mention else []
        at = match.end() if match else at + 1
    return LittleText("".join(shown), "".join(stored), tuple(mentions), is_cut=at < len(text))


def _read(match: re.Match[str]) -> tuple[str, str, Mention | None]:
    """What is shown, what is stored, and whom it mentions."""
    tag = match["template"] or match["hashtag"]
    if tag:
        return f"#{tag}", rf"{{hashtag|\#|{tag}}}", None
    if match["name"]:
        name = re.sub(r"\\(.)", r"\1", match["name"])
        return name, match[0], Mention(name, match["urn"])
    return match["escaped"] or match["plain"], match[0], None
