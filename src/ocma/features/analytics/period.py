"""Which span of time a question is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ocma.errors import Invalid, Issue

RANGES = {"7d": timedelta(days=7), "30d": timedelta(days=30), "90d": timedelta(days=90)}
USUAL = "7d"
CUSTOM = "custom"  # the name of a span that was given by its ends
LONGEST = timedelta(days=400)
_HINT = "Send `timeRange` 7d, 30d or 90d, or `from` and `to` in ISO 8601 with an offset; `to` may be left out and is now."


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to `end`, which is not in it. `is_open`: it ends now, whenever that is."""

    name: str
    start: datetime
    end: datetime
    is_open: bool = True

    @property
    def parts(self) -> tuple[str, str | None, str | None]:
        """What tells it from others, though time goes on."""
        start = self.start.isoformat() if self.name == CUSTOM else None
        return self.name, start, None if self.is_open else self.end.isoformat()


def period(now: datetime, name: str | None, start: datetime | None, end: datetime | None) -> Period:
    """Raises Invalid that says which of them cannot be. `now` is where nothing else is said."""
    if start is None and end is None:
        found = USUAL if name is None else name
        if found not in RANGES:
            raise _refusal("timeRange", "rangeUnknown", f"There is no range {found[:20]!r}.")
        return Period(found, now - RANGES[found], now)
    if name is not None:
        raise _refusal("timeRange", "rangeTwice", "`timeRange` does not go with `from` and `to`.")
    if start is None:
        raise _refusal("from", "rangeOpen", "`to` needs a `from`.")
    return _between(now, start, end)


def _between(now: datetime, start: datetime, until: datetime | None) -> Period:
    """There are no figures of the future: what ends there ends now."""
    end = min(until or now, now)
    if start > now:
        raise _refusal("from", "rangeAhead", "`from` is in the future, of which there are no figures.")
    if end <= start:
        raise _refusal("to", "rangeEmpty", "`to` is not after `from`.")
    if end - start > LONGEST:
        raise _refusal("from", "rangeTooLong", f"At most {LONGEST.days} days can be asked for at once.")
    return Period(CUSTOM, start, end, end == now)


def _refusal(path: str, code: str, message: str) -> Invalid:
    return Invalid(message, code=code, issues=[Issue(path, code, message, _HINT)], remediation=_HINT)
