"""A post as one platform gets it: the common content with that platform's variant laid over."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from ocma.errors import NotFound
from ocma.features.media.models import Medium
from ocma.platforms.content import Content, Link, Media, Part, Poll


def media_ids(content: Mapping[str, Any], variants: Mapping[str, Any]) -> list[UUID]:
    """Every file a post names, anywhere."""
    threads = [part for each in variants.values() for part in each.get("thread") or ()]
    return [UUID(each) for place in (*content["parts"], *variants.values(), *threads) for each in place.get("mediaIds") or ()]


def laid_over(content: Mapping[str, Any], variants: Mapping[str, Any], platform: str) -> list[dict[str, Any]]:
    """The parts (features/posts/models.py) as this platform gets them; a first comment, the last one, with its `role`."""
    variant = variants.get(platform) or {}
    posts = list(content["parts"])
    comment = posts.pop() if content.get("firstComment") else None
    first, *rest = posts
    first = {**first, **dict(_instead(variant))}
    rest = rest if variant.get("thread") is None else variant["thread"]
    comment = variant.get("firstComment", comment)
    return [first, *rest, *([{**comment, "role": "comment"}] if comment else [])]


def _instead(variant: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What it has in place of the first part's; a poll or link may be taken away."""
    yield from ((key, variant[key]) for key in ("text", "mediaIds") if variant.get(key) is not None)
    yield from ((key, variant[key]) for key in ("poll", "link") if key in variant)


def for_platform(
    content: Mapping[str, Any],
    variants: Mapping[str, Any],
    platform: str,
    media: Mapping[UUID, Medium],
    outgoing: Callable[[Medium], Media],
) -> Content:
    """Raises NotFound when a file was deleted since."""
    parts = laid_over(content, variants, platform)
    variant = variants.get(platform) or {}
    return Content(
        parts=tuple(_part(each, media, outgoing) for each in parts),
        options={**content.get("options", {}), **(variant.get("options") or {})},
    )


def _part(part: Mapping[str, Any], media: Mapping[UUID, Medium], outgoing: Callable[[Medium], Media]) -> Part:
    poll, link = part.get("poll"), part.get("link")
    return Part(
        text=part["text"],
        media=_files(part.get("mediaIds") or (), media, outgoing),
        role=part.get("role", "post"),
        poll=Poll(tuple(poll["options"]), poll["seconds"], poll["multiple"], poll.get("question")) if poll else None,
        link=Link(link["url"], link.get("title"), link.get("description")) if link else None,
    )


def _files(ids: Sequence[str], media: Mapping[UUID, Medium], outgoing: Callable[[Medium], Media]) -> tuple[Media, ...]:
    try:
        return tuple(outgoing(media[UUID(each)]) for each in ids)
    except KeyError as error:
        raise NotFound(f"The medium {error.args[0]} does not exist.", code="mediaGone") from None
