"""Videos of a page: in one piece, by address, or in chunks whose last step publishes."""

from typing import Any

from starlette.datastructures import UploadFile

from ocma_sandbox.facebook import clips, outbox, settings
from ocma_sandbox.facebook.clips import Clip
from ocma_sandbox.facebook.page import CREATE, KEY, own
from ocma_sandbox.graph import errors, intake, pull
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.pull import Errand, PullFailed
from ocma_sandbox.people import Person

Json = dict[str, Any]

WRONG_OFFSET = "Your video chunk has an offset that is not the one expected."


async def create(visit: Visit) -> Json:
    """POST /{page}/videos"""
    page = own(visit, CREATE)
    phases = {"start": _start, "transfer": _transfer, "finish": _finish}
    phase = visit.params.text("upload_phase")
    if phase is None:
        return await _whole(visit, page)
    if phase not in phases:
        raise errors.invalid("Param upload_phase must be one of {start, transfer, finish}")
    return await phases[phase](visit, page)


async def _whole(visit: Visit, page: Person) -> Json:
    at = outbox.when(visit)
    clip = clips.begin(visit, page, "video")
    file = visit.params.file("source")
    if file is not None:
        await intake.take_file(intake.incoming_of(visit.world, KEY, clip.id), 0, intake.chunks_of(file))
    else:
        await fetch(visit, clip, visit.params.need("file_url"))
    await clips.finish(visit, clip, at)
    return {"id": clip.id}


async def fetch(visit: Visit, clip: Clip, url: str) -> None:
    chosen = settings.of(visit.world)
    path = intake.incoming_of(visit.world, KEY, clip.id).path
    try:
        await pull.pull(chosen, Errand(url, path, chosen.max_video_url_bytes))
    except PullFailed as failed:
        path.write_bytes(b"")  # what came of it is not the video
        raise errors.refuse(389, f"Unable to fetch video file from URL: {failed.reason}", subcode=2061006) from failed


async def _start(visit: Visit, page: Person) -> Json:
    size = visit.params.needed_number("file_size")
    if not 0 < size <= settings.of(visit.world).max_video_bytes:
        raise errors.refuse(352, "The video file you selected is too large or empty.")
    clip = clips.begin(visit, page, "video", size)
    return {"video_id": clip.id, "upload_session_id": clip.session_id, **_offsets(visit, clip)}


def _offsets(visit: Visit, clip: Clip) -> Json:
    """What comes next, as text; equal when all is there."""
    has, size = clips.received(visit.world, clip), clip.file_size or 0
    return {"start_offset": str(has), "end_offset": str(min(size, has + settings.of(visit.world).chunk_bytes))}


async def _transfer(visit: Visit, page: Person) -> Json:
    clip = clips.of_session(visit.world, page, visit.params.need("upload_session_id"))
    clips.check_open(clip)
    offset, chunk = visit.params.needed_number("start_offset"), visit.params.file("video_file_chunk")
    if chunk is None:
        raise errors.invalid("The parameter video_file_chunk is required, as a file")
    has = clips.received(visit.world, clip)
    if offset != has or has + (chunk.size or 0) > (clip.file_size or 0):
        raise errors.refuse(6000, WRONG_OFFSET, subcode=1363037, error_data=_offsets(visit, clip))
    await _append(visit, clip, offset, chunk)
    return _offsets(visit, clip)


async def _append(visit: Visit, clip: Clip, offset: int, chunk: UploadFile) -> None:
    await intake.take_file(intake.incoming_of(visit.world, KEY, clip.id), offset, intake.chunks_of(chunk))


async def _finish(visit: Visit, page: Person) -> Json:
    at = outbox.when(visit)
    clip = clips.of_session(visit.world, page, visit.params.need("upload_session_id"))
    clips.check_open(clip)
    await clips.finish(visit, clip, at)
    return {"success": True}
