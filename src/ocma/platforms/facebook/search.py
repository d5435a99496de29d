"""The proof of an unknown outcome: one part, looked for among what the page has published since."""

from datetime import datetime, timedelta
from typing import TypeVar
from unicodedata import normalize

from ocma.platforms.connector import Absent, Access, Published, Unprovable
from ocma.platforms.content import Outgoing
from ocma.platforms.errors import ContentRejected, PermissionMissing, PlatformUnavailable
from ocma.platforms.facebook.wire import COMMENT, POST, SITE, STORY, Post, Story
from ocma.platforms.meta.graph import TOO_MANY, Graph
from ocma.platforms.meta.wire import at, unix

SKEW = timedelta(minutes=1)  # between Facebook's clock and ours
Found = Published | Absent | Unprovable
Entry = TypeVar("Entry", Post, Story)


async def find(graph: Graph, access: Access, outgoing: Outgoing, sent_at: datetime) -> Found:
    """Absent only if everything since was read and nothing of it can be this part; Unprovable if Facebook shows no such list."""
    since = sent_at - SKEW
    try:
        if outgoing.part.role == "comment":
            return await _comment(graph, access, outgoing, since)
        if outgoing.options.get("kind") == "story":
            return await _story(graph, access, outgoing, since)
        return await _post(graph, access, outgoing, since)
    except (ContentRejected, PermissionMissing):  # of the question: it says nothing about the post
        return Unprovable()
    except PlatformUnavailable as error:
        if error.rule == TOO_MANY:
            return Unprovable()
        raise


async def _post(graph: Graph, access: Access, outgoing: Outgoing, since: datetime) -> Found:
    sure = True
    path, query = at(access, access.profile_id, "published_posts"), {"fields": POST, "since": unix(since)}
    async for post in graph.listed(access, path, Post, query):
        if post.created_time and post.created_time < since:  # newest first
            break
        same = None if post.id in outgoing.others else is_same(post, outgoing)
        if same:
            return published(post)
        sure = sure and (same is False or post.id in outgoing.others)
    return Absent() if sure else Unprovable()


async def _comment(graph: Graph, access: Access, outgoing: Outgoing, since: datetime) -> Found:
    query = {"fields": COMMENT, "since": unix(since), "filter": "stream", "order": "reverse_chronological"}
    async for each in graph.listed(access, at(access, outgoing.reply_to or "", "comments"), Post, query):
        if each.created_time and each.created_time < since:
            break
        ours = each.author is None or each.author.id == access.profile_id
        if ours and each.id not in outgoing.others and _plain(each.message) == _plain(outgoing.part.text):
            return published(each)
    return Absent()


async def _story(graph: Graph, access: Access, outgoing: Outgoing, since: datetime) -> Found:
    """Known by its photo. Another story since then may be it all the same: that `media_id` is the photo's is not certain."""
    other = False
    query = {"fields": STORY, "since": unix(since)}
    async for story in graph.listed(access, at(access, access.profile_id, "stories"), Story, query):
        if story.post_id and story.media_id in outgoing.media_ids:
            return Published(story.post_id, story.url, story.creation_time)
        recent = story.creation_time is None or story.creation_time >= since
        other = other or (recent and story.post_id not in outgoing.others)
    return Unprovable() if other else Absent()


def is_same(post: Post, outgoing: Outgoing) -> bool | None:
    """None: it may be. Photos prove it, as their ids are known before; else the text, if nothing attached speaks against."""
    photos, text, link = set(outgoing.media_ids), outgoing.part.text, outgoing.part.link
    if photos & post.targets:
        return True
    if _plain(post.message) != _plain(text):
        return False
    if photos:
        return False if post.attachments and not text.strip() else None
    if link:
        return True if link.url.rstrip("/") in post.links or (text.strip() and not post.links) else None
    return None if post.targets else True


def published(post: Post) -> Published:
    return Published(post.id, url(post.permalink_url, post.id), post.created_time)


def url(permalink: str | None, post_id: str) -> str:
    """A video's is told without the site."""
    return f"{SITE}/{post_id}" if not permalink else f"{SITE}{permalink}" if permalink.startswith("/") else permalink


def _plain(text: str) -> str:
    return " ".join(normalize("NFC", text).split())
