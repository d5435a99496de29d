import hashlib
import sqlite3
from dataclasses import dataclass
from typing import Any

from ocma_sandbox.store import Store


@dataclass(frozen=True)
class Media:
    """An upload. `uploaded_at` None: chunks may still come; `ready_at` in the future: being processed."""

    platform: str
    id: str
    person_id: str
    mime_type: str
    category: str
    created_at: float
    size: int = 0
    sha256: str = ""
    width: int | None = None
    height: int | None = None
    alt_text: str | None = None
    uploaded_at: float | None = None
    ready_at: float | None = None
    expires_at: float | None = None
    error: str | None = None
    post_id: str | None = None

    def is_ready(self, now: float) -> bool:
        return self.error is None and self.ready_at is not None and self.ready_at <= now


def save(store: Store, media: Media) -> None:
    columns = tuple(media.__dataclass_fields__)
    marks = ", ".join("?" * len(columns))
    sql = f"INSERT OR REPLACE INTO media ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - field names, no input
    store.run(sql, *(getattr(media, column) for column in columns))


def _media(row: sqlite3.Row) -> Media:
    return Media(**{name: row[name] for name in Media.__dataclass_fields__})


def find(store: Store, platform: str, media_id: str) -> Media | None:
    row = store.one("SELECT * FROM media WHERE platform = ? AND id = ?", platform, media_id)
    return _media(row) if row else None


def attach(store: Store, media: Media, post_id: str) -> None:
    store.run("UPDATE media SET post_id = ? WHERE platform = ? AND id = ?", post_id, media.platform, media.id)


def detach(store: Store, platform: str, post_id: str) -> None:
    store.run("UPDATE media SET post_id = NULL WHERE platform = ? AND post_id = ?", platform, post_id)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def entry(media: Media) -> dict[str, Any]:
    """As it stands in the books."""
    return {
        "id": media.id,
        "altText": media.alt_text,
        "mimeType": media.mime_type,
        "size": media.size,
        "sha256": media.sha256,
        "category": media.category,
        "width": media.width,
        "height": media.height,
    }
