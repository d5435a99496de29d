"""What open streams are told of, on channels that are named as in Mastodon: one for the timeline, one for notifications."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ocma_sandbox.books import Post
from ocma_sandbox.mastodon.calls import KEY
from ocma_sandbox.mastodon.notifications import Notification
from ocma_sandbox.people import Person
from ocma_sandbox.world import World


@dataclass(frozen=True)
class Event:
    kind: Literal["update", "delete", "notification"]
    about: Post | Notification


def timeline(person_id: str) -> str:
    return f"{KEY}:timeline:{person_id}"


def notices(person_id: str) -> str:
    return f"{KEY}:timeline:{person_id}:notifications"


def published(world: World, post: Post, told: Iterable[Notification]) -> None:
    """Nobody follows anybody here, so a status comes to its author's own timeline only. Call it after the commit."""
    world.streams.tell(timeline(post.person_id), Event("update", post))
    for notification in told:
        world.streams.tell(notices(notification.person_id), Event("notification", notification))


def deleted(world: World, post: Post, mentioned: Iterable[Person]) -> None:
    for person_id in {post.person_id, *(person.id for person in mentioned)}:
        world.streams.tell(timeline(person_id), Event("delete", post))
