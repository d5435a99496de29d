"""What TikTok tells of an account and its public videos: totals so far, and nothing of single days."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from ocma.platforms.connector import Access, Call
from ocma.platforms.figures import measured, together
from ocma.platforms.metrics import Measure, Measured, Seen, Target
from ocma.platforms.tiktok.manifest import LIST, OF_ACCOUNT, OF_POSTS, STATS
from ocma.platforms.tiktok.questions import SHOWN, ask
from ocma.platforms.tiktok.refusal import PLATFORM, SCOPE
from ocma.platforms.tiktok.wire import Counted, Page, Tally, read

AT_ONCE = 20  # of a page


async def account(call: Call, access: Access) -> Measured:
    _need(access, STATS)
    answer = await call(access, "GET", "/v2/user/info/", params=_fields(OF_ACCOUNT))
    return measured(OF_ACCOUNT, read(answer, Tally).user)


async def posts(call: Call, access: Access, targets: Sequence[Target]) -> Measured:
    """Of public videos. Photos, private videos and deleted ones are left out alike, so nothing is said to be gone.

    A post that OCMA knows by its publish id cannot be asked for.
    """
    _need(access, LIST)
    if not (ids := [each.id for each in targets if each.id.isdecimal()]):
        return Measured()
    body = {"filters": {"video_ids": ids}}
    found = await ask(call, access, "/v2/video/query/", Page[Counted], body, params=_fields(OF_POSTS, "id"))
    return together(measured(OF_POSTS, each.figures, post=each.id) for each in found.videos if each.id in ids)


async def listed(call: Call, access: Access, since: datetime) -> AsyncGenerator[Seen]:
    """Public videos with their figures."""
    _need(access, LIST)
    fields, cursor = _fields(OF_POSTS, SHOWN, "title,video_description"), None
    while True:
        body = {"max_count": AT_ONCE} | ({"cursor": cursor} if cursor else {})
        page = await ask(call, access, "/v2/video/list/", Page[Counted], body, params=fields)
        for video in page.videos:
            if video.at and video.at >= since:
                yield _seen(video, access, video.at)
        over = page.videos and all(each.at and each.at < since for each in page.videos)
        if over or not page.has_more or page.cursor in {None, cursor}:
            return
        cursor = page.cursor


def _seen(video: Counted, access: Access, at: datetime) -> Seen:
    text = video.video_description or video.title or ""
    figures = measured(OF_POSTS, video.figures, post=video.id)
    return Seen(video.id, text, at, video.published(access.handle).url, figures.readings)


def _fields(measures: Sequence[Measure], *more: str) -> dict[str, str]:
    return {"fields": ",".join([*more, *(each.name for each in measures)])}


def _need(access: Access, scope: str) -> None:
    """What was not granted TikTok would refuse as a whole. Where no scopes are known, it has to say so itself."""
    if access.scopes and scope not in access.scopes:
        raise SCOPE.to_error(PLATFORM)
