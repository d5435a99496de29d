"""A video to YouTube by a resumable session, one piece of it in memory. What comes of it is private until it is published."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from ocma.platforms.connector import Access, Call
from ocma.platforms.content import Content, Media, Part
from ocma.platforms.errors import ContentRejected, PlatformUnavailable, PreparationLost
from ocma.platforms.youtube.manifest import TAGS
from ocma.platforms.youtube.wire import Video, read, unreadable

PIECE = 8 * 1024 * 1024  # bytes; YouTube wants a multiple of 256 KiB
TIMEOUT = httpx2.Timeout(300.0, connect=10.0)
INCOMPLETE = 308
SESSION_GONE = frozenset({404, 410})
STORED = re.compile(r"bytes=0-(\d{1,15})")
CATEGORY = "22"  # People & Blogs; whether YouTube has a default of its own is not certain
SNIPPET = ("title", "tags", "defaultLanguage")
STATUS = ("selfDeclaredMadeForKids", "containsSyntheticMedia", "license", "embeddable", "publicStatsViewable")


def status(options: Any, privacy: str) -> dict[str, Any]:
    """The whole `status` part: an update erases what it leaves out."""
    return {"privacyStatus": privacy} | {name: options[name] for name in STATUS if name in options}


async def begin(call: Call, access: Access, content: Content, part: Part) -> str:
    """The session's address, which is also the permission to fill it. No video comes of it before its last byte."""
    media, options = part.media[0], content.options
    _check_tags(options.get("tags", []))
    snippet = {name: options[name] for name in SNIPPET if name in options}
    snippet |= {"description": part.text, "categoryId": options.get("categoryId", CATEGORY)}
    query = {"uploadType": "resumable", "part": "snippet,status"}
    if "notifySubscribers" in options:
        query["notifySubscribers"] = str(options["notifySubscribers"]).lower()
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "X-Upload-Content-Length": str(media.size),
        "X-Upload-Content-Type": media.mime_type,
    }
    body = {"snippet": snippet, "status": status(options, "private")}
    response = await call(access, "POST", "/upload/youtube/v3/videos", params=query, headers=headers, json=body)
    if not (address := response.headers.get("location")):
        raise unreadable(response)
    return address


async def upload(call: Call, access: Access, session: str, media: Media) -> str:
    """The video's id. Goes on where an earlier try ended: the session is asked first."""
    try:
        place = await _asked(call, access, session, media)
        while isinstance(place, int):
            before, place = place, await _fill(call, access, session, media, place)
            if place == before:
                raise PlatformUnavailable("YouTube stores nothing of the file.", platform="youtube", rule="uploadStuck")
    except ContentRejected as error:
        if error.status not in SESSION_GONE:
            raise
        raise PreparationLost(
            "YouTube has dropped the upload; it is begun anew.", platform="youtube", rule="uploadLost", status=error.status
        ) from error
    return place


async def _asked(call: Call, access: Access, session: str, media: Media) -> int | str:
    headers = {"Content-Length": "0", "Content-Range": f"bytes */{media.size}"}
    return _place(await call(access, "PUT", session, content=b"", headers=headers))


async def _fill(call: Call, access: Access, session: str, media: Media, start: int) -> int | str:
    """Sends from `start` on, until YouTube has it all or has kept less than it was sent."""
    at = start
    async for piece in _pieces(media, start):
        span = f"bytes {at}-{at + len(piece) - 1}/{media.size}"
        headers = {"Content-Type": media.mime_type, "Content-Range": span}
        place = _place(await call(access, "PUT", session, content=piece, headers=headers, timeout=TIMEOUT))
        at += len(piece)
        if place != at:
            return place
    return at


def _place(response: httpx2.Response) -> int | str:
    """How many bytes YouTube has; the video's id when it has them all."""
    if response.status_code != INCOMPLETE:
        return read(response, Video).id
    found = STORED.fullmatch(response.headers.get("range", ""))
    return int(found[1]) + 1 if found else 0


async def _pieces(media: Media, start: int) -> AsyncIterator[bytes]:
    held, passed = bytearray(), start
    async for block in media.open(start):
        held += block
        passed += len(block)
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if passed != media.size:
        detail = f"The stored file has {passed} bytes, not {media.size}."
        raise PlatformUnavailable(detail, platform="youtube", rule="fileIncomplete")
    if held:
        yield bytes(held)


def _check_tags(tags: list[str]) -> None:
    """As YouTube counts: commas between them, and quotes around those with a space."""
    length = sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(len(tags) - 1, 0)
    if length > TAGS:
        detail = f"The tags have {length} characters together; at most {TAGS}."
        raise ContentRejected(detail, platform="youtube", rule="tags", remediation=f"Drop some: by {length - TAGS} characters.")
