"""Photos whose publish id was lost with an answer, looked for among the account's public posts."""

from datetime import datetime, timedelta

from ocma.platforms.connector import Access, Call, Published, Unprovable
from ocma.platforms.content import Outgoing
from ocma.platforms.tiktok.manifest import LIST
from ocma.platforms.tiktok.questions import list_videos

SKEW = timedelta(minutes=1)  # between TikTok's clock and ours
PAGES = 5  # of 20 posts


async def find_photos(call: Call, access: Access, outgoing: Outgoing, sent_at: datetime) -> Published | Unprovable:
    """Whether photos are among these posts TikTok does not say, so nothing found proves nothing."""
    text, cursor, since = outgoing.part.text.strip(), None, sent_at - SKEW
    for _ in range(PAGES if text and LIST in access.scopes else 0):
        page = await list_videos(call, access, cursor)
        for post in page.videos:
            told = {(post.video_description or "").strip(), (post.title or "").strip()}
            if post.id not in outgoing.others and text in told and post.at and post.at >= since:
                return post.published(access.handle)
        cursor = page.cursor
        if not page.has_more or (page.videos and all(post.at and post.at < since for post in page.videos)):
            break
    return Unprovable()
