"""Any text, made one that a platform takes: limits are kept here, not asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ocma.features.assistant.atoms import without_tags
from ocma.features.assistant.cutting import Size, shortened
from ocma.platforms.content import Content, Part
from ocma.platforms.manifest import Manifest
from ocma.platforms.rules import Tags, Text
from ocma.platforms.tags import HASHTAG, MENTION

# What was done, as `changes` tells it; what cutting does is in cutting.py.
HALVES, NULLS, FORBIDDEN = "halfCharactersRemoved", "nullRemoved", "forbiddenCharactersRemoved"
HASHTAGS, MENTIONS = "hashtagsRemoved", "mentionsRemoved"
NOTHING = "nothingLeft"


@dataclass(frozen=True, slots=True)
class Fitted:
    """`changes`: what had to be done; none: the text is as it came. `nothingLeft`, with an empty text where the platform wants
    some: there was nothing to say in it, but for blanks, or links and characters none of which is short enough.
    """

    text: str
    changes: tuple[str, ...] = ()


def fit_text(text: str, manifest: Manifest, options: Mapping[str, Any], *, max_length: int | None = None) -> Fitted:
    """The least change after which `platforms.check` finds nothing wrong with the text. Done again, it changes nothing.

    `max_length` holds for the platform's own measure and for characters, whichever is more. A text that is too long ends at a
    sentence or a line, else after a word, else after a character as readers see it; never inside an emoji, a link or a tag.
    Links behind the cut are kept where they fit. The time it takes is in proportion to the text.
    """
    rule = manifest.text_of(Content((Part(text),), options))
    size = Size(rule, max_length)
    found, changes = _without_forbidden(text, rule)
    while True:  # each round takes signs of tags away, so there is an end
        found, dropped = _without_surplus(found, rule.tags)
        changes += dropped
        if size.fits(found):
            break
        found, cut = shortened(found, size)
        changes += cut
    if rule.required and not found.strip():
        found, changes = "", [*changes, NOTHING]
    return Fitted(found, tuple(dict.fromkeys(changes)))


def _without_forbidden(text: str, rule: Text) -> tuple[str, list[str]]:
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    changes = [HALVES] if whole != text else []
    for name, gone in ((NULLS, "\0"), (FORBIDDEN, rule.forbidden)):
        if any(each in whole for each in gone):
            whole = whole.translate(dict.fromkeys(map(ord, gone)))
            changes.append(name)
    return whole, changes


def _without_surplus(text: str, rule: Tags) -> tuple[str, list[str]]:
    """Without the last of too many hashtags and mentions. To take one kind away may show more of the other: hence the rounds."""
    changes: list[str] = []
    kinds = ((HASHTAGS, HASHTAG, rule.hashtags), (MENTIONS, MENTION, rule.mentions))
    while True:
        before = text
        for name, pattern, most in kinds:
            if most is not None and len(found := list(pattern.finditer(text))) > most:
                text = without_tags(text, [each.start() for each in found[most:]])
                changes.append(name)
        if text == before:
            return text, changes
