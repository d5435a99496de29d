"""The demo's posts against the platforms' own books: each exactly once, and nothing besides."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from ocma.entrypoints.cli.demo_board import Line
from ocma.entrypoints.cli.demo_story import Piece, pieces

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What the books hold of one publication: the entries of each of its parts."""

    line: Line
    found: Sequence[tuple[Piece, Sequence[Entry]]]

    @property
    def times(self) -> str:
        """How often each part was accepted, e.g. `1` or, for a thread, `1 + 1 + 1`."""
        return " + ".join(str(len(entries)) for _, entries in self.found)

    @property
    def arrived(self) -> str:
        """What hangs on its first part there, e.g. `text`, `3 images, described`."""
        piece, entries = self.found[0]
        files = _files(entries[0]) if entries else []
        kinds = Counter(kind for kind, _ in files)
        counted = [kind if count == 1 else f"{count} {kind}s" for kind, count in kinds.items()]
        described = ["described"] if files and all(alt_text for _, alt_text in files) else []
        return ", ".join(counted + described) or ("text" if entries and piece.text else "nothing")

    @property
    def published_at(self) -> datetime | None:
        """By the platform's clock; of a thread, its first part."""
        entries = self.found[0][1]
        return datetime.fromisoformat(entries[0]["at"]) if entries else None

    @property
    def lateness(self) -> float | None:
        """Seconds after it was due."""
        at = self.published_at
        return (at - self.line.due_at).total_seconds() if at else None


def examine(lines: Sequence[Line], books: Sequence[Entry]) -> list[Finding]:
    return [Finding(line, [(piece, _of(piece, books)) for piece in pieces(line.draft, line.platform)]) for line in lines]


def reasons(findings: Sequence[Finding], books: Sequence[Entry], stamp: str) -> list[str]:
    """What is not as it must be; empty when every post is live exactly once."""
    told = [reason for each in findings for reason in (*_of_state(each.line), *_of_pieces(each), *_of_order(each))]
    expected = {(piece.platform, piece.text) for each in findings for piece, _ in each.found}
    strange = [entry for entry in books if stamp in entry["content"] and (entry["platform"], entry["content"]) not in expected]
    return told + [f"{entry['platform']}: “{entry['content']}” is live, and nobody scheduled that" for entry in strange]


def _of(piece: Piece, books: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in books if (entry["platform"], entry["content"]) == (piece.platform, piece.text)]


def _of_state(line: Line) -> list[str]:
    if line.state == "published":
        return []
    why = f" ({line.error['detail']})" if line.error else ""
    return [f"{line.platform.key}: “{line.draft.title}” is {line.state}, not published{why}"]


def _of_pieces(finding: Finding) -> list[str]:
    told: list[str] = []
    for piece, entries in finding.found:
        if len(entries) != 1 or entries[0]["deleted"]:
            told.append(f"{piece.platform}: “{piece.text}” stands {len(entries)} times on the platform's books, not once")
        elif _files(entries[0]) != list(piece.files):
            told.append(f"{piece.platform}: “{piece.text}” did not arrive with its files and their alternative texts")
    return told


def _of_order(finding: Finding) -> list[str]:
    """Each part of a thread answers the one before."""
    chain = [entries[0] for _, entries in finding.found if entries]
    broken = any(after["replyTo"] != before["id"] for before, after in pairwise(chain))
    return [f"{finding.line.platform.key}: “{finding.line.draft.title}” is not one thread"] if broken else []


def _files(entry: Entry) -> list[tuple[str, str | None]]:
    """Kind and alternative text, in their order."""
    return [(each["mimeType"].partition("/")[0], each["altText"] or None) for each in entry["media"]]
