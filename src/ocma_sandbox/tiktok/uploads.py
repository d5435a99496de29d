"""The bytes of a video, chunk after chunk. The last one makes the post."""

import asyncio
import re
import secrets
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from ocma_sandbox.incoming import Incoming, Overtaken
from ocma_sandbox.platform import Refused
from ocma_sandbox.tiktok import errors, publishes, settings, verdicts
from ocma_sandbox.tiktok.calls import KEY
from ocma_sandbox.tiktok.publishes import Publish
from ocma_sandbox.world import World

RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")


@dataclass(frozen=True)
class Chunk:
    first: int
    last: int
    total: int


async def put(world: World, request: Request) -> Response:
    """PUT of an upload_url. The address is the permission; no token is looked at."""
    try:
        publish = _task(world, request)
        chunk = _chunk(request, publish)
        _check_place(publish, chunk)
        await _store(world, request, publish, chunk)
        is_whole = chunk.last + 1 == chunk.total
        if is_whole:
            await _finish(world, publish)
    except Refused as refused:
        return refused.response
    headers = {"Content-Range": f"bytes 0-{chunk.last}/{chunk.total}"}
    return Response(status_code=201 if is_whole else 206, headers=headers)


def _refused(status: int, message: str) -> Refused:
    return errors.refused("invalid_file_upload", message, status)


def _task(world: World, request: Request) -> Publish:
    publish = publishes.find_upload(world, request.query_params.get("upload_id", ""))
    token = request.query_params.get("upload_token", "")
    if publish is None or publish.draft.urls or not secrets.compare_digest(publish.upload_token.encode(), token.encode()):
        raise _refused(404, "The upload task does not exist.")
    if publishes.is_late(world, publish):
        raise _late()
    return publish


def _late() -> Refused:
    return _refused(403, "The upload_url has expired.")


def _chunk(request: Request, publish: Publish) -> Chunk:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in verdicts.VIDEOS:
        raise _refused(400, f"Content-Type must be one of {', '.join(sorted(verdicts.VIDEOS))}.")
    found = RANGE.fullmatch(request.headers.get("content-range", "").strip())
    if found is None:
        raise _refused(400, "Content-Range must be: bytes {first}-{last}/{total}.")
    chunk = Chunk(*(int(number) for number in found.groups()))
    if request.headers.get("content-length") != str(chunk.last - chunk.first + 1) or chunk.total != publish.draft.size:
        raise _refused(400, "Content-Length, Content-Range and video_size do not fit each other.")
    return chunk


def _check_place(publish: Publish, chunk: Chunk) -> None:
    """Chunks come one after the other, each of the size that was announced; the last one holds the rest."""
    draft = publish.draft
    is_last = chunk.first == (draft.chunk_count - 1) * draft.chunk_size
    last = draft.size - 1 if is_last else chunk.first + draft.chunk_size - 1
    if publish.ready_at is not None or chunk.first != publish.received or chunk.last != last:
        raise _refused(416, f"{publish.received} bytes of {draft.size} are here; the chunk does not follow them.")


async def _store(world: World, request: Request, publish: Publish, chunk: Chunk) -> None:
    """A chunk counts when it is here as a whole; the newest request for a place is the one that counts."""
    mine = replace(publish, writer=secrets.token_hex(8))
    publishes.save(world, mine)

    def is_current() -> bool:
        current = publishes.find(world, publish.id)
        return current is not None and current.writer == mine.writer

    file = _file(world, publish)
    try:
        await file.take(chunk.first, request.stream(), is_current)
    except Overtaken:
        raise _refused(416, "Another request uploads this chunk.") from None
    if not is_current() or file.size != chunk.last + 1:
        raise _refused(400, "The chunk did not come as a whole.")
    publishes.save(world, replace(mine, received=chunk.last + 1))


def _file(world: World, publish: Publish) -> Incoming:
    return Incoming(world.blobs, f"{KEY}-{publish.upload_id}")


async def _finish(world: World, publish: Publish) -> None:
    file = _file(world, publish)
    longest = settings.of(world).max_video_seconds
    verdict = await asyncio.to_thread(verdicts.of_video, file.path, longest=longest)
    file.remove()
    if not publishes.decide(world, publish, [verdict.entry], verdict.wrong):
        raise _late()
