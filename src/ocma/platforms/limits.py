"""What a platform says of its limits in the headers of an answer: which of them are used up, and until when."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ocma.platforms.manifest import LimitHeaders

LONGEST = 86_400.0  # seconds; none of their windows is longer, so more is a mistake


@dataclass(frozen=True, slots=True)
class Spent:
    """Nothing is left for `of` ("account" or "app") for so many seconds."""

    of: str
    seconds: float


def spent(known: Sequence[LimitHeaders], headers: Mapping[str, str], now: datetime) -> list[Spent]:
    """Names in `headers` are lower case, or do not mind. Reset times are by the server's own clock, where it shows that."""
    return [
        Spent(each.of, min(max(left, 0.0), LONGEST))
        for each in known
        if headers.get(each.remaining, "").strip() == "0" and (left := _left(headers, each.reset, now)) is not None
    ]


def _left(headers: Mapping[str, str], reset: str, now: datetime) -> float | None:
    at = _unix(headers.get(reset, ""))
    return None if at is None else at - (_http_date(headers.get("date", "")) or now.timestamp())


def _unix(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return _iso(text)
    return number if math.isfinite(number) else None


def _iso(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _http_date(text: str) -> float | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
