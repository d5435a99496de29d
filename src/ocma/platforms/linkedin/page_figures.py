"""The figures of a page: of its posts by their kind, of itself by the day, and of its followers."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from ocma.platforms.connector import Access, Call
from ocma.platforms.days import midnight
from ocma.platforms.figures import measured, together
from ocma.platforms.linkedin.elements import elements
from ocma.platforms.linkedin.measures import MEASURING, PAGE_DAYS, PAGE_GAINS, PAGE_POSTS, PAGE_SIZE
from ocma.platforms.linkedin.wire import Counted, read, segment
from ocma.platforms.metrics import Measure, Measured
from ocma.platforms.questions import Question

SHARES, FOLLOWERS = "organizationalEntityShareStatistics", "organizationalEntityFollowerStatistics"
KINDS = {"urn:li:share:": "shares", "urn:li:ugcPost:": "ugcPosts"}  # how a post begins -> where it is asked for


def questions(call: Call, access: Access, first: date, end: date) -> list[Question]:
    """Of all days from `first` to before `end`."""
    asked = [Question(PAGE_SIZE, partial(_followers, call, access))]
    if first < end:
        asked += [
            Question(measures, partial(_days, call, access, resource, measures, first, end))
            for resource, measures in ((SHARES, PAGE_DAYS), (FOLLOWERS, PAGE_GAINS))
        ]
    return asked


async def posts(call: Call, access: Access, ids: Sequence[str]) -> Measured:
    """LinkedIn leaves out a post of which it has no data, so that is unknown and not 0. Comments cannot be asked for."""
    found: list[Counted] = []
    for begin, name in KINDS.items():
        if of_kind := [segment(each) for each in ids if each.startswith(begin)]:
            path = f"{_finder(SHARES, access)}&{name}=List({','.join(of_kind)})"
            found += await elements(call, access, path, Counted)
    return together(measured(PAGE_POSTS, each.figures, post=each.post) for each in found if each.post in ids)


async def _followers(call: Call, access: Access) -> Measured:
    path = f"/rest/networkSizes/{segment(access.profile_id)}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"
    return measured(PAGE_SIZE, read(await call(access, "GET", path), dict[str, Any]))


async def _days(call: Call, access: Access, resource: str, measures: Sequence[Measure], first: date, end: date) -> Measured:
    start, stop = (round(midnight(MEASURING, each).timestamp() * 1000) for each in (first, end))
    intervals = f"(timeRange:(start:{start},end:{stop}),timeGranularityType:DAY)"
    found = await elements(call, access, f"{_finder(resource, access)}&timeIntervals={intervals}", Counted)
    return together(_of_day(measures, each) for each in found)


def _of_day(measures: Sequence[Measure], counted: Counted) -> Measured:
    start, end = counted.time_range.start, counted.time_range.end
    if start is None or end is None:
        return Measured(refused=tuple(each.name for each in measures))
    return measured(measures, counted.figures, start=start, end=end)


def _finder(resource: str, access: Access) -> str:
    return f"/rest/{resource}?q=organizationalEntity&organizationalEntity={segment(access.profile_id)}"
