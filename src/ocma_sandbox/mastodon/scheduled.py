"""Statuses for later, published by the sandbox when somebody looks after their time has come."""

import json
import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import media
from ocma_sandbox.books import iso
from ocma_sandbox.mastodon import errors
from ocma_sandbox.mastodon.calls import KEY, Visitor, base
from ocma_sandbox.mastodon.drafts import Draft
from ocma_sandbox.mastodon.entities import Renderer
from ocma_sandbox.mastodon.oauth import new_id
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

TABLE = "mastodon_scheduled"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    id TEXT PRIMARY KEY, person_id TEXT NOT NULL, draft TEXT NOT NULL, due_at REAL NOT NULL,
    idempotency_key TEXT, created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS {TABLE}_by_time ON {TABLE} (due_at);
"""


def save(world: World, renderer: Renderer, person: Person, draft: Draft, key: str | None) -> Json:
    row_id, now = str(new_id(world)), world.clock()
    with world.store.transaction():
        world.store.run(
            "INSERT INTO mastodon_scheduled VALUES (?, ?, ?, ?, ?, ?)",
            *(row_id, person.id, json.dumps(draft.as_json()), draft.scheduled_at, key, now),
        )
        for media_id in draft.media_ids:
            item = media.find(world.store, KEY, media_id)
            if item is not None:
                media.attach(world.store, item, row_id)
    return _shown(renderer, row_id, draft)


def _shown(renderer: Renderer, row_id: str, draft: Draft) -> Json:
    found = [media.find(renderer.world.store, KEY, media_id) for media_id in draft.media_ids]
    kept = {name: value for name, value in draft.details.items() if name != "application"}
    wanted = {"text": draft.content, "in_reply_to_id": draft.reply_to, "media_ids": draft.media_ids or None}
    return {
        "id": row_id,
        "scheduled_at": iso(draft.scheduled_at or 0),
        "params": {**wanted, **kept, "scheduled_at": None},
        "media_attachments": [renderer.media(item) for item in found if item],
    }


def draft_of(row: sqlite3.Row) -> Draft:
    return Draft(**json.loads(row["draft"]))


def due(world: World) -> list[sqlite3.Row]:
    return world.store.all("SELECT * FROM mastodon_scheduled WHERE due_at <= ? ORDER BY due_at, id", world.clock())


def remove(world: World, row_id: str) -> None:
    world.store.run("DELETE FROM mastodon_scheduled WHERE id = ?", row_id)


def find_by_key(world: World, renderer: Renderer, person: Person, key: str, since: float) -> Json | None:
    row = world.store.one(
        "SELECT * FROM mastodon_scheduled WHERE person_id = ? AND idempotency_key = ? AND created_at > ?",
        *(person.id, key, since),
    )
    return _shown(renderer, row["id"], draft_of(row)) if row else None


def _own(world: World, visitor: Visitor, request: Request) -> sqlite3.Row:
    sql = "SELECT * FROM mastodon_scheduled WHERE id = ? AND person_id = ?"
    row = world.store.one(sql, request.path_params["id"], visitor.me.id)
    if row is None:
        raise errors.not_found()
    return row


async def list_(world: World, visitor: Visitor, request: Request) -> Response:
    rows = world.store.all("SELECT * FROM mastodon_scheduled WHERE person_id = ? ORDER BY id DESC", visitor.me.id)
    renderer = Renderer(world, base(request), visitor.person)
    return JSONResponse([_shown(renderer, row["id"], draft_of(row)) for row in rows])


async def show(world: World, visitor: Visitor, request: Request) -> Response:
    row = _own(world, visitor, request)
    return JSONResponse(_shown(Renderer(world, base(request), visitor.person), row["id"], draft_of(row)))


async def cancel(world: World, visitor: Visitor, request: Request) -> Response:
    row = _own(world, visitor, request)
    with world.store.transaction():
        remove(world, row["id"])
        media.detach(world.store, KEY, row["id"])
    return JSONResponse({})
