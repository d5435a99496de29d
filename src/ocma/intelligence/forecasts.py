"""The tasks `engagement`, `besttime` and `upworthy`, row by row: what others score the forecasts with."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

from ocma.errors import Invalid
from ocma.intelligence.engagement import predict
from ocma.intelligence.headlines import prefer
from ocma.intelligence.own import FEWEST, Own, learn
from ocma.intelligence.past import HOURS, Past, zone_of
from ocma.intelligence.text import read
from ocma.intelligence.timing import learn_week

Rows = Iterator[Mapping[str, str]]
POSTS = ("account", "published_utc", "text", "likes", "comments", "shares")
WEEKS = ("account", "published_utc", "likes", "comments", "shares")
_COUNTS = ("likes", "comments", "shares")
_ROLES = ("", "past", "draft")
_ANEW = 1.1  # an account is learned anew once its past has grown by a tenth


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    id: str
    post: Past
    draft: bool
    tz: str
    platform: str | None


def predict_upworthy(rows: Rows) -> Rows:
    for row in rows:
        score = prefer(read(row["headline_a"]), read(row["headline_b"]))
        yield {"row_id": row["row_id"], "score": f"{score:.6f}"}


def predict_engagement(rows: Rows) -> Rows:
    """In the order the drafts came. Of the same account, what was published before a draft is its past."""
    scores: dict[int, tuple[str, float]] = {}
    for account in _by_account(rows).values():
        scores |= _score(account)
    for number in sorted(scores):
        name, score = scores[number]
        yield {"row_id": name, "score": f"{score:.6f}"}


def predict_besttime(rows: Rows) -> Rows:
    for account, told in _by_account(rows).items():
        week = learn_week([each.post for each in told if not each.draft], told[0].tz, told[0].platform)
        for slot in range(HOURS):
            yield {"account": account, "dow": str(slot // 24), "hour": str(slot % 24), "score": f"{week.mean[slot]:.6f}"}


def _by_account(rows: Rows) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for number, row in enumerate(rows, 1):
        found.setdefault(row["account"], []).append(_read(number, row))
    return found


def _score(told: Sequence[_Row]) -> dict[int, tuple[str, float]]:
    past = sorted((each.post for each in told if not each.draft), key=lambda each: each.published_at)
    times = [each.published_at for each in past]
    drafts = sorted((each for each in told if each.draft), key=lambda each: each.post.published_at)
    scores: dict[int, tuple[str, float]] = {}
    own: Own | None = None
    learned = 0
    for each in drafts:
        count = bisect_left(times, each.post.published_at)
        if count >= FEWEST and (not learned or count > learned * _ANEW):
            own, learned = learn(past[:count], told[0].tz, told[0].platform), count
        scores[each.number] = each.id, _rate(each, own)
    return scores


def _rate(row: _Row, own: Own | None) -> float:
    post = row.post
    return predict(read(post.text), own, media=post.media, title=post.title, at=post.published_at, platform=row.platform).score


def _read(number: int, row: Mapping[str, str]) -> _Row:
    role = row.get("role") or ""
    if role not in _ROLES:
        raise _unreadable(number, "role", role, "past or draft")
    counts = [_count(number, each, row[each]) for each in _COUNTS]
    empty = all(each is None for each in counts)
    draft = role == "draft" or (not role and empty)
    if not draft and empty:
        raise _unreadable(number, "likes", "", "a count, or comments or shares, as the row is past")
    engagement = 0.0 if draft else sum(each or 0.0 for each in counts)
    post = Past(row.get("text") or "", row.get("title") or "", row.get("media") or None, _at(number, row), engagement)
    return _Row(number, row.get("row_id") or "", post, draft, _tz(number, row), row.get("platform") or None)


def _count(number: int, column: str, cell: str) -> float | None:
    if not cell.strip():
        return None
    try:
        count = float(cell)
    except ValueError:
        count = -1.0
    if not isfinite(count) or count < 0:
        raise _unreadable(number, column, cell, "a count or nothing")
    return count


def _tz(number: int, row: Mapping[str, str]) -> str:
    tz = row.get("tz") or "UTC"
    try:
        return zone_of(tz).key
    except Invalid as error:
        raise _unreadable(number, "tz", tz, "an IANA time zone such as Europe/Berlin") from error


def _at(number: int, row: Mapping[str, str]) -> datetime:
    try:
        at = datetime.fromisoformat(row["published_utc"])
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _unreadable(number, "published_utc", row["published_utc"], "a time such as 2017-05-04T12:00:00Z") from error


def _unreadable(number: int, column: str, cell: str, wanted: str) -> Invalid:
    return Invalid(f"Row {number}, column {column}: {cell[:40]!r} is not {wanted}.", code="unreadableCell")
