"""The video service (video.bsky.app), under the same address as the rest: whole uploads, jobs, and limits.

Unsure, and chosen here: a repeated video answers 409 with the finished job; a day's limit that is used up answers 400.
"""

from typing import Any

from starlette.responses import JSONResponse, Response

from ocma_sandbox.bluesky import blobs, errors, settings, video_jobs
from ocma_sandbox.bluesky.calls import Asked, Visitor
from ocma_sandbox.world import World

Json = dict[str, Any]


async def upload(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """app.bsky.video.uploadVideo?did=&name="""
    request, chosen = asked.request, settings.of(world)
    person = video_jobs.person_of(world, request, video_jobs.pds_rights(request))
    if request.query_params.get("did", person.id) != person.id:
        raise errors.refused(403, "UploadForbidden", "did does not match the token's account")
    if "content-length" not in request.headers:
        raise errors.refused(411, "InvalidRequest", "Content-Length is required")
    check_allowed(world, person.id, int(request.headers["content-length"]))
    stored = await blobs.receive(world, request, chosen.video_limit)
    same = video_jobs.find_same(world, person.id, stored.sha256)
    if same is not None:
        world.blobs.remove(stored.file)
        repeated = {"error": "already_exists", "message": "Video already processed"}
        return JSONResponse({**video_jobs.shown(world, same), **repeated}, 409)
    status = video_jobs.shown(world, video_jobs.start(world, person.id, stored))
    return JSONResponse({"jobStatus": status} if chosen.video_wraps else status)


def check_allowed(world: World, did: str, size: int) -> None:
    left = video_jobs.limits(world, did)
    if not left["canUpload"]:
        name = "UploadForbidden" if left["error"] == "unconfirmed_email" else "DailyLimitExceeded"
        raise errors.invalid(left["message"], name)
    if size > min(settings.of(world).video_limit, left["remainingDailyBytes"]):
        raise errors.invalid("The video is larger than is allowed", "VideoTooLarge")


async def job_status(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """app.bsky.video.getJobStatus: public"""
    job = video_jobs.find(world, asked.params["jobId"])
    if job is None:
        raise errors.invalid("Job not found")
    return JSONResponse({"jobStatus": video_jobs.shown(world, job)})


async def limits(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """app.bsky.video.getUploadLimits"""
    rights = video_jobs.own_rights(world, asked.request, "app.bsky.video.getUploadLimits")
    person = video_jobs.person_of(world, asked.request, rights)
    return JSONResponse(video_jobs.limits(world, person.id))
