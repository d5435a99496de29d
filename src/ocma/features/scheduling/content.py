"""The parts and variants of a post as posts keep them (features/posts/models.py), from what a request says."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ocma.errors import Invalid, Issue
from ocma.features.publishing.schemas import JobChange, Schedule, ThreadPart, Variant
from ocma.platforms.registry import get_connector


def content(wanted: Schedule, fetched: Sequence[UUID]) -> dict[str, Any]:
    """The first comment is a reply of one's own: the last part."""
    first = ThreadPart(content=wanted.content, media_ids=[*wanted.media_ids, *fetched])
    comment = [wanted.first_comment] if wanted.first_comment else []
    return _content([*_parts([first]), *_parts(wanted.thread)], _parts(comment))


def changed(before: Mapping[str, Any], wanted: JobChange, fetched: Sequence[UUID]) -> dict[str, Any]:
    """`before` with what was given in its place; naming `mediaIds` or `mediaUrls` replaces all files of the first part."""
    given, parts = wanted.model_fields_set, list(before["parts"])
    comment = [parts.pop()] if before.get("firstComment") else []
    first, *thread = parts
    if wanted.content is not None:
        first = {**first, "text": wanted.content}
    if given & {"media_ids", "media_urls"}:
        first = {**first, "mediaIds": [str(each) for each in (*(wanted.media_ids or ()), *fetched)]}
    if wanted.thread is not None:
        thread = _parts(wanted.thread)
    if "first_comment" in given:
        comment = _parts([wanted.first_comment] if wanted.first_comment else [])
    return _content([first, *thread], comment)


def _content(parts: list[dict[str, Any]], comment: list[dict[str, Any]]) -> dict[str, Any]:
    return {"parts": [*parts, *comment], "options": {}, **({"firstComment": True} if comment else {})}


def _parts(given: Sequence[str | ThreadPart]) -> list[dict[str, Any]]:
    parts = [each if isinstance(each, ThreadPart) else ThreadPart(content=each) for each in given]
    return [{"text": each.content, "mediaIds": [str(one) for one in each.media_ids]} for each in parts]


def variants(given: Mapping[str, Variant]) -> dict[str, Any]:
    """By platform key; two names of one platform are one too many."""
    found: dict[str, Any] = {}
    for name, each in given.items():
        key = get_connector(name, f"variants.{name}").manifest.key
        if key in found:
            message = f"There are two variants for {key}."
            raise Invalid(message, code="variantTwice", issues=[Issue(f"variants.{name}", "variantTwice", message)])
        media = None if each.media_ids is None else [str(one) for one in each.media_ids]
        found[key] = {"text": each.content, "mediaIds": media, "options": each.options}
    return found
