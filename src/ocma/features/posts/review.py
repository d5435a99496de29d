"""A post held to the rules of the platforms it goes to, before anything is written or sent."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from ocma.errors import Issue
from ocma.features.media.models import Medium
from ocma.features.posts.variants import for_platform, media_ids
from ocma.platforms.check import Length, advise, check, measure
from ocma.platforms.connector import Publishes
from ocma.platforms.content import Content, Media
from ocma.platforms.registry import get_connector
from ocma.platforms.rules import MediaRules


@dataclass(frozen=True, slots=True)
class Draft:
    """`content` and `variants` as in models.py, the files they name as far as they exist, and how those look to a connector:

    as they are (`outgoing`), and as they will be when renditions have made them fit a platform's rules (`foreseen`).
    """

    content: Mapping[str, Any]
    variants: Mapping[str, Any]
    media: Mapping[UUID, Medium]
    outgoing: Callable[[Medium], Media]
    foreseen: Callable[[MediaRules, Medium], Media]

    def shown(self, platform: str, outgoing: Callable[[Medium], Media]) -> Content:
        return for_platform(self.content, self.variants, platform, self.media, outgoing)


@dataclass(frozen=True, slots=True)
class Review:
    """What one platform says of it. `content` is what it would get; with `advice` it takes it all the same."""

    platform: str
    content: Content
    lengths: Sequence[Length]
    issues: Sequence[Issue]
    advice: Sequence[str] = ()


def unrelated(draft: Draft, platforms: Collection[str]) -> list[Issue]:
    """What is wrong whatever the platforms say: files that do not exist, variants for nobody."""
    wanted = dict.fromkeys(media_ids(draft.content, draft.variants))
    missing = [Issue("mediaIds", "mediaMissing", f"There is no medium {each}.") for each in wanted if each not in draft.media]
    message = "This variant belongs to a platform the post does not go to."
    strangers = [Issue(f"variants.{key}", "variantUnused", message) for key in draft.variants if key not in platforms]
    return [*missing, *strangers]


def review(draft: Draft, platform: str) -> Review:
    """Raises NotFound when a file does not exist."""
    connector = get_connector(platform)
    manifest = connector.manifest
    content = draft.shown(manifest.key, draft.outgoing)
    if not isinstance(connector, Publishes):
        issue = Issue("platforms", "cannotPublish", f"{manifest.name} cannot be published to.", None, manifest.key)
        return Review(manifest.key, content, [], [issue])
    path = f"variants.{manifest.key}" if manifest.key in draft.variants else "content"
    fitted = draft.shown(manifest.key, partial(draft.foreseen, manifest.media_of(content)))
    issues, advice = check(fitted, manifest, path), advise(content, manifest)
    return Review(manifest.key, content, measure(content, manifest), issues, advice)


def review_all(draft: Draft, platforms: Collection[str]) -> tuple[list[Issue], list[str]]:
    """What stands against it, of all platforms at once, and what they advise."""
    if found := unrelated(draft, platforms):
        return found, []
    reviews = [review(draft, key) for key in sorted(platforms)]
    return [issue for each in reviews for issue in each.issues], [advice for each in reviews for advice in each.advice]
