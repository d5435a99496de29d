"""A file in an answer: whole or one range of it, unless the asker has it already."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from ocma.features.media.library import File, Library

Block = TypeVar("Block")
_RANGE = re.compile(r"bytes=\s*(\d{1,18})?\s*-\s*(\d{1,18})?\s*")
_RANGES = re.compile(r"bytes=[\s\d,-]+")


async def serve(request: Request, library: Library, file: File, more: Mapping[str, str]) -> Response:
    """Block by block: nothing is held whole. Raises NotFound when the bytes are gone, HTTPException 416."""
    tag = f'"{file.sha256.hex()}"'
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": "inline",
        "X-Content-Type-Options": "nosniff",
        **more,
    }
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    wanted = find_range(request.headers.get("range"), request.headers.get("if-range"), tag, file.size)
    start, end = wanted or (0, file.size)
    headers["Content-Length"] = str(end - start)
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    status = 206 if wanted else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=file.mime_type)
    blocks = await begun(library.read(file, start, end))
    return StreamingResponse(blocks, status, headers, media_type=file.mime_type)


def find_range(header: str | None, condition: str | None, tag: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last. None: the whole file is meant, or nothing that can be understood.

    Several ranges at once are refused: that way a few bytes of asking make a multiple of the file in answer.
    """
    if not header or (condition is not None and condition != tag):
        return None
    match = _RANGE.fullmatch(header)
    if match is None:
        if "," in header and _RANGES.fullmatch(header):
            raise _unsatisfiable(size)
        return None
    first, last = match.groups()
    if first is None and last is None:
        return None
    start = int(first) if first is not None else max(0, size - int(last))
    end = min(size, int(last) + 1) if first is not None and last is not None else size
    if first is not None and last is not None and int(last) < int(first):
        return None
    if start >= size or end <= start:
        raise _unsatisfiable(size)
    return start, end


def _unsatisfiable(size: int) -> HTTPException:
    return HTTPException(416, headers={"Content-Range": f"bytes */{size}"})


def _has(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in header.split(",")}


async def begun(blocks: AsyncIterator[Block]) -> AsyncIterator[Block]:
    """The first block is read before anything is answered: what is not there can still be told."""
    try:
        first = await anext(blocks)
    except StopAsyncIteration:
        return _chain(None, blocks)
    return _chain(first, blocks)


async def _chain(first: Block | None, rest: AsyncIterator[Block]) -> AsyncIterator[Block]:
    if first is not None:
        yield first
    async for each in rest:
        yield each
