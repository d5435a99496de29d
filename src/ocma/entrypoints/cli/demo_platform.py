"""A platform as the API tells about it: what it takes, and what it wants to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Platform:
    """`prefers_video`: it takes nothing else, or is made for it. `required`: rules of the options no post goes without."""

    key: str
    name: str
    prefers_video: bool = False
    has_alt_text: bool = True
    required: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)

    @property
    def has_titles(self) -> bool:
        return "title" in self.required

    def options(self, title: str) -> dict[str, Any]:
        """Of a choice the first: where it is about who may see the post, that is everybody."""
        return {name: rule["values"][0] if rule["values"] else title for name, rule in self.required.items()}


def read(view: Mapping[str, Any]) -> Platform:
    """From GET /api/social/platforms."""
    media, rules = view["media"], view["optionRules"]
    return Platform(
        key=view["platform"],
        name=view["name"],
        prefers_video=not media["images"] or "video" in view["kinds"],
        has_alt_text=media["altText"] > 0,
        required={name: rule for name, rule in rules.items() if rule["required"]},
    )


def named(platforms: Sequence[Platform]) -> str:
    return ", ".join(each.name for each in platforms)
