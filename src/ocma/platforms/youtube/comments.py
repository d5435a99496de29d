"""A comment below a video: what is sent, how it is read back, and how one whose sending was left open is looked for."""

from datetime import datetime, timedelta
from typing import Any

from ocma.platforms.connector import Absent, Access, Call, Published, Unprovable
from ocma.platforms.content import Outgoing
from ocma.platforms.errors import ContentRejected
from ocma.platforms.youtube.refusal import GONE
from ocma.platforms.youtube.wire import Comment, Listed, Thread, read, url_of

COMMENTS, THREADS = "/youtube/v3/comments", "/youtube/v3/commentThreads"
SKEW = timedelta(minutes=1)  # between YouTube's clock and ours
PAGES = 5  # of 100 comments


def request(outgoing: Outgoing) -> dict[str, Any]:
    snippet = {"videoId": outgoing.reply_to or "", "topLevelComment": {"snippet": {"textOriginal": outgoing.part.text}}}
    return {"params": {"part": "snippet"}, "json": {"snippet": snippet}}


async def fetch(call: Call, access: Access, comment_id: str) -> Comment | None:
    try:
        response = await call(access, "GET", COMMENTS, params={"part": "snippet", "id": comment_id})
    except ContentRejected as error:
        if error.rule == GONE.rule:
            return None
        raise
    return next(iter(read(response, Listed[Comment]).items), None)


async def find(call: Call, access: Access, outgoing: Outgoing, sent_at: datetime) -> Published | Absent | Unprovable:
    """Newest first. Absent only if every comment since the first sending was listed, with its time and author."""
    video_id, token, text, since = outgoing.reply_to or "", None, outgoing.part.text.strip(), sent_at - SKEW
    for _ in range(PAGES):
        try:
            page = await _page(call, access, video_id, token)
        except ContentRejected:  # of the question: the video is gone, or its comments are
            return Unprovable()
        comments = [each.snippet.top_level_comment for each in page.items if each.snippet]
        recent = [each for each in comments if each.at is None or each.at >= since]
        alike = [each for each in recent if text in each.texts and each.id not in outgoing.others]
        if own := next((each for each in alike if each.author == access.profile_id), None):
            return Published(own.id, url_of(video_id, own.id), own.at)
        if any(each.at is None for each in comments) or any(each.author is None for each in alike):
            return Unprovable()
        token = page.next_page_token
        if not token or len(recent) < len(comments):
            return Absent()
    return Unprovable()


async def _page(call: Call, access: Access, video_id: str, token: str | None) -> Listed[Thread]:
    query = {"part": "snippet", "videoId": video_id, "order": "time", "maxResults": "100", "textFormat": "plainText"}
    query |= {"pageToken": token} if token else {}
    return read(await call(access, "GET", THREADS, params=query), Listed[Thread])
