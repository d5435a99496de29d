"""From what a user says to an instant."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ocma.errors import Invalid, Issue


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant, and the wall time and zone that were meant. `note` says when a clock change moved it."""

    at: datetime
    wall_time: datetime
    timezone: str
    note: str | None = None


def get_zone(name: str, path: str = "timezone") -> ZoneInfo:
    """Raises Invalid unless `name` is an IANA zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{name[:64]!r} is not an IANA time zone, such as Europe/Berlin."
        raise Invalid(message, code="timezoneUnknown", issues=[Issue(path, "timezoneUnknown", message)]) from None


def moment(value: datetime, timezone: str, path: str = "scheduledAt") -> Moment:
    """A value with an offset is that instant; one without is wall time in `timezone`.

    A wall time that happens twice (clocks go back) is the first; one that never happens (clocks go forward) moves on by the gap.
    """
    zone = get_zone(timezone)
    try:
        if value.tzinfo is not None:
            at = value.astimezone(UTC)
            return Moment(at, at.astimezone(zone).replace(tzinfo=None), timezone)
        at = value.replace(tzinfo=zone, fold=0).astimezone(UTC)
        real = at.astimezone(zone).replace(tzinfo=None)
    except (OverflowError, ValueError):
        message = "This time is outside the calendar."
        raise Invalid(message, code="timeInvalid", issues=[Issue(path, "timeInvalid", message)]) from None
    if real == value:
        return Moment(at, value, timezone)
    return Moment(at, real, timezone, f"{value:%H:%M} does not happen in {timezone} on that day; {real:%H:%M} is meant.")


def check_horizon(at: datetime, now: datetime, horizon: timedelta, path: str = "scheduledAt") -> None:
    """Raises Invalid for an instant so far away that it is surely a slip."""
    if at - now > horizon:
        message = f"{at:%Y-%m-%d %H:%M} UTC is more than {horizon.days} days ahead."
        remediation = "Check the year. The server's OCMA_SCHEDULE_HORIZON_DAYS says how far ahead posts may be scheduled."
        issue = Issue(path, "timeTooFar", message, remediation)
        raise Invalid(message, code="timeTooFar", issues=[issue], remediation=remediation)
