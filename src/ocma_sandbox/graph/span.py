"""`since` and `until` of insights, and the days of California that lie between.

Unsure, and chosen here: a day is told when it has ended in the span, so that `since` < `end_time` <= `until`; a total is that
of every day that the span touches, as far as it has come; without `since` the span is two days long.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.metrics import told_until
from ocma_sandbox.graph.params import Params

ZONE = "America/Los_Angeles"
PACIFIC = ZoneInfo(ZONE)
DAY, HOUR = 86400, 3600
USUAL = 2 * DAY


@dataclass(frozen=True)
class Span:
    """`late`: until when anything can be told. `is_asked`: whether the request names a span at all."""

    since: float
    until: float
    late: float
    is_asked: bool

    def days(self) -> list[date]:
        """Those that ended in it, and are told by now."""
        first, last = _day(self.since), _day(min(self.until, self.late))
        return [first + timedelta(days=each) for each in range((last - first).days)]

    def touched(self, figures: Figures) -> tuple[float, float] | None:
        """From the beginning of its first day to the end of its last one, or to what is told by now; None: nothing is."""
        start = figures.span(_day(self.since))[0]
        begun, end = figures.span(_day(self.until))
        end = begun if begun == self.until > self.since else end
        return (start, min(end, self.late)) if start < self.late else None


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, PACIFIC).date()


def read(visit: Visit, most_days: int | None = None, earliest: float | None = None) -> Span:
    now = visit.world.clock()
    given = [_moment(visit.params, name) for name in ("since", "until")]
    until = now if given[1] is None else given[1]
    since = until - USUAL if given[0] is None else given[0]
    if earliest is not None and given[0] is not None and since < earliest:
        raise errors.invalid(f"Param since must be {earliest:.0f} or later")
    if since > min(until, now):
        raise errors.invalid("Param since must not be later than until, and not in the future")
    if most_days is not None and until - since > most_days * DAY + HOUR:  # one of the days may be longer than the others
        raise errors.invalid(f"There cannot be more than {most_days} days ({most_days * DAY} s) between since and until")
    return Span(since, min(until, now), told_until(visit), given != [None, None])


def _moment(params: Params, name: str) -> float | None:
    """A date alone is that day's beginning in California."""
    try:
        midnight = datetime.strptime(params.text(name) or "", "%Y-%m-%d").replace(tzinfo=PACIFIC)
    except ValueError:
        return params.moment(name)
    return midnight.timestamp()
