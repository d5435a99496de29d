"""Files to a Mastodon server: streamed as a form whose length is told, then waited for while the server works through them.

A server answers 202 to a file that it goes on working on: videos, mostly. Those are waited for in a step of their own, so that
what was uploaded is on record before; an image is waited for at once, since hardly any server works on one after its answer.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx2

from ocma.infra.outbound import FRESH
from ocma.platforms.connector import Access, Call
from ocma.platforms.content import Media
from ocma.platforms.errors import ContentRejected, NotReady
from ocma.platforms.mastodon.refusal import UNFINISHED
from ocma.platforms.mastodon.wire import Upload, read, segment

KEEPS = timedelta(hours=20)  # a file that no post uses is removed after about a day
TIMEOUT = httpx2.Timeout(300.0, connect=10.0)  # the server may convert the file before it answers
PAUSES = (0.5, 0.5, 1.0, 2.0, 3.0, 5.0)  # seconds before each look
AGAIN = 15.0  # seconds until the next looks
ENDINGS = {"image/jpeg": "jpg", "video/quicktime": "mov", "video/x-m4v": "m4v"}  # where it is not the type's second half
ACCEPTED = 202  # with an id, but not worked through
PARTIAL = 206  # not yet

Sleep = Callable[[float], Awaitable[None]]


async def upload(call: Call, sleep: Sleep, access: Access, media: Media) -> str:
    """The id under which a status can carry this file, its description (alt text) included.

    An image that takes long keeps its id: the status is refused as too early then, and sent again later. To fail here instead
    would mean uploading it anew, which would take as long again.
    """
    fields = {"description": media.alt_text} if media.alt_text else {}
    content, headers = _form(fields, media)
    response = await call(
        access, "POST", "/api/v2/media", content=content, headers=headers, timeout=TIMEOUT, extensions=dict(FRESH)
    )
    media_id = read(response, Upload).id
    if response.status_code == ACCEPTED and media.kind == "image":
        await _is_processed(call, sleep, access, media_id)
    return media_id


async def ready(call: Call, sleep: Sleep, access: Access, media_id: str) -> str:
    """Waits until a status may carry the file. Raises NotReady while the server works on it, ContentRejected if it failed."""
    if await _is_processed(call, sleep, access, media_id):
        return media_id
    raise NotReady(UNFINISHED.detail, platform="mastodon", rule=UNFINISHED.rule, retry_after=AGAIN)


async def is_unfinished(call: Call, access: Access, media_id: str) -> bool:
    """Does the server say that it still works through this file?

    A 404 says nothing: not every server can be asked, and a file that a post uses is not found either. Raises ContentRejected
    when the server failed on the file.
    """
    try:
        response = await call(access, "GET", f"/api/v1/media/{segment(media_id)}")
    except ContentRejected as error:
        if error.status == 404:
            return False
        raise _unusable(error) from error
    return response.status_code == PARTIAL


async def _is_processed(call: Call, sleep: Sleep, access: Access, media_id: str) -> bool:
    """Looks several times, for as long as a claim may well be kept."""
    for pause in PAUSES:
        await sleep(pause)
        if not await is_unfinished(call, access, media_id):
            return True
    return False


def _unusable(error: ContentRejected) -> ContentRejected:
    return ContentRejected(
        "The server could not process the file.",
        platform="mastodon",
        rule="mediaProcessingFailed",
        status=error.status,
        remediation="Convert it: JPEG, PNG, GIF, WebP up to 16 MB; video as MP4 (H.264, AAC) up to 99 MB.",
    )


def _form(fields: dict[str, str], media: Media) -> tuple[AsyncIterator[bytes], dict[str, str]]:
    """A multipart body that is never whole in memory, and its headers: some servers refuse a body of unknown length."""
    boundary = secrets.token_hex(16)
    head = "".join(_field(boundary, name, value) for name, value in fields.items()) + _file(boundary, media)
    before, after = head.encode(), f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(before) + media.size + len(after)),
    }
    return _body(before, media, after), headers


def _field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def _file(boundary: str, media: Media) -> str:
    """The file's own name stays with us; its ending tells some servers the type."""
    ending = ENDINGS.get(media.mime_type, media.mime_type.rpartition("/")[2])
    disposition = f'Content-Disposition: form-data; name="file"; filename="file.{ending}"'
    return f"--{boundary}\r\n{disposition}\r\nContent-Type: {media.mime_type}\r\n\r\n"


async def _body(before: bytes, media: Media, after: bytes) -> AsyncIterator[bytes]:
    yield before
    sent = 0
    async for chunk in media.open():
        sent += len(chunk)
        if sent <= media.size:
            yield chunk
    if sent != media.size:  # the length that was told is wrong now: break off, so that no torn file is taken
        raise httpx2.WriteError(f"The stored file has {sent} bytes, not {media.size}.")
    yield after
