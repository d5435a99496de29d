"""Days as a platform has them: its own, from midnight to midnight in its zone."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from ocma.platforms.metrics import Measuring


class Span(TypedDict):
    """Of a day's readings."""

    start: datetime
    end: datetime


def whole_days(measuring: Measuring, since: datetime, now: datetime) -> tuple[date, date]:
    """From the day of `since`, as far back as can be asked, up to today, which is not over and does not belong to them.

    Both are the same where there is no whole day.
    """
    zone = ZoneInfo(measuring.zone)
    today = now.astimezone(zone).date()
    earliest = today - (measuring.days or timedelta(0))
    return min(max(since.astimezone(zone).date(), earliest), today), today


def midnight(measuring: Measuring, day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time.min, ZoneInfo(measuring.zone)).astimezone(UTC)


def span(measuring: Measuring, day: date) -> Span:
    """A day may have 23 or 25 hours."""
    return {"start": midnight(measuring, day), "end": midnight(measuring, day + timedelta(days=1))}
