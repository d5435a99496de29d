"""What became of every publication, by the platforms' own books; and whether our database says the same."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bench.chaos.ledger import Row
from bench.chaos.plan import MARKER, Seat, Wish

Entry = Mapping[str, Any]
Key = tuple[str, str, str]  # platform, account's name there, marker
SILENT = frozenset({"published", "cancelled"})  # states that tell nobody that something is missing


@dataclass(frozen=True)
class Verdict:
    """Sentences, one for each case. `doubled` and `foreign` come from the books alone; `lost` is what is not on them although
    OCMA says that it is published, or nothing. What it still waits for is `stuck`, what it gave up and told is `failed`.
    `spared` is what was to be endured and never came: such a run proves less than it says.
    """

    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])
    stuck: list[str] = field(default_factory=list[str])
    failed: list[str] = field(default_factory=list[str])
    untrue: list[str] = field(default_factory=list[str])
    spared: list[str] = field(default_factory=list[str])

    @property
    def is_good(self) -> bool:
        return not any((self.lost, self.doubled, self.foreign, self.stuck, self.failed, self.untrue, self.spared))


def judge(wishes: Sequence[Wish], books: Sequence[Entry], rows: Sequence[Row], accounts: Mapping[Seat, UUID]) -> Verdict:
    verdict, found = Verdict(), _by_key(books)
    expected = {_key(seat, part): (wish, seat) for wish in wishes for seat in wish.seats for part in wish.parts}
    for key, entries in found.items():
        if key not in expected:
            verdict.foreign.append(f"{_name(key)} was never asked for")
        elif len(entries) > 1:
            verdict.doubled.append(f"{_name(key)} is {len(entries)} times on the books: {[each['id'] for each in entries]}")
    missing = _known_to_be_missing(rows, accounts)
    for wish in wishes:
        for seat in wish.seats:
            _look(verdict, wish, seat, found, missing)
    _compare(verdict, rows, books, accounts)
    return verdict


def spared(meant: Iterable[str], counts: Mapping[str, int]) -> list[str]:
    """By the table's lines."""
    return [f"{kind} never struck" for kind in meant if not counts.get(kind)]


def _key(seat: Seat, text: str) -> Key:
    return seat.platform, seat.name, marker(text)


def marker(text: str) -> str:
    found = MARKER.search(text)
    return found[0] if found else text


def _name(key: Key) -> str:
    return f"{key[2]} of {key[1]} on {key[0]}"


def _by_key(books: Sequence[Entry]) -> dict[Key, list[Entry]]:
    found: dict[Key, list[Entry]] = defaultdict(list)
    for entry in books:
        found[entry["platform"], entry["account"], marker(entry["content"])].append(entry)
    return found


def _known_to_be_missing(rows: Sequence[Row], accounts: Mapping[Seat, UUID]) -> set[Key]:
    """By the first part of each."""
    seats = {account_id: seat for seat, account_id in accounts.items()}
    return {_key(seats[row.account_id], row.parts[0]) for row in rows if row.state not in SILENT}


def _look(verdict: Verdict, wish: Wish, seat: Seat, found: Mapping[Key, Sequence[Entry]], missing: set[Key]) -> None:
    """One publication: every part is there, the first with its picture, each of the others under the one before."""
    above: str | None = None
    for index, part in enumerate(wish.parts):
        key = _key(seat, part)
        entries = found.get(key, ())
        if not entries:
            if _key(seat, wish.parts[0]) not in missing:
                verdict.lost.append(f"{_name(key)} is not on the books")
            return
        entry = entries[0]
        if entry["content"] != part or entry["replyTo"] != above or len(entry["media"]) != int(wish.picture and index == 0):
            verdict.foreign.append(f"{_name(key)} is not as it was asked for: {entry}")
        above = entry["id"]


def _compare(verdict: Verdict, rows: Sequence[Row], books: Sequence[Entry], accounts: Mapping[Seat, UUID]) -> None:
    """Published is what is on the books and nothing else, by the platforms' own ids."""
    live = {(entry["platform"], entry["id"]): (entry["accountId"], marker(entry["content"])) for entry in books}
    names = {account_id: seat.name for seat, account_id in accounts.items()}
    recorded: set[tuple[str, str]] = set()
    for row in rows:
        name = f"publication {row.id} ({marker(row.parts[0])} of {names.get(row.account_id)} on {row.platform})"
        _look_at_state(verdict, row, name)
        for post_id, text in zip(row.live, row.parts, strict=False):
            recorded.add((row.platform, post_id))
            if live.get((row.platform, post_id)) != (row.profile_id, marker(text)):
                verdict.untrue.append(f"{name} is recorded as {post_id}, which is not it on the books")
    for (platform, post_id), (_, text) in live.items():
        if (platform, post_id) not in recorded:
            verdict.untrue.append(f"{text} ({post_id} on {platform}) is on the books and not recorded as live")


def _look_at_state(verdict: Verdict, row: Row, name: str) -> None:
    if not row.is_over:
        verdict.stuck.append(f"{name} is {row.state}{'' if row.acts else ', held'}: {row.error}")
    elif row.state != "published":
        verdict.failed.append(f"{name} is {row.state}: {row.error}")
    elif len(row.live) != len(row.parts):
        verdict.untrue.append(f"{name} is published with {len(row.live)} of {len(row.parts)} parts")
