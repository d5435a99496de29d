import re
import sqlite3
from dataclasses import dataclass

from ocma_sandbox.store import Store

HANDLE = re.compile(r"[A-Za-z0-9_]{1,30}")


@dataclass(frozen=True)
class Person:
    platform: str
    id: str
    handle: str
    name: str
    created_at: float
    followers: int
    following: int


def _person(row: sqlite3.Row) -> Person:
    return Person(**{key: row[key] for key in row.keys()})  # noqa: SIM118 - a Row iterates its values, not its keys


def is_handle(text: str) -> bool:
    return HANDLE.fullmatch(text) is not None


def find(store: Store, platform: str, handle: str) -> Person | None:
    row = store.one("SELECT * FROM people WHERE platform = ? AND handle = ?", platform, handle)
    return _person(row) if row else None


def find_by_id(store: Store, platform: str, person_id: str) -> Person | None:
    row = store.one("SELECT * FROM people WHERE platform = ? AND id = ?", platform, person_id)
    return _person(row) if row else None


def get(store: Store, platform: str, person_id: str) -> Person:
    person = find_by_id(store, platform, person_id)
    if person is None:
        raise LookupError(f"no person {person_id} on {platform}")
    return person


def ensure(store: Store, platform: str, handle: str, *, new_id: int, now: float, name: str | None = None) -> Person:
    """The person with this handle, made when new (`new_id` is then theirs); `name`, when given, is set either way."""
    store.run(
        "INSERT OR IGNORE INTO people (platform, id, handle, name, created_at) VALUES (?, ?, ?, ?, ?)",
        *(platform, str(new_id), handle, name or handle, now),
    )
    if name:
        store.run("UPDATE people SET name = ? WHERE platform = ? AND handle = ?", name, platform, handle)
    person = find(store, platform, handle)
    if person is None:
        raise LookupError(f"could not make {handle} on {platform}")
    return person


def set_audience(store: Store, person: Person, *, followers: int | None, following: int | None) -> None:
    store.run(
        "UPDATE people SET followers = coalesce(?, followers), following = coalesce(?, following) WHERE platform = ? AND id = ?",
        *(followers, following, person.platform, person.id),
    )


def list_people(store: Store, platform: str | None = None) -> list[Person]:
    rows = store.all("SELECT * FROM people WHERE ?1 IS NULL OR platform = ?1 ORDER BY created_at, handle", platform)
    return [_person(row) for row in rows]
