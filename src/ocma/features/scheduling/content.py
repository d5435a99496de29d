"""A post's content with changes."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ocma.features.posts.content import parts, plain, whole
from ocma.features.publishing.schemas import JobChange


def changed(before: Mapping[str, Any], wanted: JobChange, fetched: Sequence[UUID]) -> dict[str, Any]:
    """`before` with what was given in its place; naming `mediaIds` or `mediaUrls` replaces all files of the first part."""
    given, posts = wanted.model_fields_set, list(before["parts"])
    comment = [posts.pop()] if before.get("firstComment") else []
    first, *thread = posts
    first = _first(first, wanted, fetched)
    if wanted.thread is not None:
        thread = parts(wanted.thread)
    if "first_comment" in given:
        comment = parts([wanted.first_comment] if wanted.first_comment else [])
    options = before.get("options", {}) if wanted.options is None else wanted.options
    return whole([first, *thread], comment, options)


def _first(before: Mapping[str, Any], wanted: JobChange, fetched: Sequence[UUID]) -> dict[str, Any]:
    given, first = wanted.model_fields_set, dict(before)
    if wanted.content is not None:
        first["text"] = wanted.content
    if given & {"media_ids", "media_urls"}:
        first["mediaIds"] = [str(each) for each in (*(wanted.media_ids or ()), *fetched)]
    for name, value in (("poll", wanted.poll), ("link", wanted.link)):
        if name in given:
            first.pop(name, None)
            first |= {name: plain(value)} if value else {}
    return first
