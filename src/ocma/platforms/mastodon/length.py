"""How long Mastodon finds a text: in graphemes, a link counts 23 whatever its length, a mention without its server."""

import regex

from ocma.platforms.rules import GRAPHEMES

LINK = 23

# What is doubtful in a link (paths beyond Latin and Cyrillic, closing punctuation) counts as text: rather a long count than a
# post that the server refuses. Repetitions are bounded: no text makes the search take more than linear time.
LINKS = regex.compile(
    r"""
    (?<! [\w@$\#] ) https?://
    (?: [\p{L}\p{N}] [\p{L}\p{N}_-]{0,62} \. ){1,10} (?: xn--[a-z0-9-]{1,59} | [a-z]{2,24} ) (?! [a-z0-9_@-] )
    (?: : \d{1,5} )?
    (?: [/?\#] (?: [\p{Latin}\p{Cyrillic}0-9_~./?\#@!$&'()*+,;:=%|\[\]-]{0,4000} [\p{Latin}\p{Cyrillic}0-9_/=\#&+-] )? )?
    """,
    regex.V1 | regex.I | regex.X,
)
MENTIONS = regex.compile(r"(?<![\w/])@(\w(?:[\w.-]{0,254}\w)?)@\w(?:[\w.-]{0,254}\w)?", regex.V1)


def counted_length(text: str) -> int:
    text = without_servers(LINKS.sub("x" * LINK, text))
    return sum(1 for _ in GRAPHEMES.finditer(text))


def without_servers(text: str) -> str:
    """`@user@server` becomes `@user`."""
    return MENTIONS.sub(lambda found: "@" + found[1], text)
