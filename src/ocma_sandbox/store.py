import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS sequences (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS people (
    platform TEXT NOT NULL, id TEXT NOT NULL, handle TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL,
    created_at REAL NOT NULL, followers INTEGER NOT NULL DEFAULT 0, following INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (platform, id), UNIQUE (platform, handle));
CREATE TABLE IF NOT EXISTS apps (
    platform TEXT NOT NULL, client_id TEXT NOT NULL, client_secret TEXT NOT NULL, name TEXT NOT NULL, website TEXT,
    redirect_uris TEXT NOT NULL, scopes TEXT NOT NULL, created_at REAL NOT NULL, PRIMARY KEY (platform, client_id));
CREATE TABLE IF NOT EXISTS codes (
    hash TEXT PRIMARY KEY, platform TEXT NOT NULL, client_id TEXT NOT NULL, person_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL, scope TEXT NOT NULL, challenge TEXT NOT NULL, challenge_method TEXT NOT NULL,
    expires_at REAL NOT NULL, redeemed_at REAL);
CREATE TABLE IF NOT EXISTS grants (
    id INTEGER PRIMARY KEY, platform TEXT NOT NULL, client_id TEXT NOT NULL, person_id TEXT, scope TEXT NOT NULL,
    created_at REAL NOT NULL, revoked_at REAL);
CREATE TABLE IF NOT EXISTS tokens (
    hash TEXT PRIMARY KEY, grant_id INTEGER NOT NULL REFERENCES grants (id), kind TEXT NOT NULL,
    created_at REAL NOT NULL, expires_at REAL, revoked_at REAL, spent_at REAL);
CREATE TABLE IF NOT EXISTS posts (
    seq INTEGER PRIMARY KEY, platform TEXT NOT NULL, id TEXT NOT NULL, person_id TEXT NOT NULL, content TEXT NOT NULL,
    details TEXT NOT NULL, media TEXT NOT NULL, reply_to TEXT, fingerprint TEXT, idempotency_key TEXT,
    metrics TEXT NOT NULL DEFAULT '{}', at REAL NOT NULL, deleted_at REAL, UNIQUE (platform, id));
CREATE INDEX IF NOT EXISTS posts_by_person ON posts (platform, person_id, deleted_at);
CREATE INDEX IF NOT EXISTS posts_by_reply ON posts (platform, reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX IF NOT EXISTS posts_by_print ON posts (platform, person_id, fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX IF NOT EXISTS posts_by_key
    ON posts (platform, person_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE TABLE IF NOT EXISTS media (
    platform TEXT NOT NULL, id TEXT NOT NULL, person_id TEXT NOT NULL, mime_type TEXT NOT NULL,
    category TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, width INTEGER, height INTEGER,
    alt_text TEXT, created_at REAL NOT NULL, uploaded_at REAL, ready_at REAL, expires_at REAL, error TEXT,
    post_id TEXT, PRIMARY KEY (platform, id));
"""


class Store:
    """One SQLite database: a file, or memory when there is no path.

    A committed write survives kill -9 of this process (write-ahead log, no fsync: it need not survive a power cut).
    """

    def __init__(self, path: Path | None, schemas: Iterable[str] = ()) -> None:
        self._db = sqlite3.connect(str(path) if path else ":memory:", timeout=0.5, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        # exclusive: a second sandbox on the same file must fail, not share ids and books
        self._db.executescript(
            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-2000;"
        )
        self._db.executescript("BEGIN;" + SCHEMA + "".join(schemas) + "COMMIT;")

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        return self._db.execute(sql, values).fetchone()

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._db.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> int:
        """The number of rows touched."""
        return self._db.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing; inside another transaction it is part of that one. Never await in here."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def next_id(self, sequence: str, floor: int) -> int:
        """A number above every earlier one of this sequence and not under `floor`, also after a restart."""
        with self.transaction():
            self.run("INSERT OR IGNORE INTO sequences VALUES (?, 0)", sequence)
            self.run("UPDATE sequences SET last = max(last + 1, ?) WHERE name = ?", floor, sequence)
            row = self.one("SELECT last FROM sequences WHERE name = ?", sequence)
        if row is None:
            raise LookupError(sequence)
        return row["last"]

    def close(self) -> None:
        self._db.close()
