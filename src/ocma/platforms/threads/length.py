"""How long Threads finds a text: every character one, an emoji as many as it has bytes in UTF-8."""

import regex

LIMIT = 500
EMOJI = regex.compile(
    r"""
    \p{RI}{2}
    | [0-9#*] \uFE0F? \u20E3
    | \p{Extended_Pictographic} [\uFE0F\p{EMod}]* [\U000E0020-\U000E007F]*
      (?: \u200D \p{Extended_Pictographic} [\uFE0F\p{EMod}]* )*
    """,
    regex.V1 | regex.X,
)


def counted_length(text: str) -> int:
    """Measured against LIMIT. Whether letters beyond ASCII count by bytes, too, is in doubt; here they count one."""
    return len(text) + sum(len(emoji.encode("utf-8", "replace")) - len(emoji) for emoji in EMOJI.findall(text))
