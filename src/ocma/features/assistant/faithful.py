"""Whether what a language model wrote says nothing that its author did not."""

import re

import regex

from ocma.intelligence.text import read

_DOMAIN = regex.compile(r"(?<![\w.@-])[\w-]{1,63}+(?:\.[\w-]{1,63}+)*\.\p{L}{2,24}(?![\w.-]|\()", regex.I)
_FIGURE = re.compile(r"[$€£¥]\s?\d[\d.,]*|\d[\d.,]*\s?[%$€£¥]|\d[\d.,]*\d")
_DIGITS = re.compile(r"\D")


def adds_nothing(text: str, own: str) -> bool:
    """No link, no address, no mention, no price, share or larger number that is not in `own`."""
    new, old, known = read(text), read(own), own.casefold()
    figures = {_DIGITS.sub("", each) for each in re.findall(r"\d[\d.,]*", own)}
    return (
        {each.casefold() for each in new.mentions} <= {each.casefold() for each in old.mentions}
        and all(each.casefold().rstrip("/") in known for each in (*new.urls, *_DOMAIN.findall(text)))
        and all(_DIGITS.sub("", each) in figures for each in _FIGURE.findall(_without_links(text)))
    )


def _without_links(text: str) -> str:
    return re.sub(r"(?:https?://|www\.)\S+", " ", text)
