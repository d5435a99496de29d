"""Files to an account's server, and videos to the service that makes them ready for it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx2
from pydantic import AliasChoices, BaseModel, Field, model_validator

from ocma.platforms.bluesky import refusal
from ocma.platforms.bluesky.wire import Uploaded, read
from ocma.platforms.connector import Access, Call
from ocma.platforms.content import Media
from ocma.platforms.errors import ContentRejected, NotReady, PermissionMissing, PreparationLost, Throttled

BLOBS = "com.atproto.repo.uploadBlob"
LIMITS = "app.bsky.video.getUploadLimits"
KEEPS = timedelta(minutes=30)  # a file that no post uses is removed "within a time window (eg, minutes)"
TIMEOUT = httpx2.Timeout(600.0, connect=10.0)
LASTS = timedelta(minutes=30)  # of a token for the service
SOON, AGAIN = 1.0, 15.0  # seconds between looks at a video, at first and at most
TOMORROW = 3600.0  # seconds; the service's day is its own
KNOWN = "already_exists"  # says the service of a video it has, and names the job


class Job(BaseModel):
    jobId: str = Field(min_length=1)  # noqa: N815 - their name
    state: str = ""
    blob: dict[str, Any] | None = None
    failure: str | None = Field(default=None, validation_alias=AliasChoices("failureCode", "error"))

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, value: Any) -> Any:
        """As the lexicon has it, or bare, as the service has answered."""
        return value.get("jobStatus", value) if isinstance(value, dict) else value


class Limits(BaseModel):
    canUpload: bool = True  # noqa: N815 - their name
    remainingDailyVideos: int | None = None  # noqa: N815 - their name
    remainingDailyBytes: int | None = None  # noqa: N815 - their name


class Token(BaseModel):
    token: str


async def upload(call: Call, access: Access, media: Media) -> str:
    """The blob, as JSON: it goes into the record as it is."""
    response = await call(access, "POST", f"/xrpc/{BLOBS}", content=media.open, headers=_file_headers(media), timeout=TIMEOUT)
    return json.dumps(read(response, Uploaded).blob)


async def send_video(call: Call, access: Access, media: Media, now: datetime) -> str:
    """The id of the job at the video service."""
    await _check_limits(call, access, media, now)
    token = await _token(call, access, _did(str(access.client.base_url)), BLOBS, now)
    response = await call(
        access,
        "POST",
        f"{access.urls['video']}/xrpc/app.bsky.video.uploadVideo",
        params={"did": access.profile_id, "name": f"{media.id}.mp4"},
        content=media.open,
        headers={**_file_headers(media), **token},
        timeout=TIMEOUT,
    )
    return read(response, Job).jobId


async def video_blob(call: Call, access: Access, job_id: str, steps: tuple[str, ...]) -> str:
    """The blob of a job that is done. Raises NotReady, or PreparationLost of `steps` where another try may help."""
    url = f"{access.urls['video']}/xrpc/app.bsky.video.getJobStatus"
    job = read(await call(access, "GET", url, params={"jobId": job_id}), Job)
    if job.blob is not None:
        return json.dumps(job.blob)
    if job.state == "JOB_STATE_FAILED":
        raise refusal.failed_video(job.failure, steps)
    if job.state == "JOB_STATE_COMPLETED":
        raise PreparationLost(platform="bluesky", rule="videoWithoutBlob", steps=steps)
    raise NotReady(platform="bluesky", rule="videoProcessing", retry_after=SOON, most=AGAIN)


def is_known(response: httpx2.Response) -> bool:
    """The video service's "no" that is a yes."""
    if response.is_success or KNOWN.encode() not in response.content[:4096]:
        return False
    try:
        return bool(read(response, Job).jobId)
    except refusal.PlatformUnavailable:
        return False


async def _check_limits(call: Call, access: Access, media: Media, now: datetime) -> None:
    """Asked first, so that nothing is uploaded in vain; a service that does not know the question says so with the upload."""
    video = access.urls["video"]
    token = await _token(call, access, _did(video), LIMITS, now)
    try:
        limits = read(await call(access, "GET", f"{video}/xrpc/{LIMITS}", headers=token), Limits)
    except ContentRejected:
        return
    videos, size = limits.remainingDailyVideos, limits.remainingDailyBytes
    if videos == 0 or (size is not None and size < media.size):
        raise Throttled(platform="bluesky", rule="videosToday", retry_after=TOMORROW, remediation="It goes on by itself.")
    if not limits.canUpload:
        raise PermissionMissing(
            "Bluesky does not let this account upload videos.",
            platform="bluesky",
            rule="videoNotAllowed",
            remediation="Confirm the account's e-mail address at bsky.app → Settings → Account.",
        )


async def _token(call: Call, access: Access, audience: str, method: str, now: datetime) -> dict[str, str]:
    """The header that speaks for the account at another service, for this one method."""
    query = {"aud": audience, "lxm": method, "exp": str(int((now + LASTS).timestamp()))}
    response = await call(access, "GET", "/xrpc/com.atproto.server.getServiceAuth", params=query)
    return {"Authorization": f"Bearer {read(response, Token).token}"}


def _did(url: str) -> str:
    return f"did:web:{httpx2.URL(url).netloc.decode().replace(':', '%3A')}"


def _file_headers(media: Media) -> Mapping[str, str]:
    return {"Content-Type": media.mime_type, "Content-Length": str(media.size)}
