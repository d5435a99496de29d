"""A post as one platform gets it: the common content with that platform's variant laid over."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from ocma.errors import NotFound
from ocma.features.media.models import Medium
from ocma.platforms.content import Content, Media, Part


def media_ids(content: Mapping[str, Any], variants: Mapping[str, Any]) -> list[UUID]:
    """Every file a post names, anywhere."""
    places = [*content["parts"], *variants.values()]
    return [UUID(each) for place in places for each in place.get("mediaIds") or ()]


def for_platform(
    content: Mapping[str, Any],
    variants: Mapping[str, Any],
    platform: str,
    media: Mapping[UUID, Medium],
    outgoing: Callable[[Medium], Media],
) -> Content:
    """The variant changes the first part and adds options. Raises NotFound when a file was deleted since."""
    variant = variants.get(platform) or {}
    first, *rest = content["parts"]
    chosen = {key: value for key, value in variant.items() if key in {"text", "mediaIds"} and value is not None}
    parts = [{**first, **chosen}, *rest]
    return Content(
        parts=tuple(Part(part["text"], _files(part.get("mediaIds") or (), media, outgoing)) for part in parts),
        options={**content.get("options", {}), **(variant.get("options") or {})},
    )


def _files(ids: Sequence[str], media: Mapping[UUID, Medium], outgoing: Callable[[Medium], Media]) -> tuple[Media, ...]:
    try:
        return tuple(outgoing(media[UUID(each)]) for each in ids)
    except KeyError as error:
        raise NotFound(f"The medium {error.args[0]} does not exist.", code="mediaGone") from None
