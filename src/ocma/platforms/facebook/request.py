"""The call that publishes: where it goes, and with what."""

import json

from ocma.platforms.connector import Access
from ocma.platforms.content import Outgoing
from ocma.platforms.meta.wire import at

EDGES = {"reel": "video_reels", "story": "video_stories"}


def request(access: Access, outgoing: Outgoing) -> tuple[str, dict[str, str]]:
    """The path and the form."""
    part, page, kind = outgoing.part, access.profile_id, str(outgoing.options.get("kind", ""))
    if part.role == "comment":
        return at(access, outgoing.reply_to or "", "comments"), {"message": part.text}
    if is_video(outgoing):
        return at(access, page, EDGES.get(kind, "videos")), _finish(outgoing, kind)
    if kind == "story":
        return at(access, page, "photo_stories"), {"photo_id": outgoing.media_ids[0]}
    return at(access, page, "feed"), _feed(outgoing)


def is_video(outgoing: Outgoing) -> bool:
    return any(media.kind == "video" for media in outgoing.part.media)


def video_id(outgoing: Outgoing) -> str:
    return outgoing.media_ids[0].partition(":")[0]


def _feed(outgoing: Outgoing) -> dict[str, str]:
    """One photo as well is attached by its id: that is known before, and proves afterwards which post is ours."""
    part = outgoing.part
    form = {"message": part.text} if part.text.strip() else {}
    if part.link:
        form["link"] = part.link.url
    if outgoing.media_ids:
        form["attached_media"] = json.dumps([{"media_fbid": each} for each in outgoing.media_ids])
    return form


def _finish(outgoing: Outgoing, kind: str) -> dict[str, str]:
    video, _, session = outgoing.media_ids[0].partition(":")
    form = {"upload_phase": "finish"} | ({"upload_session_id": session} if session else {"video_id": video})
    if kind == "story":
        return form
    form |= {"description": outgoing.part.text} if outgoing.part.text.strip() else {}
    return form | ({"video_state": "PUBLISHED"} if kind == "reel" else {})
