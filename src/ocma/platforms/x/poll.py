"""Polls: how one is sent, and whether one that is read back is ours."""

from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any
from unicodedata import normalize

from ocma.platforms.content import Outgoing, Poll
from ocma.platforms.x.wire import LivePoll, Post

MINUTE = 60


def body(poll: Poll) -> dict[str, Any]:
    return {"options": list(poll.options), "duration_minutes": poll.seconds // MINUTE}


def is_same_poll(post: Post, outgoing: Outgoing, polls: Mapping[str, LivePoll]) -> bool | None:
    """Has it our poll, or none where we have none? None: it cannot be told. `polls` are those that X gave with the posts.

    A poll that X does not list is none that is not there: nothing else in a post shows that it has one.
    """
    ours, ids = outgoing.part.poll, post.poll_ids
    if ours is None:
        return not ids
    live = polls.get(ids[0]) if ids else None
    return _is_same(ours.options, live.labels) if live and live.labels else None


def _is_same(ours: Sequence[str], live: Sequence[str]) -> bool | None:
    """X tells nothing of what it does to labels, so those that differ in form alone leave it open."""
    if len(ours) != len(live):
        return False
    if [_folded(each) for each in ours] == [_folded(each) for each in live]:
        return True
    return None if [_core(each) for each in ours] == [_core(each) for each in live] else False


def _folded(label: str) -> str:
    return " ".join(normalize("NFC", unescape(label)).split())


def _core(label: str) -> str:
    return "".join(each for each in normalize("NFKC", unescape(label)).casefold() if each.isalnum())
