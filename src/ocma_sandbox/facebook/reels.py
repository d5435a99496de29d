"""Reels and video stories: start, bytes to the upload host, finish."""

from typing import Any

from starlette.responses import Response

from ocma_sandbox import books
from ocma_sandbox.facebook import clips, outbox, settings, videos
from ocma_sandbox.facebook.clips import Clip
from ocma_sandbox.facebook.outbox import When
from ocma_sandbox.facebook.page import CREATE, DAY, KEY, own
from ocma_sandbox.graph import errors, intake, rupload
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.rupload import Piece
from ocma_sandbox.people import Person

Json = dict[str, Any]

STATES = ("PUBLISHED", "DRAFT", "SCHEDULED")


async def create_reel(visit: Visit) -> Json:
    """POST /{page}/video_reels"""
    return await _phase(visit, own(visit, CREATE), "reel")


async def create_story(visit: Visit) -> Json:
    """POST /{page}/video_stories"""
    return await _phase(visit, own(visit, CREATE), "story")


async def _phase(visit: Visit, page: Person, kind: str) -> Json:
    phase = visit.params.need("upload_phase").lower()
    if phase == "start":
        return _started(visit, clips.begin(visit, page, kind))
    if phase != "finish":
        raise errors.invalid("Param upload_phase must be one of {START, FINISH}")
    clip = clips.get(visit.world, page, visit.params.need("video_id"))
    if clip.kind != kind:
        raise errors.missing(clip.id)
    clips.check_open(clip)
    post = await clips.finish(visit, clip, _when(visit, page, kind))
    return {"success": True, **({"post_id": post.id.partition("_")[2]} if kind == "story" else {})}


def _started(visit: Visit, clip: Clip) -> Json:
    return {"video_id": clip.id, "upload_url": f"{visit.base}/video-upload/{visit.version}/{clip.id}"}


def _when(visit: Visit, page: Person, kind: str) -> When:
    state = (visit.params.text("video_state") or "PUBLISHED").upper()
    if state not in STATES:
        raise errors.invalid(f"Param video_state must be one of {{{', '.join(STATES)}}}")
    if state == "SCHEDULED":
        due_at = visit.params.moment("scheduled_publish_time")
        if due_at is None:
            raise errors.invalid("The parameter scheduled_publish_time is required")
        return When(False, outbox.check_due(visit.world, due_at))
    if kind == "reel" and state == "PUBLISHED":
        _check_quota(visit, page)
    return When(state == "PUBLISHED")


def _check_quota(visit: Visit, page: Person) -> None:
    """Unsure: with which code the 31st reel of a day is refused."""
    most = settings.of(visit.world).reels_per_day
    mine = "platform = 'facebook' AND person_id = ? AND at > ? AND json_extract(details, '$.kind') = 'reel'"
    if books.count(visit.world.store, mine, page.id, visit.world.clock() - DAY) >= most:
        raise errors.refuse(32, f"Page request limit reached: {most} reels in 24 hours")


async def upload(visit: Visit) -> Response:
    """POST /video-upload/{version}/{video}: the bytes, or an address in the header `file_url`."""
    clip = clips.get(visit.world, visit.caller.person, visit.path_id)
    clips.check_open(clip)
    url = visit.request.headers.get("file_url")
    if url:
        await videos.fetch(visit, clip, url)
        clips.expect(visit.world, clip, clips.received(visit.world, clip))
        return rupload.done()
    file = intake.incoming_of(visit.world, KEY, clip.id)
    piece: Piece = rupload.piece(visit.request, has=file.size, most=settings.of(visit.world).max_video_bytes)
    clips.expect(visit.world, clip, piece.file_size)
    return await rupload.take(visit.request, file, piece)


async def offset(visit: Visit) -> Response:
    """GET of the same address: how much is there, so that an upload can go on."""
    clip = clips.get(visit.world, visit.caller.person, visit.path_id)
    return rupload.told(clips.received(visit.world, clip))
