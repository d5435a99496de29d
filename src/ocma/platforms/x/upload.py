"""Files to X: an image in one request, a GIF or a video in pieces with at most one piece in memory.

Every function takes the connector's `call`: uploads may be repeated, an upload that no post uses expires by itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

from ocma.platforms.connector import Access, Call
from ocma.platforms.content import Media
from ocma.platforms.errors import ContentRejected, PlatformUnavailable
from ocma.platforms.x.wire import Processing, Uploaded, read

CATEGORIES = {"image": "tweet_image", "gif": "tweet_gif", "video": "tweet_video"}
PIECE = 4 * 1024 * 1024  # bytes; X takes up to 1000 of them
KEEPS = timedelta(hours=23)  # X's samples show 86,400 s after the upload is complete
LOOKS = 60
LONGEST_PAUSE = 10.0  # seconds between looks, whatever X suggests

Sleep = Callable[[float], Awaitable[None]]


async def upload(call: Call, sleep: Sleep, access: Access, media: Media) -> str:
    """The id under which a post can carry this file, with its alternative text set."""
    whole = media.kind == "image"
    media_id = await _upload_whole(call, access, media) if whole else await _upload_in_pieces(call, sleep, access, media)
    if media.alt_text:
        metadata = {"alt_text": {"text": media.alt_text}}
        await call(access, "POST", "/2/media/metadata", json={"id": media_id, "metadata": metadata})
    return media_id


async def _upload_whole(call: Call, access: Access, media: Media) -> str:
    body = b"".join([chunk async for chunk in media.open()])
    response = await call(
        access,
        "POST",
        "/2/media/upload",
        data={"media_category": CATEGORIES[media.kind]},
        files={"media": ("media", body, media.mime_type)},
    )
    return read(response, Uploaded).data.id


async def _upload_in_pieces(call: Call, sleep: Sleep, access: Access, media: Media) -> str:
    session = {"media_type": media.mime_type, "total_bytes": media.size, "media_category": CATEGORIES[media.kind]}
    opened = await call(access, "POST", "/2/media/upload/initialize", json=session)
    media_id = read(opened, Uploaded).data.id
    await _append(call, access, media_id, media)
    closed = await call(access, "POST", f"/2/media/upload/{media_id}/finalize")
    await _processed(call, sleep, access, media_id, read(closed, Uploaded).data.processing_info)
    return media_id


async def _append(call: Call, access: Access, media_id: str, media: Media) -> None:
    index = 0
    async for piece in _pieces(media.open(), PIECE):
        files = {"media": ("media", piece, "application/octet-stream")}
        await call(access, "POST", f"/2/media/upload/{media_id}/append", data={"segment_index": str(index)}, files=files)
        index += 1


async def _pieces(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The same bytes in pieces of `size`, the last one shorter."""
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


async def _processed(call: Call, sleep: Sleep, access: Access, media_id: str, seen: Processing | None) -> None:
    """Waits until X has worked through a file; no `processing_info` means that there is nothing to wait for."""
    for _ in range(LOOKS):
        if seen is None or seen.state == "succeeded":
            return
        if seen.state == "failed":
            raise _unusable()
        await sleep(min(max(seen.check_after_secs or 1.0, 1.0), LONGEST_PAUSE))
        status = await call(access, "GET", "/2/media/upload", params={"command": "STATUS", "media_id": media_id})
        seen = read(status, Uploaded).data.processing_info
    raise PlatformUnavailable("X is still working through the file.", platform="x", rule="mediaProcessing")


def _unusable() -> ContentRejected:
    return ContentRejected(
        "X could not process the file.",
        platform="x",
        rule="mediaProcessingFailed",
        remediation="Convert it: GIF up to 15 MB; video as MP4 (H.264, AAC) up to 512 MB, 0.5 to 140 seconds.",
    )
