"""Hashtags for drafts in rows, from the past of their accounts in other rows of the same file."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import regex

from ocma.errors import Invalid
from ocma.intelligence import hashtags, keyphrases, language
from ocma.intelligence.hashtags import REMEMBERED, History, Tagged
from ocma.intelligence.text import read, without_tags

MOST = 10
COUNTS = ("likes", "comments", "shares")
_BETWEEN = regex.compile(r"[\s,;|#]+")
_BEGINNING = datetime.min.replace(tzinfo=UTC)

Row = Mapping[str, str]


@dataclass(slots=True)
class Account:
    """Past posts and when they were published, oldest first; what was made of them by how many were known."""

    times: list[datetime] = field(default_factory=list[datetime])
    posts: list[Tagged] = field(default_factory=list[Tagged])
    histories: dict[int, History] = field(default_factory=dict[int, History])

    def known_at(self, time: datetime | None) -> History:
        count = len(self.posts) if time is None else bisect_left(self.times, time)
        if count not in self.histories:
            self.histories[count] = History(self.posts[max(0, count - REMEMBERED) : count])
        return self.histories[count]


def predict_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Drafts are answered in their order; a draft without a date knows all of its account's past."""
    accounts: dict[str, list[tuple[datetime, Tagged]]] = defaultdict(list)
    drafts: list[tuple[Row, datetime | None]] = []
    for number, row in enumerate(rows, 1):
        time = _time(row, number)
        if _is_draft(row, number):
            drafts.append((row, time))
        else:
            accounts[row["account"]].append((time or _BEGINNING, _tagged(row)))
    prepared = {account: _prepare(posts) for account, posts in accounts.items()}
    for row, time in drafts:
        yield {
            "row_id": row["row_id"],
            "hashtags": " ".join(_suggest(row["text"], prepared.get(row["account"], Account()), time)),
        }


def _prepare(posts: Sequence[tuple[datetime, Tagged]]) -> Account:
    ordered = sorted(posts, key=lambda each: each[0])
    return Account([time for time, _ in ordered], [post for _, post in ordered])


def _suggest(text: str, account: Account, time: datetime | None) -> list[str]:
    draft = read(text)
    phrases = keyphrases.find(draft, language.guess(draft))
    return [each.tag for each in hashtags.suggest(draft, account.known_at(time), phrases=phrases, most=MOST)]


def _is_draft(row: Row, number: int) -> bool:
    role = row.get("role", "").strip()
    if role not in {"", "past", "draft"}:
        raise Invalid(f"Row {number}: role is {role!r}.", code="csvRow", remediation="It is past, draft, or empty.")
    return role == "draft" if role else not any(row.get(each, "").strip() for each in COUNTS)


def _time(row: Row, number: int) -> datetime | None:
    """Without a zone it is UTC, as the column's name says."""
    told = row.get("published_utc", "").strip()
    if not told:
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError as error:
        raise Invalid(
            f"Row {number}: published_utc is {told!r}.", code="csvRow", remediation="Write it as 2026-11-23T09:30:00Z."
        ) from error
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _tagged(row: Row) -> Tagged:
    """Tags of their own column and those in the text, each once."""
    named = [each for each in _BETWEEN.split(row.get("hashtags", "")) if each]
    tags = {each.casefold(): each for each in (*read(row["text"]).hashtags, *named)}
    return Tagged(tuple(tags.values()), read(without_tags(row["text"])).words)
