"""Uploaded bytes, named by what they are; a record must refer to them before they are forgotten."""

import hashlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from secrets import token_hex

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from ocma_sandbox.bluesky import cids, errors, identity, settings
from ocma_sandbox.bluesky.calls import Asked, Visitor
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.bluesky.quotas import BLOBS, Charge
from ocma_sandbox.media import Media
from ocma_sandbox.sniff import sniff
from ocma_sandbox.world import World

SCHEMA = """
CREATE TABLE IF NOT EXISTS bluesky_blobs (
    did TEXT NOT NULL, cid TEXT NOT NULL, mime_type TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
    width INTEGER, height INTEGER, file TEXT NOT NULL, created_at REAL NOT NULL, used_at REAL, PRIMARY KEY (did, cid));
"""
TABLE = "bluesky_blobs"
PART = 1_048_576


@dataclass(frozen=True)
class Stored:
    """Bytes that lie in numbered parts under `file`; `head` is their beginning."""

    file: str
    size: int
    sha256: str
    head: bytes


@dataclass(frozen=True)
class Blob:
    """`created_at` may be in the future: a video that is being processed. `used_at`: a record has referred to it."""

    did: str
    cid: str
    mime_type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    file: str
    created_at: float
    used_at: float | None = None

    def reference(self) -> dict[str, object]:
        return {"$type": "blob", "ref": {"$link": self.cid}, "mimeType": self.mime_type, "size": self.size}

    def medium(self, category: str, alt_text: str | None) -> Media:
        """As it stands in the books."""
        return Media(
            platform=KEY,
            id=self.cid,
            person_id=self.did,
            mime_type=self.mime_type,
            category=category,
            created_at=self.created_at,
            size=self.size,
            sha256=self.sha256,
            width=self.width,
            height=self.height,
            alt_text=alt_text,
        )


def _blob(row: sqlite3.Row) -> Blob:
    return Blob(**{name: row[name] for name in Blob.__dataclass_fields__})


def find(world: World, did: str, cid: str) -> Blob | None:
    """None also when it came too long ago and nothing refers to it, or is still being processed."""
    now = world.clock()
    row = world.store.one(
        "SELECT * FROM bluesky_blobs WHERE did = ? AND cid = ? AND created_at <= ? AND (used_at IS NOT NULL OR created_at > ?)",
        *(did, cid, now, now - settings.of(world).blob_seconds),
    )
    return _blob(row) if row else None


def use(world: World, blob: Blob) -> None:
    sql = "UPDATE bluesky_blobs SET used_at = ? WHERE did = ? AND cid = ?"
    world.store.run(sql, world.clock(), blob.did, blob.cid)


def keep(world: World, did: str, stored: Stored, declared: str, *, ready_at: float) -> Blob:
    """Makes stored bytes a blob of the account. What the bytes are goes before what they are said to be."""
    sniffed, cid = sniff(stored.head), cids.of_blob(stored.sha256)
    old = world.store.one("SELECT file, used_at FROM bluesky_blobs WHERE did = ? AND cid = ?", did, cid)
    blob = Blob(
        did=did,
        cid=cid,
        mime_type=sniffed.mime_type if sniffed else declared,
        size=stored.size,
        sha256=stored.sha256,
        width=sniffed.width if sniffed else None,
        height=sniffed.height if sniffed else None,
        file=stored.file,
        created_at=ready_at,
        used_at=old["used_at"] if old else None,
    )
    if old:
        world.blobs.remove(old["file"])
    marks = ", ".join("?" * len(Blob.__dataclass_fields__))
    sql = f"INSERT OR REPLACE INTO bluesky_blobs VALUES ({marks})"  # noqa: S608 - question marks, no input
    world.store.run(sql, *(getattr(blob, name) for name in Blob.__dataclass_fields__))
    return blob


async def receive(world: World, request: Request, most: int) -> Stored:
    """The body's bytes onto the disk, a part at a time. Raises `Refused` when there are more than `most`."""
    if int(request.headers.get("content-length", "0")) > most:
        raise errors.too_large()
    file, size, digest, head = f"{KEY}-{token_hex(12)}", 0, hashlib.sha256(), b""
    number = 0
    async for part in _parts(request):
        size += len(part)
        if size > most:
            world.blobs.remove(file)
            raise errors.too_large()
        digest.update(part)
        head = head or part
        world.blobs.write(f"{file}/{number}", part)
        number += 1
    return Stored(file, size, digest.hexdigest(), head)


async def _parts(request: Request) -> AsyncIterator[bytes]:
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        while len(waiting) >= PART:
            yield bytes(waiting[:PART])
            del waiting[:PART]
    if waiting:
        yield bytes(waiting)


def upload_charges(visitor: Visitor, _asked: Asked) -> list[Charge]:
    return [Charge("blobs", BLOBS, visitor.me.id)]


async def upload(world: World, visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.repo.uploadBlob"""
    declared = asked.request.headers["content-type"].partition(";")[0].strip().lower()
    visitor.scopes.need_blob(declared)
    stored = await receive(world, asked.request, settings.of(world).blob_limit)
    blob = keep(world, visitor.me.id, stored, declared, ready_at=world.clock())
    return JSONResponse({"blob": blob.reference()})


async def file(world: World, request: Request) -> Response:
    """com.atproto.sync.getBlob, where the pictures of the views point."""
    person = identity.find(world, request.query_params.get("did", ""))
    blob = find(world, person.id, request.query_params.get("cid", "")) if person else None
    if blob is None:
        return errors.error(400, "BlobNotFound", "Blob not found")
    safe = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(_content(world, blob), media_type=blob.mime_type, headers=safe)


def _content(world: World, blob: Blob) -> Iterator[bytes]:
    for part in world.blobs.parts(blob.file):
        yield part.read_bytes()
