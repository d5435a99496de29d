"""A container's state, its one publication, reposts, deletions, and what is left of the day's quotas."""

import base64
from collections.abc import Callable
from typing import Any

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.graph import calls, containers, errors, fields
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.containers import ERROR, FINISHED, PUBLISHED, Container
from ocma_sandbox.graph.fields import Field, View
from ocma_sandbox.people import Person
from ocma_sandbox.threads import profile, settings
from ocma_sandbox.threads.profile import DAY, KEY
from ocma_sandbox.world import World

Json = dict[str, Any]

NOT_THERE = 24, 4279009
MEDIA_TYPES = {"TEXT": "TEXT_POST", "IMAGE": "IMAGE", "VIDEO": "VIDEO", "CAROUSEL": "CAROUSEL_ALBUM"}
_MINE = "platform = 'threads' AND person_id = ? AND at > ? AND "
POSTS = _MINE + "reply_to IS NULL"
REPLIES = _MINE + "reply_to IS NOT NULL"
DELETED = "platform = 'threads' AND person_id = ? AND deleted_at > ?"


def find_post(world: World, post_id: str) -> Post | None:
    """None also when reads do not see it yet."""
    post = books.find(world.store, KEY, post_id)
    lag = settings.of(world).read_lag_seconds
    return post if post is not None and post.at <= world.clock() - lag else None


def show(visit: Visit, container: Container, wanted: list[Field]) -> Json:
    state = container.state(visit.world.clock())
    view: View = {
        "id": lambda _field: container.id,
        "status": lambda _field: state,
        "error_message": lambda _field: container.error if state == ERROR else None,
    }
    return fields.show("ThreadsMediaContainer", view, wanted)


async def publish(visit: Visit) -> Json:
    """POST /{user}/threads_publish"""
    person = profile.own(visit)
    container = containers.find(visit.world, KEY, person.id, visit.params.need("creation_id"))
    if container is None:
        raise errors.refuse(NOT_THERE[0], subcode=NOT_THERE[1])
    return {"id": publish_now(visit, person, container).id}


def publish_now(visit: Visit, person: Person, container: Container) -> Post:
    calls.refuse_publish_if_set(visit)
    state = container.state(visit.world.clock())
    if state == PUBLISHED:
        raise errors.named(settings.of(visit.world).republish_error)
    if state == ERROR:
        raise errors.invalid(f"The media container failed: {container.error}")
    if state != FINISHED:
        raise errors.refuse(NOT_THERE[0], subcode=NOT_THERE[1])
    if container.is_item:
        raise errors.invalid("An item of a carousel cannot be published by itself")
    reply_to = container.details.get("reply_to")
    _check_quota(visit, person, is_reply=reply_to is not None)
    return containers.publish(visit.world, container, _post(visit, person, container, reply_to))


def _check_quota(visit: Visit, person: Person, *, is_reply: bool) -> None:
    chosen, since = settings.of(visit.world), visit.world.clock() - DAY
    where, most = (REPLIES, chosen.reply_limit) if is_reply else (POSTS, chosen.post_limit)
    if books.count(visit.world.store, where, person.id, since) >= most:
        raise errors.named(chosen.quota_error)


def _post(visit: Visit, person: Person, container: Container, reply_to: str | None) -> Post:
    post_id = visit.caller.house.new_id(visit.world)
    parent = books.find(visit.world.store, KEY, reply_to) if reply_to else None
    kept = {name: value for name, value in container.details.items() if name not in {"alt_text", "reply_to"}}
    root = {"root": parent.details.get("root", parent.id)} if parent else {}
    children = {"children": [visit.caller.house.new_id(visit.world) for _ in container.children]} if container.children else {}
    return Post(
        platform=KEY,
        id=post_id,
        person_id=person.id,
        content=container.text,
        at=visit.world.clock(),
        details={
            **kept,
            **root,
            **children,
            "media_type": MEDIA_TYPES[container.media_type],
            "shortcode": shortcode(post_id),
        },
        media=container.media,
        reply_to=reply_to,
    )


def shortcode(post_id: str) -> str:
    return base64.urlsafe_b64encode(int(post_id).to_bytes(8, "big")).decode().strip("=")


async def repost(visit: Visit) -> Json:
    """POST /{id}/repost"""
    original = find_post(visit.world, visit.path_id)
    if original is None:
        raise errors.missing(visit.path_id)
    calls.refuse_publish_if_set(visit)
    _check_quota(visit, visit.caller.person, is_reply=False)
    post_id = visit.caller.house.new_id(visit.world)
    details = {"media_type": "REPOST_FACADE", "shortcode": shortcode(post_id), "reposted": original.id}
    post = Post(KEY, post_id, visit.caller.person.id, "", visit.world.clock(), details)
    books.accept(visit.world.store, post)
    return {"id": post.id}


async def delete(visit: Visit) -> Json:
    post = find_post(visit.world, visit.path_id)
    person, chosen = visit.caller.person, settings.of(visit.world)
    if post is None or post.person_id != person.id:
        raise errors.missing(visit.path_id)
    if books.count(visit.world.store, DELETED, person.id, visit.world.clock() - DAY) >= chosen.delete_limit:
        raise errors.named(chosen.quota_error)
    books.delete(visit.world.store, post, visit.world.clock())
    return {"success": True, "deleted_id": post.id}


async def limit(visit: Visit) -> Json:
    """GET /{user}/threads_publishing_limit"""
    person, chosen, since = profile.own(visit), settings.of(visit.world), visit.world.clock() - DAY
    used = {"": (POSTS, chosen.post_limit), "reply_": (REPLIES, chosen.reply_limit), "delete_": (DELETED, chosen.delete_limit)}
    told: Json = {}
    for prefix, (where, most) in used.items():
        told[f"{prefix}quota_usage"] = books.count(visit.world.store, where, person.id, since)
        told[f"{prefix}config"] = {"quota_total": most, "quota_duration": DAY}
    told |= {"location_search_quota_usage": 0, "location_search_config": {"quota_total": 500, "quota_duration": DAY}}
    view = {name: _constant(value) for name, value in told.items()}
    return {"data": [fields.show("ThreadsPublishingLimit", view, fields.parse(visit.params.text("fields")), ("quota_usage",))]}


def _constant(value: Any) -> Callable[[Field], Any]:
    return lambda _field: value
