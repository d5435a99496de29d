"""Containers of Instagram and Threads: made, processed for a while, published once, or gone after a day.

Unsure, and chosen here: the platform fetches the medium while the call that makes the container waits; a picture that
cannot be fetched is refused at once, a video that cannot be becomes a container in error.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.world import World

Json = dict[str, Any]

TABLE = "graph_containers"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    platform TEXT NOT NULL, id TEXT NOT NULL, person_id TEXT NOT NULL, media_type TEXT NOT NULL, is_item INTEGER NOT NULL,
    text TEXT NOT NULL, details TEXT NOT NULL, media TEXT NOT NULL, children TEXT NOT NULL, created_at REAL NOT NULL,
    ready_at REAL, expires_at REAL NOT NULL, error TEXT, post_id TEXT, PRIMARY KEY (platform, id));
CREATE INDEX IF NOT EXISTS {TABLE}_by_person ON {TABLE} (platform, person_id, created_at);
"""
IN_PROGRESS, FINISHED, PUBLISHED, ERROR, EXPIRED = "IN_PROGRESS", "FINISHED", "PUBLISHED", "ERROR", "EXPIRED"


@dataclass(frozen=True)
class Container:
    """`ready_at` None: its bytes are still to come. `error`: what went wrong, in the platform's word or number."""

    platform: str
    id: str
    person_id: str
    media_type: str
    is_item: bool
    text: str
    created_at: float
    expires_at: float
    ready_at: float | None
    details: Json = field(default_factory=dict[str, Any])
    media: list[Json] = field(default_factory=list[Json])
    children: list[str] = field(default_factory=list[str])
    error: str | None = None
    post_id: str | None = None

    def state(self, now: float) -> str:
        if self.post_id is not None:
            return PUBLISHED
        if self.expires_at <= now:
            return EXPIRED
        if self.ready_at is None or self.ready_at > now:
            return IN_PROGRESS
        return ERROR if self.error else FINISHED


_JSON = ("details", "media", "children")


def save(world: World, container: Container) -> None:
    columns = tuple(Container.__dataclass_fields__)
    values = [getattr(container, name) for name in columns]
    told = [json.dumps(value) if name in _JSON else value for name, value in zip(columns, values, strict=True)]
    marks = ", ".join("?" * len(columns))
    sql = f"INSERT OR REPLACE INTO graph_containers ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - field names
    world.store.run(sql, *told)


def _container(row: sqlite3.Row) -> Container:
    values: Json = {name: json.loads(row[name]) if name in _JSON else row[name] for name in Container.__dataclass_fields__}
    values["is_item"] = bool(row["is_item"])
    return Container(**values)


def find(world: World, platform: str, person_id: str, container_id: str) -> Container | None:
    """Only the account's own."""
    row = world.store.one(
        "SELECT * FROM graph_containers WHERE platform = ? AND id = ? AND person_id = ?", platform, container_id, person_id
    )
    return _container(row) if row else None


def made_since(world: World, platform: str, person_id: str, since: float) -> int:
    row = world.store.one(
        "SELECT count(*) AS n FROM graph_containers WHERE platform = ? AND person_id = ? AND created_at > ?",
        *(platform, person_id, since),
    )
    return row["n"] if row else 0


def children_of(world: World, container: Container) -> Sequence[Container]:
    found = [find(world, container.platform, container.person_id, child) for child in container.children]
    return [child for child in found if child is not None]


def publish(world: World, container: Container, post: Post) -> Post:
    """In the books and used up, together; the caller has checked its state in this same step, without awaiting."""
    with world.store.transaction():
        books.accept(world.store, post)
        save(world, replace(container, post_id=post.id))
    return post
