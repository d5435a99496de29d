"""Totals of videos by the Data API: fifty at once, by a method with a quota of its own, or by the one for everything."""

import re
from collections.abc import Sequence

from ocma.errors import Invalid, Issue
from ocma.platforms.connector import Access, Call
from ocma.platforms.figures import measured, together
from ocma.platforms.metrics import Measured
from ocma.platforms.youtube.measures import STATISTICS
from ocma.platforms.youtube.wire import Listed, Tally, read

VIDEO = re.compile(r"[\w-]{11}", re.ASCII)  # comments have longer ids
LIST = "videos"
METHODS = {"batchGetStats": "videos:batchGetStats", "videos": LIST}


async def videos(call: Call, access: Access, ids: Sequence[str]) -> Measured:
    """What the batch leaves out may only have failed, so it is asked for again: what `videos` does not have either is gone."""
    method = _method(access.settings["stats"])
    found = await _tallies(call, access, method, ids)
    if method != LIST and (missing := _without(ids, found)):
        found += await _tallies(call, access, LIST, missing)
    given = [measured(STATISTICS, each.statistics, post=each.id) for each in found if each.id in ids]
    return together([*given, Measured(gone=tuple(_without(ids, found)))])


async def _tallies(call: Call, access: Access, method: str, ids: Sequence[str]) -> list[Tally]:
    query = {"part": "statistics", "id": ",".join(ids)}
    return read(await call(access, "GET", f"/youtube/v3/{method}", params=query), Listed[Tally]).items


def _method(chosen: str) -> str:
    if chosen not in METHODS:
        message = f"OCMA_YOUTUBE_STATS: {chosen[:20]!r} is no way to ask for totals."
        issue = Issue("OCMA_YOUTUBE_STATS", "settings", message)
        raise Invalid(message, code="settings", issues=[issue], remediation=f"Set {' or '.join(METHODS)}.")
    return METHODS[chosen]


def _without(ids: Sequence[str], found: Sequence[Tally]) -> list[str]:
    known = {each.id for each in found}
    return [each for each in ids if each not in known]
