import json
import sqlite3
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ocma_sandbox.store import Store

Json = dict[str, Any]

BOOKED: ContextVar[list[str] | None] = ContextVar("booked", default=None)
"""The gate puts a list here before a platform handles a request; every publish accepted adds its id."""


@dataclass(frozen=True)
class Post:
    """One publish accepted. `content` is what was sent, `details` what the platform keeps beside it."""

    platform: str
    id: str
    person_id: str
    content: str
    at: float
    details: Json = field(default_factory=dict[str, Any])
    media: list[Json] = field(default_factory=list[Json])
    reply_to: str | None = None
    fingerprint: str | None = None
    idempotency_key: str | None = None
    metrics: Json = field(default_factory=dict[str, Any])
    deleted_at: float | None = None
    seq: int = 0


def _post(row: sqlite3.Row) -> Post:
    names = ("platform", "id", "person_id", "content", "at", "reply_to", "fingerprint", "idempotency_key")
    return Post(
        **{name: row[name] for name in names},
        **{name: json.loads(row[name]) for name in ("details", "media", "metrics")},
        deleted_at=row["deleted_at"],
        seq=row["seq"],
    )


def accept(store: Store, post: Post) -> None:
    """The moment of publishing: one transaction, then it is in the books whatever becomes of the answer."""
    with store.transaction():
        store.run(
            "INSERT INTO posts (platform, id, person_id, content, details, media, reply_to, fingerprint,"
            " idempotency_key, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(post.platform, post.id, post.person_id, post.content, json.dumps(post.details), json.dumps(post.media)),
            *(post.reply_to, post.fingerprint, post.idempotency_key, post.at),
        )
    booked = BOOKED.get()
    if booked is not None:
        booked.append(post.id)


def find(store: Store, platform: str, post_id: str) -> Post | None:
    """None also when it was deleted."""
    row = store.one("SELECT * FROM posts WHERE platform = ? AND id = ? AND deleted_at IS NULL", platform, post_id)
    return _post(row) if row else None


def select(store: Store, where: str, *values: Any, limit: int = -1, newest_first: bool = True) -> list[Post]:
    """Posts by a condition that the platform's code writes (never text from a request), in order of acceptance."""
    order = "DESC" if newest_first else "ASC"
    # `where` is a constant of our own code; what comes from outside is in `values`
    sql = f"SELECT * FROM posts WHERE {where} ORDER BY seq {order} LIMIT {limit:d}"  # noqa: S608
    return [_post(row) for row in store.all(sql, *values)]


def count(store: Store, where: str, *values: Any) -> int:
    row = store.one(f"SELECT count(*) AS n FROM posts WHERE {where}", *values)  # noqa: S608 - as above
    return row["n"] if row else 0


def delete(store: Store, post: Post, now: float) -> None:
    store.run("UPDATE posts SET deleted_at = ? WHERE platform = ? AND id = ?", now, post.platform, post.id)


def set_metrics(store: Store, post: Post, metrics: Json) -> None:
    merged = json.dumps({**post.metrics, **metrics})
    store.run("UPDATE posts SET metrics = ? WHERE platform = ? AND id = ?", merged, post.platform, post.id)


def entries(store: Store, platform: str | None = None, account: str | None = None, limit: int = -1) -> list[Json]:
    """The books as the control API shows them: oldest first; with a limit, the newest ones, newest first."""
    rows = store.all(
        "SELECT posts.*, people.handle FROM posts"
        " JOIN people ON people.platform = posts.platform AND people.id = posts.person_id"
        " WHERE (?1 IS NULL OR posts.platform = ?1) AND (?2 IS NULL OR people.handle = ?2)"
        " ORDER BY CASE WHEN ?3 < 0 THEN seq ELSE -seq END LIMIT ?3",
        *(platform, account, limit),
    )
    return [_entry(row) for row in rows]


def _entry(row: sqlite3.Row) -> Json:
    post = _post(row)
    entry: Json = {
        "platform": post.platform,
        "account": row["handle"],
        "accountId": post.person_id,
        "id": post.id,
        "content": post.content,
        "media": post.media,
        "replyTo": post.reply_to,
        "at": iso(post.at),
        "deleted": post.deleted_at is not None,
        "details": post.details,
    }
    return entry if post.idempotency_key is None else {**entry, "idempotencyKey": post.idempotency_key}


def iso(at: float) -> str:
    """RFC 3339 in UTC with milliseconds, as both the control API and the platforms write times."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
