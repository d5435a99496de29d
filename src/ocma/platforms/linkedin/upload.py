"""Files to LinkedIn: images and documents in one request, videos in the pieces that LinkedIn asks for, one in memory at a time.

Every function takes the connector's `call`: uploads may be repeated, and what no post uses is seen by nobody.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import httpx2

from ocma.platforms.connector import Access, Call
from ocma.platforms.content import Media
from ocma.platforms.errors import ContentRejected, NotReady, PermissionMissing, PreparationLost
from ocma.platforms.linkedin.refusal import MEDIA, UNFINISHED
from ocma.platforms.linkedin.wire import Asset, Instruction, Opened, Slot, read, segment, unreadable

RESOURCES = {"image": "images", "gif": "images", "document": "documents", "video": "videos"}
KEEPS = timedelta(hours=23)  # LinkedIn names no term; ours
PAUSES = (0.0, 1.0, 2.0, 4.0)  # seconds before each look at a file
GRACE = {"image": 3.0, "gif": 3.0, "document": 15.0, "video": 60.0}  # seconds, where the file may not be looked at
HIDDEN = "HIDDEN"
BYTES = {"Content-Type": "application/octet-stream"}

Sleep = Callable[[float], Awaitable[None]]


async def upload(call: Call, access: Access, media: Media) -> str:
    """The URN under which a post can carry this file, once it is ready."""
    request = {"owner": access.profile_id}
    if media.kind == "video":
        request |= {"fileSizeBytes": media.size, "uploadCaptions": False, "uploadThumbnail": False}
    path = f"/rest/{RESOURCES[media.kind]}?action=initializeUpload"
    opened = await call(access, "POST", path, json={"initializeUploadRequest": request})
    slot = read(opened, Opened).value
    if media.kind == "video":
        await _in_pieces(call, access, media, slot, opened)
    elif not slot.upload_url:
        raise unreadable(opened)
    else:
        headers = {**BYTES, "Content-Length": str(media.size)}
        await call(access, "PUT", slot.upload_url, content=media.open, headers=headers)
    return slot.urn


async def _in_pieces(call: Call, access: Access, media: Media, slot: Slot, opened: httpx2.Response) -> None:
    """Each goes to an address of its own, which is signed by itself: without the token."""
    nobody = replace(access, token="")
    wanted = sorted(slot.upload_instructions, key=lambda each: each.first_byte)
    tags: list[str] = []
    async for instruction, piece in _pieces(media.open(), _contiguous(wanted, media.size, opened)):
        answer = await call(nobody, "PUT", instruction.upload_url, content=piece, headers=BYTES)
        if not (tag := answer.headers.get("etag", "").strip('"')):
            raise unreadable(answer)
        tags.append(tag)
    done = {"video": slot.urn, "uploadToken": slot.upload_token, "uploadedPartIds": tags}
    await call(access, "POST", "/rest/videos?action=finalizeUpload", json={"finalizeUploadRequest": done})


def _contiguous(wanted: Sequence[Instruction], size: int, opened: httpx2.Response) -> Sequence[Instruction]:
    """Raises PlatformUnavailable unless the pieces are the file, each byte once."""
    starts = [0, *(each.last_byte + 1 for each in wanted)]
    if [each.first_byte for each in wanted] != starts[:-1] or starts[-1] != size:
        raise unreadable(opened)
    return wanted


async def _pieces(chunks: AsyncIterator[bytes], wanted: Sequence[Instruction]) -> AsyncIterator[tuple[Instruction, bytes]]:
    held, left = bytearray(), list(wanted)
    async for chunk in chunks:
        held += chunk
        while left and len(held) >= (size := left[0].last_byte - left[0].first_byte + 1):
            yield left.pop(0), bytes(held[:size])
            del held[:size]
    if held or left:
        raise PreparationLost("The stored file has another size than it had.", platform="linkedin", rule="fileChanged")


async def ready(call: Call, sleep: Sleep, access: Access, media: Media, step: str, urn: str, grace: float) -> str:
    """Waits until a post may carry the file: one made too early gets a yes and vanishes later. `step`: what uploaded it.

    Raises NotReady while LinkedIn works on it, PreparationLost when it has not got it.
    """
    status = ""
    for pause in PAUSES:
        await sleep(pause)
        if (status := await _status(call, access, media, urn)) == "AVAILABLE":
            return status
        if status == HIDDEN:
            await sleep(grace)
            return status
        if status == "PROCESSING_FAILED":
            raise ContentRejected(MEDIA.detail, platform="linkedin", rule=MEDIA.rule, remediation=MEDIA.remediation)
    if status in {"WAITING_UPLOAD", "GONE"}:
        raise PreparationLost(platform="linkedin", rule="uploadLost", steps=(step,))
    raise NotReady(UNFINISHED.detail, platform="linkedin", rule=UNFINISHED.rule, retry_after=UNFINISHED.retry_after)


async def _status(call: Call, access: Access, media: Media, urn: str) -> str:
    """As LinkedIn says; HIDDEN: the token may not ask, as a member's without page permissions; GONE: there is no such file."""
    try:
        return read(await call(access, "GET", f"/rest/{RESOURCES[media.kind]}/{segment(urn)}"), Asset).status
    except PermissionMissing:
        return HIDDEN
    except ContentRejected as error:
        if error.rule == "notFound":
            return "GONE"
        raise
