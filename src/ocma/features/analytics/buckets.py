"""Hours, days and weeks in UTC, as the roll-ups have them."""

from datetime import UTC, datetime, timedelta

from ocma.errors import Invalid, Issue
from ocma.features.analytics.history_schemas import Granularity
from ocma.features.analytics.period import Period

LENGTHS: dict[Granularity, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
MOST = 2000  # of one series


def first_of(at: datetime, grain: Granularity) -> datetime:
    """The beginning of the bucket that `at` is in."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if grain == "hour":
        return hour
    day = hour.replace(hour=0)
    return day if grain == "day" else day - timedelta(days=day.weekday())


def buckets(within: Period, grain: Granularity) -> list[datetime]:
    """Where each begins, the first and the last of them whole. Raises Invalid for too many."""
    first, length = first_of(within.start, grain), LENGTHS[grain]
    count = -((first - within.end) // length)
    if count > MOST:
        message = f"That are {count} buckets of a {grain} each; at most {MOST} can be asked for at once."
        hint = "Ask for a shorter span, or for `day` or `week`."
        raise Invalid(message, code="tooManyBuckets", issues=[Issue("granularity", "tooManyBuckets", message, hint)])
    return [first + number * length for number in range(count)]
