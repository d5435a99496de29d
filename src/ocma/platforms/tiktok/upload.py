"""A video to TikTok in pieces, one of them in memory. The last one makes it live: it is sent by the connector, not here."""

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any

import httpx2

from ocma.platforms.connector import Access, Call
from ocma.platforms.content import Media
from ocma.platforms.errors import PlatformUnavailable

# TikTok takes 5 to 64 MB a piece and up to 1000 of them; the last one is up to twice as long. The least is best: the last one's
# way has to fit into the time that the publishing call has.
PIECE = 5 * 1024 * 1024
TIMEOUT = httpx2.Timeout(120.0, connect=10.0)


def spans(size: int) -> list[range]:
    """The pieces of a file of `size` bytes, in order."""
    count = max(size // PIECE, 1)
    return [range(start, end) for start, end in pairwise([*(each * PIECE for each in range(count)), size])]


def source(size: int) -> dict[str, Any]:
    """As TikTok wants to be told of them."""
    count = len(spans(size))
    return {
        "source": "FILE_UPLOAD",
        "video_size": size,
        "chunk_size": PIECE if count > 1 else size,
        "total_chunk_count": count,
    }


def put(media: Media, span: range, piece: bytes) -> dict[str, Any]:
    """The request that carries one piece."""
    headers = {"Content-Type": media.mime_type, "Content-Range": f"bytes {span.start}-{span.stop - 1}/{media.size}"}
    return {"content": piece, "headers": headers}


async def upload(call: Call, access: Access, url: str, media: Media, done: int) -> None:
    """All pieces but the last one, from the one in which TikTok's `done` bytes end."""
    missing = [span for span in spans(media.size)[:-1] if span.stop > done]
    async for span, piece in cut(media, missing):
        await call(access, "PUT", url, **put(media, span, piece), timeout=TIMEOUT)


async def cut(media: Media, wanted: Sequence[range]) -> AsyncIterator[tuple[range, bytes]]:
    """The bytes of spans that follow each other."""
    if not wanted:
        return
    left, held, passed = list(wanted), bytearray(), wanted[0].start
    async for block in media.open(passed):
        held += block
        passed += len(block)
        while left and len(held) >= len(left[0]):
            span = left.pop(0)
            yield span, bytes(held[: len(span)])
            del held[: len(span)]
        if not left:
            return
    detail = f"The stored file has {passed} bytes, not {media.size}."
    raise PlatformUnavailable(detail, platform="tiktok", rule="fileIncomplete")
