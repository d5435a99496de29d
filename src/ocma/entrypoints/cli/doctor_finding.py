"""One thing that was looked at."""

from dataclasses import dataclass
from enum import Enum


class Grade(Enum):
    """`NOTE`: works, and could be better. `OPEN`: optional, and not there. `WRONG`: OCMA does not work like this."""

    FINE = "fine"
    NOTE = "note"
    OPEN = "notSet"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """`detail` is shown to people: no secrets. `remedy` says what to do, a line each."""

    name: str
    grade: Grade
    detail: str
    remedy: str | None = None


def fine(name: str, detail: str) -> Finding:
    return Finding(name, Grade.FINE, detail)


def wrong(name: str, detail: str, remedy: str | None = None) -> Finding:
    return Finding(name, Grade.WRONG, detail, remedy)


def note(name: str, detail: str, remedy: str | None = None) -> Finding:
    return Finding(name, Grade.NOTE, detail, remedy)
