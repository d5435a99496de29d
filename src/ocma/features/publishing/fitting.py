"""A post's files as its platform takes them: renditions that are missing are made before anything is uploaded."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from ocma.features.media.library import Library
from ocma.features.media.models import Medium
from ocma.features.media.renditions import Renditions
from ocma.features.media.wishes import target_of
from ocma.features.posts.variants import for_platform
from ocma.features.publishing.load import Work
from ocma.features.publishing.press import Press
from ocma.platforms.content import Content
from ocma.platforms.registry import get_connector


async def fitted(press: Press, work: Work, content: Content) -> Content:
    """`content` with every file as the platform takes it. Waits for what has to be made. Raises Invalid when one cannot be."""
    shown = _shown(content, work.media)
    if not shown:
        return content
    post, rules = work.publication, work.connector.manifest.media_of(content)
    made = await Renditions(press.library.shelf).fitted(work.claim.workspace_id, shown, rules)
    return for_platform(
        post.content, post.variants, post.platform, work.media, lambda medium: press.library.outgoing(medium, made.get(medium.id))
    )


async def order_ahead(
    library: Library,
    content: Mapping[str, Any],
    variants: Mapping[str, Any],
    platforms: Collection[str],
    media: Mapping[UUID, Medium],
) -> None:
    """When a post is planned: so that its renditions are there long before it is due. Workers find them among the chores."""
    renditions = Renditions(library.shelf)
    for platform in platforms:
        whole = for_platform(content, variants, platform, media, library.outgoing)
        rules = get_connector(platform).manifest.media_of(whole)
        for medium in _shown(whole, media):
            await renditions.order(medium, target_of(rules, medium.known))


def _shown(content: Content, media: Mapping[UUID, Medium]) -> list[Medium]:
    """Each file once."""
    named = dict.fromkeys(UUID(each.id) for part in content.parts for each in part.media)
    return [media[each] for each in named]
