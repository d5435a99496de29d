"""Notifications of mentions, the only kind that happens here; they have ids of their own, as in a real instance.

A reply notifies by the mention that its author's client puts in front of it, and by nothing else.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books, people
from ocma_sandbox.books import Post
from ocma_sandbox.mastodon import errors, paging, params
from ocma_sandbox.mastodon.calls import KEY, Visitor, base
from ocma_sandbox.mastodon.entities import Renderer
from ocma_sandbox.world import World

Json = dict[str, Any]

MENTION = "mention"
TABLE = "mastodon_notifications"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    id INTEGER PRIMARY KEY, person_id TEXT NOT NULL, kind TEXT NOT NULL, post_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS {TABLE}_by_person ON {TABLE} (person_id, id);
"""
_DEFAULT, _MOST = 40, 80
# a status that was deleted takes its notifications with it
_LIVE = (
    "SELECT n.* FROM mastodon_notifications n"
    " JOIN posts p ON p.platform = 'mastodon' AND p.id = n.post_id AND p.deleted_at IS NULL"
    " WHERE n.person_id = ?1"
)


@dataclass(frozen=True)
class Notification:
    """`person_id` is who gets it."""

    id: str
    person_id: str
    kind: str
    post: Post


def record(world: World, renderer: Renderer, post: Post) -> list[Notification]:
    """Makes one for each person whom the post mentions, but its author; inside the caller's transaction."""
    found = [person.id for person in renderer.mentioned(post) if person.id != post.person_id]
    return [_saved(world, person_id, post) for person_id in found]


def _saved(world: World, person_id: str, post: Post) -> Notification:
    new_id = world.store.next_id(TABLE, 1)
    world.store.run("INSERT INTO mastodon_notifications VALUES (?, ?, ?, ?)", new_id, person_id, MENTION, post.id)
    return Notification(str(new_id), person_id, MENTION, post)


def rendered(renderer: Renderer, notification: Notification) -> Json:
    post = notification.post
    return {
        "id": notification.id,
        "type": notification.kind,
        "created_at": books.iso(post.at),
        "group_key": f"ungrouped-{notification.id}",
        "account": renderer.account(people.get(renderer.world.store, KEY, post.person_id)),
        "status": renderer.status(post),
    }


async def list_(world: World, visitor: Visitor, request: Request) -> Response:
    """GET /api/v1/notifications"""
    me, renderer = visitor.me, Renderer(world, base(request), visitor.person)
    given = params.nested(request.query_params.multi_items())
    types, excluded = params.listed(given, "types"), params.listed(given, "exclude_types")
    wanted = (not types or MENTION in types) and MENTION not in excluded
    found = _page(world, request, me.id, params.text(given, "account_id")) if wanted else []
    headers = paging.links(f"{renderer.base}/api/v1/notifications", request, found)
    return JSONResponse([rendered(renderer, item) for item in found], headers=headers)


def _page(world: World, request: Request, person_id: str, author_id: str | None) -> list[Notification]:
    asked = paging.asked(request, default=_DEFAULT, most=_MOST)
    order = "ASC" if asked.is_upward else "DESC"
    sql = f"{_LIVE} AND n.id > ?2 AND n.id < ?3 AND (?4 IS NULL OR p.person_id = ?4) ORDER BY n.id {order} LIMIT ?5"
    rows = world.store.all(sql, person_id, asked.above, asked.below, author_id, asked.size)
    found = [_read(world, row) for row in rows]
    return found[::-1] if asked.is_upward else found


def _read(world: World, row: sqlite3.Row) -> Notification:
    post = books.find(world.store, KEY, row["post_id"])
    if post is None:
        raise LookupError(row["post_id"])
    return Notification(str(row["id"]), row["person_id"], row["kind"], post)


async def show(world: World, visitor: Visitor, request: Request) -> Response:
    """GET /api/v1/notifications/:id"""
    wanted = params.number(request.path_params, "id", 0)
    row = world.store.one(_LIVE + " AND n.id = ?2", visitor.me.id, wanted)
    if row is None:
        raise errors.not_found()
    return JSONResponse(rendered(Renderer(world, base(request), visitor.person), _read(world, row)))
