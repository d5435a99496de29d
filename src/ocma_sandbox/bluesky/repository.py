"""An account's records: what is where, and the head of its history."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from ocma_sandbox.bluesky import cids, tids
from ocma_sandbox.store import Store
from ocma_sandbox.world import World

Json = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS bluesky_records (
    did TEXT NOT NULL, collection TEXT NOT NULL, rkey TEXT NOT NULL, cid TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (did, collection, rkey));
CREATE TABLE IF NOT EXISTS bluesky_heads (did TEXT PRIMARY KEY, cid TEXT NOT NULL, rev TEXT NOT NULL);
"""
TABLES = ("bluesky_records", "bluesky_heads")


@dataclass(frozen=True)
class Key:
    did: str
    collection: str
    rkey: str

    @property
    def uri(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.rkey}"


@dataclass(frozen=True)
class Record:
    key: Key
    cid: str
    value: Json

    def shown(self) -> Json:
        return {"uri": self.key.uri, "cid": self.cid, "value": self.value}


def _record(row: sqlite3.Row) -> Record:
    return Record(Key(row["did"], row["collection"], row["rkey"]), row["cid"], json.loads(row["value"]))


def find(store: Store, key: Key) -> Record | None:
    row = store.one(
        "SELECT * FROM bluesky_records WHERE did = ? AND collection = ? AND rkey = ?", key.did, key.collection, key.rkey
    )
    return _record(row) if row else None


def list_records(store: Store, did: str, collection: str, *, cursor: str | None, limit: int, oldest_first: bool) -> list[Record]:
    """By record key, highest first; `cursor` is the last key of the page before."""
    compare, order = (">", "ASC") if oldest_first else ("<", "DESC")
    rows = store.all(
        f"SELECT * FROM bluesky_records WHERE did = ? AND collection = ? AND (? IS NULL OR rkey {compare} ?)"  # noqa: S608 - two constants
        f" ORDER BY rkey {order} LIMIT ?",
        *(did, collection, cursor, cursor, limit),
    )
    return [_record(row) for row in rows]


def save(store: Store, record: Record) -> None:
    key = record.key
    store.run(
        "INSERT OR REPLACE INTO bluesky_records VALUES (?, ?, ?, ?, ?)",
        *(key.did, key.collection, key.rkey, record.cid, json.dumps(record.value)),
    )


def remove(store: Store, key: Key) -> None:
    store.run("DELETE FROM bluesky_records WHERE did = ? AND collection = ? AND rkey = ?", key.did, key.collection, key.rkey)


def head(store: Store, did: str) -> str | None:
    row = store.one("SELECT cid FROM bluesky_heads WHERE did = ?", did)
    return row["cid"] if row else None


def commit(world: World, did: str, changed: list[Json]) -> Json:
    """A new head above the old one. Its CID names this history, but is not that of a signed commit."""
    rev = tids.next_tid(world)
    cid = cids.of_record({"did": did, "rev": rev, "prev": head(world.store, did), "ops": changed})
    world.store.run("INSERT OR REPLACE INTO bluesky_heads VALUES (?, ?, ?)", did, cid, rev)
    return {"cid": cid, "rev": rev}
