"""What a post's record says, for the books: media, kind, what it answers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ocma_sandbox import books, media
from ocma_sandbox.bluesky import blobs, validation
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.bluesky.repository import Record
from ocma_sandbox.books import Post
from ocma_sandbox.world import World

Json = dict[str, Any]

COLLECTION = "app.bsky.feed.post"
_KINDS = {
    "app.bsky.embed.images": "images",
    "app.bsky.embed.gallery": "gallery",
    "app.bsky.embed.video": "video",
    "app.bsky.embed.external": "link",
    "app.bsky.embed.record": "quote",
}
_CATEGORIES = {"file": "captions"}


def book(world: World, record: Record) -> None:
    """A new post; one that was deleted and has the same record key stays in the books under another name."""
    uri = record.key.uri
    sql = "UPDATE posts SET id = id || '#' || seq WHERE platform = ? AND id = ? AND deleted_at IS NOT NULL"
    world.store.run(sql, KEY, uri)
    books.accept(world.store, _post(world, record))


def rebook(world: World, record: Record) -> None:
    """An overwritten post: still one, with what it says now."""
    post, old = _post(world, record), books.find(world.store, KEY, record.key.uri)
    if old is None:
        raise LookupError(record.key.uri)
    world.store.run(
        "UPDATE posts SET content = ?, details = ?, media = ?, reply_to = ? WHERE platform = ? AND id = ?",
        *(post.content, json.dumps(post.details), json.dumps(post.media), post.reply_to, KEY, post.id),
    )


def unbook(world: World, uri: str) -> None:
    post = books.find(world.store, KEY, uri)
    if post is not None:
        books.delete(world.store, post, world.clock())


def _post(world: World, record: Record) -> Post:
    value = record.value
    return Post(
        platform=KEY,
        id=record.key.uri,
        person_id=record.key.did,
        content=value["text"] if isinstance(value.get("text"), str) else "",
        at=world.clock(),
        details={"cid": record.cid, "kind": kind(value), "record": value},
        media=[media.entry(item) for item in _media(world, record)],
        reply_to=_text(value, "reply", "parent", "uri"),
    )


def kind(value: Json) -> str:
    """text, images, gallery, video, link, quote, or a quote with one of those: quote+images."""
    embed = value.get("embed")
    name = embed.get("$type") if isinstance(embed, dict) else None
    if isinstance(embed, dict) and name == "app.bsky.embed.recordWithMedia":
        return "quote+" + kind({"embed": embed.get("media")})
    return _KINDS.get(name or "", "text")


def _media(world: World, record: Record) -> Iterator[media.Media]:
    for category, reference, described in references(record.value.get("embed")):
        blob = blobs.find(world, record.key.did, reference["ref"]["$link"])
        if blob is not None:
            yield replace(blob.medium(category, described), mime_type=reference["mimeType"])


def references(value: Any) -> Iterator[tuple[str, Json, str | None]]:
    """Every blob in it: what it is for, the reference, and its description (captions: their language)."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        fields: Json = value
        for key, item in fields.items():
            if validation.is_blob(item):
                yield _CATEGORIES.get(key, key), item, _text(value, "alt") or _text(value, "lang")
            else:
                yield from references(item)


def _text(value: Any, *path: str) -> str | None:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
