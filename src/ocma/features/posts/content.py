"""The parts and variants of a post as posts keep them (models.py), from what a request says."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ocma.errors import Invalid, Issue
from ocma.features.posts.schemas import LinkInput, PollInput, ThreadPart, Variant, Writing
from ocma.platforms.registry import get_connector


def content(wanted: Writing, fetched: Sequence[UUID]) -> dict[str, Any]:
    """The first comment is the last part."""
    files = [*wanted.media_ids, *fetched]
    first = ThreadPart(content=wanted.content, media_ids=files, poll=wanted.poll, link=wanted.link)
    comment = [wanted.first_comment] if wanted.first_comment else []
    return whole([*parts([first]), *parts(wanted.thread)], parts(comment), wanted.options)


def whole(posts: list[dict[str, Any]], comment: list[dict[str, Any]], options: Mapping[str, Any]) -> dict[str, Any]:
    return {"parts": [*posts, *comment], "options": dict(options), **({"firstComment": True} if comment else {})}


def parts(given: Sequence[str | ThreadPart]) -> list[dict[str, Any]]:
    return [part(each if isinstance(each, ThreadPart) else ThreadPart(content=each)) for each in given]


def part(given: ThreadPart) -> dict[str, Any]:
    """A poll and a link only where there are any."""
    extra = {"poll": plain(given.poll), "link": plain(given.link)}
    own = {"text": given.content, "mediaIds": [str(each) for each in given.media_ids]}
    return own | {name: each for name, each in extra.items() if each is not None}


def plain(given: PollInput | LinkInput | None) -> dict[str, Any] | None:
    return None if given is None else given.model_dump(exclude_none=True)


def variants(given: Mapping[str, Variant]) -> dict[str, Any]:
    """By platform key; two names of one platform are one too many."""
    found: dict[str, Any] = {}
    for name, each in given.items():
        key = get_connector(name, f"variants.{name}").manifest.key
        if key in found:
            message = f"There are two variants for {key}."
            raise Invalid(message, code="variantTwice", issues=[Issue(f"variants.{name}", "variantTwice", message)])
        found[key] = _variant(each)
    return found


def _variant(given: Variant) -> dict[str, Any]:
    """What can be taken away is there only when it was named."""
    media = None if given.media_ids is None else [str(each) for each in given.media_ids]
    comment = parts([given.first_comment])[0] if given.first_comment else None
    named = {"first_comment": ("firstComment", comment), "poll": ("poll", plain(given.poll)), "link": ("link", plain(given.link))}
    own = {"text": given.content, "mediaIds": media, "options": given.options}
    thread = {} if given.thread is None else {"thread": parts(given.thread)}
    return own | thread | {key: each for name, (key, each) in named.items() if name in given.model_fields_set}
