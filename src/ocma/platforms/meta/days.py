"""Meta's days: they begin and end at Pacific midnight, wherever the account is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ocma.platforms.meta.wire import unix

ZONE = "America/Los_Angeles"
PACIFIC = ZoneInfo(ZONE)
DAY = timedelta(days=1)
NOON = timedelta(hours=12)  # an end of a day may be told an hour off when clocks change


@dataclass(frozen=True, slots=True)
class Span:
    start: datetime
    end: datetime

    @property
    def query(self) -> dict[str, str]:
        return {"since": unix(self.start), "until": unix(self.end)}


def day(of: date) -> Span:
    """23 or 25 hours, where clocks change."""
    return Span(_midnight(of), _midnight(of + DAY))


def day_until(end: datetime) -> Span:
    """The day that ends then."""
    return day((end.astimezone(PACIFIC) - NOON).date())


def days(first: date, after: date) -> list[Span]:
    return [day(first + each * DAY) for each in range((after - first).days)]


def windows(days: Sequence[Span], most: int) -> list[Span]:
    """`days` in pieces of at most `most`, since Meta answers no longer ones."""
    pieces = [days[start : start + most] for start in range(0, len(days), most)]
    return [Span(piece[0].start, piece[-1].end) for piece in pieces]


def _midnight(of: date) -> datetime:
    return datetime.combine(of, time(), PACIFIC).astimezone(UTC)
