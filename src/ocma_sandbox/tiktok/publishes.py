"""Publishing tasks, by publish_id: what was asked for, how far its bytes are, what became of it."""

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.people import Person
from ocma_sandbox.tiktok import settings
from ocma_sandbox.tiktok.calls import KEY
from ocma_sandbox.tiktok.oauth import new_id
from ocma_sandbox.world import World

Json = dict[str, Any]

PUBLIC = "PUBLIC_TO_EVERYONE"
TABLE = "tiktok_publishes"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    id TEXT PRIMARY KEY, person_id TEXT NOT NULL, draft TEXT NOT NULL, upload_id TEXT NOT NULL UNIQUE,
    upload_token TEXT NOT NULL, created_at REAL NOT NULL, received INTEGER NOT NULL, writer TEXT NOT NULL,
    ready_at REAL, fail_reason TEXT, post_id TEXT);
"""


@dataclass(frozen=True)
class Draft:
    """`mode`: direct or inbox. `urls` to pull from; without any, `size` bytes come in chunks."""

    kind: str
    mode: str
    title: str = ""
    description: str = ""
    privacy: str = ""
    options: Json = field(default_factory=dict[str, Any])
    urls: list[str] = field(default_factory=list[str])
    size: int = 0
    chunk_size: int = 0
    chunk_count: int = 0

    @property
    def text(self) -> str:
        return "\n\n".join(part for part in (self.title, self.description) if part)


@dataclass(frozen=True)
class Publish:
    """`ready_at` None: bytes are still missing; in the future: being processed, though its end is decided already.

    `writer` names the request that may write bytes: the newest one.
    """

    id: str
    person_id: str
    draft: Draft
    upload_id: str
    upload_token: str
    created_at: float
    received: int = 0
    writer: str = ""
    ready_at: float | None = None
    fail_reason: str | None = None
    post_id: str | None = None


def begin(world: World, person: Person, draft: Draft) -> Publish:
    number = new_id(world)
    place = {"video": "v", "photo": "p"}[draft.kind] + ("_pub" if draft.mode == "direct" else "_inbox")
    publish_id = f"{place}_{'url' if draft.urls else 'file'}~v2-1.{number}"
    begun = Publish(publish_id, person.id, draft, str(number), secrets.token_urlsafe(24), world.clock())
    save(world, begun)
    return begun


def save(world: World, publish: Publish) -> None:
    values = {
        **{name: getattr(publish, name) for name in Publish.__dataclass_fields__},
        "draft": json.dumps(asdict(publish.draft)),
    }
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    world.store.run(f"INSERT OR REPLACE INTO {TABLE} ({names}) VALUES ({marks})", *values.values())  # noqa: S608 - field names


def _publish(row: sqlite3.Row) -> Publish:
    values: Json = {name: row[name] for name in Publish.__dataclass_fields__}
    values["draft"] = Draft(**json.loads(row["draft"]))
    return Publish(**values)


def find(world: World, publish_id: str) -> Publish | None:
    row = world.store.one(f"SELECT * FROM {TABLE} WHERE id = ?", publish_id)  # noqa: S608 - a constant
    return _publish(row) if row else None


def find_upload(world: World, upload_id: str) -> Publish | None:
    row = world.store.one(f"SELECT * FROM {TABLE} WHERE upload_id = ?", upload_id)  # noqa: S608 - a constant
    return _publish(row) if row else None


def is_late(world: World, publish: Publish) -> bool:
    """Its bytes did not come within the hour, and will not be taken any more."""
    return publish.ready_at is None and world.clock() >= publish.created_at + settings.of(world).upload_seconds


def decide(world: World, publish: Publish, files: Sequence[Json], wrong: str | None) -> bool:
    """All bytes are here. A publish that nothing speaks against is in the books from now on, once.

    Real processing would take until `ready_at` to come to this; until then only the status hides it. False when it
    is too late: then the status has said FAILED already.
    """
    chosen, now = settings.of(world), world.clock()
    reason = wrong or chosen.processing_fails or None
    ready_at = now + chosen.processing_seconds
    with world.store.transaction():
        current = find(world, publish.id)
        if current is None or current.ready_at is not None or is_late(world, current):
            return False
        post = None if reason else _post(world, publish, files, ready_at)
        if post:
            books.accept(world.store, post)
        decided = replace(current, ready_at=ready_at, fail_reason=reason, post_id=post.id if post else None)
        save(world, replace(decided, received=sum(file["size"] for file in files)))
    return True


def _post(world: World, publish: Publish, files: Sequence[Json], ready_at: float) -> Post:
    draft = publish.draft
    details: Json = {
        "kind": draft.kind,
        "mode": draft.mode,
        "publishId": publish.id,
        "title": draft.title,
        "description": draft.description,
        "privacyLevel": draft.privacy,
        "options": draft.options,
        "publicAt": ready_at + settings.of(world).moderation_seconds,
    }
    return Post(
        platform=KEY,
        id=str(new_id(world)),
        person_id=publish.person_id,
        content=draft.text,
        at=world.clock(),
        details=details,
        media=list(files),
    )


def find_post(world: World, publish: Publish) -> Post | None:
    return books.find(world.store, KEY, publish.post_id) if publish.post_id else None


def is_public(world: World, post: Post) -> bool:
    """Direct, for everyone, and through moderation."""
    kept = post.details
    return (kept["mode"], kept["privacyLevel"]) == ("direct", PUBLIC) and kept["publicAt"] <= world.clock()


def count(world: World, mode: str, since: float, person_id: str) -> int:
    """How many publishes of a creator were accepted since then, deleted or not."""
    where = "platform = 'tiktok' AND person_id = ? AND at > ? AND details ->> '$.mode' = ?"
    return books.count(world.store, where, person_id, since, mode)


def creators(world: World, since: float) -> set[str]:
    """Who has posted since then."""
    where = "platform = 'tiktok' AND at > ? AND details ->> '$.mode' = 'direct'"
    return {post.person_id for post in books.select(world.store, where, since)}
