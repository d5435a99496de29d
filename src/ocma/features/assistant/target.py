"""Where a text is to go: everything that is written for it is made to fit there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ocma.errors import Issue
from ocma.features.assistant.atoms import without_tags
from ocma.features.assistant.enforce import Fitted, fit_text
from ocma.platforms.check import check
from ocma.platforms.content import Content, Part
from ocma.platforms.manifest import Manifest
from ocma.platforms.rules import Text
from ocma.platforms.tags import HASHTAG

REMEDY = "Write some words: what is too long and cannot be cut, such as a link, is left out, and so is what the platform forbids."
USUAL_HASHTAGS = 3  # where the platform says nothing of how many count; a convention of OCMA's


@dataclass(frozen=True, slots=True)
class Target:
    manifest: Manifest
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    max_length: int | None = None

    @property
    def rule(self) -> Text:
        return self.manifest.text_of(Content((Part(""),), self.options))

    @property
    def limit(self) -> int:
        return self.rule.limit if self.max_length is None else min(self.rule.limit, self.max_length)

    @property
    def hashtags(self) -> int:
        """How many do any good."""
        return self.rule.tags.heeded or USUAL_HASHTAGS

    def fit(self, text: str) -> Fitted:
        return fit_text(text, self.manifest, self.options, max_length=self.max_length)

    def measure(self, text: str) -> int:
        return self.rule.measure(text)

    def takes(self, text: str) -> bool:
        """As it is."""
        return not self.fit(text).changes

    def issues(self, text: str) -> list[Issue]:
        """What the platform would say of the text itself."""
        found = check(Content((Part(text),), self.options), self.manifest)
        return [each for each in found if each.code.startswith(f"{self.manifest.key}.text.")]


def target(manifest: Manifest, content_type: str | None, max_length: int | None = None) -> Target:
    """`content_type` says which kind of post it will be, where the platform has such a kind and that has a text."""
    kind = manifest.kinds.get(content_type or "")
    known = manifest.options.get("kind")
    named = kind is not None and isinstance(known, tuple) and content_type in known
    takes_text = kind is not None and (kind.text is None or kind.text.limit > 0)
    return Target(manifest, {"kind": content_type} if named and takes_text else {}, max_length)


def with_fewer_hashtags(text: str, most: int) -> str:
    return without_tags(text, [each.start() for each in list(HASHTAG.finditer(text))[most:]])
