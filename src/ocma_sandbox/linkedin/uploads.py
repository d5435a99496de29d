"""Where bytes may be sent: one address for each part, which is all that it takes to know."""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ocma_sandbox import media
from ocma_sandbox.linkedin import settings
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.media import Media
from ocma_sandbox.world import World

TABLE = "linkedin_uploads"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    key TEXT PRIMARY KEY, media_id TEXT NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER,
    etag TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS linkedin_uploads_by_media ON {TABLE} (media_id);
"""
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """`last` None: the whole file, however long. `etag` is empty until the bytes have come."""

    key: str
    media_id: str
    number: int
    first: int
    last: int | None
    etag: str
    expires_at: float


def _upload(row: sqlite3.Row) -> Upload:
    return Upload(**{name: row[name] for name in Upload.__dataclass_fields__})


def add(world: World, item: Media, first: int, last: int | None, number: int = 0) -> Upload:
    expires_at = world.clock() + settings.of(world).upload_seconds
    upload = Upload(secrets.token_urlsafe(24), item.id, number, first, last, "", expires_at)
    world.store.run(
        "INSERT INTO linkedin_uploads VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(upload.key, item.id, number, first, last, upload.etag, expires_at),
    )
    return upload


def add_parts(world: World, item: Media) -> list[Upload]:
    size = settings.of(world).part_bytes
    starts = range(0, item.size, size)
    return [add(world, item, start, min(start + size, item.size) - 1, number) for number, start in enumerate(starts)]


def find(world: World, key: str) -> Upload | None:
    row = world.store.one("SELECT * FROM linkedin_uploads WHERE key = ?", key)
    return _upload(row) if row else None


def of_media(world: World, item: Media) -> list[Upload]:
    rows = world.store.all("SELECT * FROM linkedin_uploads WHERE media_id = ? ORDER BY number", item.id)
    return [_upload(row) for row in rows]


def receive(world: World, upload: Upload, content: bytes) -> str:
    """Notes that a part has come, and gives its ETag: a path, as LinkedIn's are, and not in quotes."""
    etag = f"/ambry-video/signedId/{media.digest(content)}.{upload.number}.bin"
    world.store.run("UPDATE linkedin_uploads SET etag = ? WHERE key = ?", etag, upload.key)
    return etag


def url(base: str, upload: Upload) -> str:
    return f"{base}/dms-uploads/{upload.key}"


def token(item: Media) -> str:
    """The uploadToken, which has to come back when the video is finalized."""
    return f"token-{media.digest(item.id.encode())[:16]}"


def folder(item: Media) -> str:
    return f"{KEY}-{media.digest(item.id.encode())[:16]}.parts"


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 of the files, one after the other, without holding them."""
    whole = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while piece := file.read(_CHUNK):
                whole.update(piece)
    return whole.hexdigest()
