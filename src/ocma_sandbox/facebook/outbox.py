"""The moment of publishing: now, at a time, or never by itself; and what waits for its time."""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ocma_sandbox import books, media
from ocma_sandbox.books import Post
from ocma_sandbox.facebook import settings
from ocma_sandbox.facebook.page import KEY
from ocma_sandbox.graph import calls, errors
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.media import Media
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

TABLE = "facebook_waiting"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    id TEXT PRIMARY KEY, page_id TEXT NOT NULL, post TEXT NOT NULL, due_at REAL, created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS {TABLE}_by_time ON {TABLE} (due_at);
"""
SOONEST, LATEST = 600, 30 * 86400


@dataclass(frozen=True)
class When:
    """`due_at` None: now when `published`, else not by itself."""

    published: bool
    due_at: float | None = None


def when(visit: Visit) -> When:
    published, due_at = visit.params.flag("published", otherwise=True), visit.params.moment("scheduled_publish_time")
    if due_at is None:
        return When(published)
    if published:
        raise errors.invalid("You cannot specify a scheduled publish time on a published post")
    return When(False, check_due(visit.world, due_at))


def check_due(world: World, due_at: float) -> float:
    if not SOONEST <= due_at - world.clock() <= LATEST:
        raise errors.invalid("The specified scheduled publish time is invalid.")
    return due_at


def send(visit: Visit, post: Post, at: When, attached: Sequence[Media] = ()) -> Post:
    """Accepted, or kept until it is due; the photos in it are used up either way."""
    if at.published:
        calls.refuse_publish_if_set(visit)
    world = visit.world
    with world.store.transaction():
        if at.published:
            _check_duplicate(world, post)
            books.accept(world.store, post)
        else:
            row = (post.id, post.person_id, json.dumps(asdict(post)), at.due_at, world.clock())
            world.store.run("INSERT INTO facebook_waiting VALUES (?, ?, ?, ?, ?)", *row)
        for item in attached:
            media.attach(world.store, item, post.id)
    return post


def _check_duplicate(world: World, post: Post) -> None:
    """Only the page's last post counts: identical and consecutive."""
    if post.fingerprint is None or not settings.of(world).duplicates_refused:
        return
    last = "platform = 'facebook' AND person_id = ? AND fingerprint IS NOT NULL AND deleted_at IS NULL"
    found = books.select(world.store, last, post.person_id, limit=1)
    if found and found[0].fingerprint == post.fingerprint:
        raise errors.refuse(506)


def fingerprint(message: str, link: str | None, attached: Sequence[Media]) -> str:
    whole = json.dumps([message, link, [item.sha256 for item in attached]])
    return hashlib.sha256(whole.encode()).hexdigest()


def settle(world: World) -> None:
    """Publishes what was to appear now or earlier."""
    rows = world.store.all("SELECT * FROM facebook_waiting WHERE due_at <= ? ORDER BY due_at, id", world.clock())
    for row in rows:
        with world.store.transaction():
            remove(world, row["id"])
            books.accept(world.store, replace(_post(row), at=row["due_at"]))


def _post(row: sqlite3.Row) -> Post:
    return Post(**json.loads(row["post"]))


def find(world: World, page: Person, post_id: str) -> tuple[Post, float | None] | None:
    """A post that waits, and its time."""
    row = world.store.one("SELECT * FROM facebook_waiting WHERE id = ? AND page_id = ?", post_id, page.id)
    return (_post(row), row["due_at"]) if row else None


def waiting(world: World, page: Person) -> list[tuple[Post, float]]:
    rows = world.store.all(
        "SELECT * FROM facebook_waiting WHERE page_id = ? AND due_at IS NOT NULL ORDER BY due_at DESC", page.id
    )
    return [(_post(row), row["due_at"]) for row in rows]


def remove(world: World, post_id: str) -> None:
    world.store.run("DELETE FROM facebook_waiting WHERE id = ?", post_id)


def change(world: World, post: Post, message: str) -> None:
    """A new message for a post that is live or waits."""
    world.store.run("UPDATE posts SET content = ? WHERE platform = ? AND id = ?", message, KEY, post.id)
    changed = json.dumps(asdict(replace(post, content=message)))
    world.store.run("UPDATE facebook_waiting SET post = ? WHERE id = ?", changed, post.id)


def new_post_id(visit: Visit, page: Person) -> str:
    return f"{page.id}_{visit.caller.house.new_id(visit.world)}"
