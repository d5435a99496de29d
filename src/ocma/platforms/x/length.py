"""How long X finds a text: weighted length by the published configuration, version 3 (twitter-text, config/v3.json).

In NFC, a link counts 23 whatever its length, an emoji 2 however many code points it takes, code points of the light ranges 1 and
every other 2. An emoji is what Unicode's TR 51 calls one: also flags, keycaps, skin tones, tags and joined sequences.
"""

from unicodedata import normalize

import regex

from ocma.platforms.x.links import find_links

LIMIT = 280
LINK = 23
HEAVY = 2

LIGHT = regex.compile(r"[\u0000-\u10FF\u2000-\u200D\u2010-\u201F\u2032-\u2037]")
EMOJI = regex.compile(
    r"""
    \p{RI}{2}
    | [0-9#*] \uFE0F? \u20E3
    | [©®] \uFE0F
    | \U0001F3F4 [\U000E0020-\U000E007E]+ \U000E007F
    | (?: \p{EBase} \uFE0F? \p{EMod} | (?! [0-9\#*©®] ) \p{Emoji} \uFE0F? )
      (?: \u200D (?: \p{EBase} \uFE0F? \p{EMod} | (?! [0-9\#*©®] ) \p{Emoji} \uFE0F? ) )*
    """,
    regex.V1 | regex.X,
)


def weighted_length(text: str) -> int:
    """Measured against LIMIT."""
    text = normalize("NFC", text)
    links = find_links(text)
    edges = [0, *(edge for span in links for edge in span), len(text)]
    between = zip(edges[::2], edges[1::2], strict=True)
    return LINK * len(links) + sum(_weight(text[start:end]) for start, end in between)


def _weight(text: str) -> int:
    rest, emoji = EMOJI.subn("", text)
    return HEAVY * (emoji + len(rest)) - len(LIGHT.findall(rest))
