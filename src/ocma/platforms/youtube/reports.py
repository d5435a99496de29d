"""YouTube's Analytics API: tables over days of California, the last two or three of which it has not counted yet."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from ocma.platforms.connector import Access, Call
from ocma.platforms.days import span
from ocma.platforms.figures import measured, together
from ocma.platforms.metrics import Measure, Measured
from ocma.platforms.youtube.manifest import REPORTERS
from ocma.platforms.youtube.measures import DAYS, MEASURING, REPORTED
from ocma.platforms.youtube.refusal import SCOPE
from ocma.platforms.youtube.wire import Report, read


async def days(call: Call, access: Access, first: date, end: date) -> Measured:
    """The channel's, from `first` to before `end`. A day that is not counted yet has no row."""
    rows = await _rows(call, access, DAYS, first, end, {"dimensions": "day", "sort": "day"})
    dated = [(row, day) for row in rows if isinstance(day := row.get("day"), date) and first <= day < end]
    return together(measured(DAYS, row, **span(MEASURING, day)) for row, day in dated)


async def videos(call: Call, access: Access, ids: Sequence[str], first: date, end: date) -> Measured:
    """All so far of each video. `first`: no later than the day when the first of them was published."""
    query = {"dimensions": "video", "filters": f"video=={','.join(ids)}", "maxResults": str(len(ids))}
    rows = await _rows(call, access, REPORTED, first, end, query)
    return together(measured(REPORTED, row, post=str(row["video"])) for row in rows if row.get("video") in ids)


async def _rows(
    call: Call, access: Access, measures: Sequence[Measure], first: date, end: date, query: dict[str, str]
) -> list[dict[str, Any]]:
    if access.scopes and not any(each in access.scopes for each in REPORTERS):
        raise SCOPE.to_error("youtube")
    last, names = end - timedelta(days=1), ",".join(each.name for each in measures)
    asked = {"ids": "channel==MINE", "startDate": first.isoformat(), "endDate": last.isoformat(), "metrics": names, **query}
    return read(await call(access, "GET", f"{access.urls['analytics']}/v2/reports", params=asked), Report).records
