"""What YouTube tells of a channel and its videos: totals of the Data API, and by the day and of the rest, reports.

Reports are an API of their own. Where it refuses, as when its scope was not granted, the names of its figures are in `refused`
and the totals are given all the same.
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from functools import partial

from ocma.platforms.connector import Access, Call
from ocma.platforms.days import whole_days
from ocma.platforms.errors import ContentRejected
from ocma.platforms.figures import measured
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.questions import Question, ask_all
from ocma.platforms.youtube import refusal, reports, statistics
from ocma.platforms.youtube.measures import CHANNEL, DAYS, MEASURING, REPORTED, STATISTICS
from ocma.platforms.youtube.wire import Listed, Own, Upload, read, url_of

CHANNELS, ITEMS = "/youtube/v3/channels", "/youtube/v3/playlistItems"


async def account(call: Call, access: Access, since: datetime, now: datetime) -> Measured:
    first, end = whole_days(MEASURING, since, now)
    asked = [Question(CHANNEL, partial(_channel, call, access))]
    if first < end:
        asked.append(Question(DAYS, partial(reports.days, call, access, first, end)))
    return await ask_all(asked)


async def posts(call: Call, access: Access, targets: Sequence[Target], now: datetime) -> Measured:
    """Of videos; comments have no figures."""
    if not (videos := [each for each in targets if statistics.VIDEO.fullmatch(each.id)]):
        return Measured()
    first, end = whole_days(MEASURING, min(each.at for each in videos), now)
    ids = [each.id for each in videos]
    asked = [Question(STATISTICS, partial(statistics.videos, call, access, ids))]
    if first < end:
        asked.append(Question(REPORTED, partial(reports.videos, call, access, ids, first, end)))
    return await ask_all(asked)


async def listed(call: Call, access: Access, since: datetime) -> AsyncGenerator[Seen]:
    """The channel's list of uploads, newest first; private videos are no posts (yet)."""
    playlist, token = (await _own(call, access, "contentDetails")).uploads, None
    while playlist:
        page = await _page(call, access, playlist, token)
        for upload in page.items:
            if upload.is_shown and upload.at and upload.at >= since:
                yield Seen(upload.id, upload.text, upload.at, url_of(upload.id))
        before, token = token, page.next_page_token
        if token in {None, before} or all(each.added and max(each.added, each.at or each.added) < since for each in page.items):
            return


async def _channel(call: Call, access: Access) -> Measured:
    """A hidden number of subscribers is not told, whatever stands there."""
    figures = (await _own(call, access, "statistics")).statistics
    hidden = {"subscriberCount"} if figures.get("hiddenSubscriberCount") else set[str]()
    return measured(CHANNEL, {name: each for name, each in figures.items() if name not in hidden})


async def _own(call: Call, access: Access, part: str) -> Own:
    channels = read(await call(access, "GET", CHANNELS, params={"part": part, "mine": "true"}), Listed[Own]).items
    if not channels:
        raise refusal.no_channel()
    return next((each for each in channels if each.id == access.profile_id), channels[0])


async def _page(call: Call, access: Access, playlist: str, token: str | None) -> Listed[Upload]:
    query = {"part": "snippet,contentDetails,status", "playlistId": playlist, "maxResults": "50"}
    try:
        response = await call(access, "GET", ITEMS, params=query | ({"pageToken": token} if token else {}))
    except ContentRejected as error:
        if error.rule == refusal.GONE.rule:  # so YouTube says that nothing was ever uploaded
            return Listed[Upload]()
        raise
    return read(response, Listed[Upload])
