"""What YouTube means when it does not say yes. Decided on the error's reason; none of its words are passed on."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.refusals import Refusal, body_of
from ocma.platforms.youtube.wire import VideoStatus

MINUTE, DAY = 60.0, 86_400.0
PACIFIC = ZoneInfo("America/Los_Angeles")  # quotas begin anew at its midnight


def _invalid(rule: str, what: str, remediation: str) -> Refusal:
    return Refusal(ContentRejected, rule, f"YouTube does not accept {what}.", remediation)


TOKEN = Refusal(
    ReauthorizationRequired, "tokenRefused", "Google does not accept the account's token.", "Connect the account again."
)
SCOPE = Refusal(
    PermissionMissing, "scopeMissing", "The connection lacks a permission.", "Connect the channel again and tick every box."
)
NO_CHANNEL = Refusal(
    PermissionMissing, "noChannel", "This Google account has no YouTube channel.", "Make one at youtube.com, then connect again."
)
DISABLED = Refusal(
    PermissionMissing,
    "apiDisabled",
    "The developer project may not use this API of YouTube's.",
    "Operator: enable YouTube Data API v3 and YouTube Analytics API in the Google Cloud project.",
)
KEPT_PRIVATE = Refusal(
    PermissionMissing,
    "projectNotAudited",
    "YouTube has kept the video private: the developer project has not passed its audit.",
    "Operator: apply for YouTube's API audit. Until then videos can be made public only in YouTube Studio.",
)
NOT_PERMITTED = Refusal(
    PermissionMissing, "notPermitted", "YouTube does not permit this to the connection.", "Connect the channel again."
)
QUOTA = Refusal(
    Throttled,
    "quotaExceeded",
    "The developer project's quota at YouTube is used up until midnight in California; every channel waits.",
    "Nothing: it goes on by itself. Operator: ask Google for more by the quota extension form.",
)
RATE = Refusal(Throttled, "rateLimited", "YouTube asks to wait.", "Nothing: it goes on by itself.", MINUTE)
UPLOADS = Refusal(
    Throttled, "uploadLimit", "YouTube takes no more uploads of this channel today.", "Nothing: it goes on in a day.", DAY
)
RESTRICTED = Refusal(
    AccountRestricted, "channelRestricted", "YouTube has closed or suspended this channel.", "See YouTube Studio, then resume it."
)
FORBIDDEN = _invalid("forbidden", "this of this channel", "Look into YouTube Studio: the channel may have to be verified.")
NO_COMMENTS = _invalid("commentsDisabled", "comments on this video", "Allow comments on it, or leave the first comment out.")
GONE = _invalid("notFound", "this: what it refers to is gone", "Look into YouTube Studio.")
INVALID = _invalid("invalid", "something in this post", "Check title, description, tags and options.")
DOWN = Refusal(PlatformUnavailable, "unavailable", "YouTube does not work at the moment.", "Nothing: it is tried again.")

BY_REASON = {
    "authError": TOKEN,
    "UNAUTHENTICATED": TOKEN,
    "insufficientPermissions": SCOPE,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": SCOPE,
    "youtubeSignupRequired": NO_CHANNEL,
    "accessNotConfigured": DISABLED,
    "quotaExceeded": QUOTA,
    "dailyLimitExceeded": QUOTA,
    "rateLimitExceeded": RATE,
    "userRateLimitExceeded": RATE,
    "uploadLimitExceeded": UPLOADS,
    "invalidTitle": _invalid("title", "the title", "It takes 1 to 100 characters, without < and >."),
    "invalidDescription": _invalid("description", "the text", "It takes at most 5000 bytes, without < and >."),
    "invalidTags": _invalid("tags", "the tags", "They take at most 500 characters together."),
    "invalidCategoryId": _invalid("category", "the category", "Choose another `categoryId`."),
    "invalidPublishAt": _invalid("publishAt", "the time", "Choose one in the future."),
    "invalidVideoMetadata": _invalid("metadata", "the options", "Check title, category and options."),
    "mediaBodyRequired": _invalid("fileMissing", "a post without a file", "Attach a video."),
    "forbidden": FORBIDDEN,
    "commentsDisabled": NO_COMMENTS,
    "videoNotFound": GONE,
    "commentNotFound": GONE,
    "channelClosed": RESTRICTED,
    "channelSuspended": RESTRICTED,
    "backendError": DOWN,
    "internalError": DOWN,
    "processingFailure": DOWN,
}
BY_STATUS = {401: TOKEN, 403: NOT_PERMITTED, 404: GONE, 408: DOWN, 410: GONE, 425: DOWN, 429: RATE}


def explain(response: httpx2.Response, now: datetime) -> PlatformError:
    refusal = _refusal(response)
    wait = until_midnight(now) if refusal is QUOTA else None
    return refusal.to_error("youtube", response.status_code, retry_after=wait)


def no_channel() -> PlatformError:
    return NO_CHANNEL.to_error("youtube")


def unusable(status: VideoStatus) -> PlatformError | None:
    """Why an uploaded video can never be watched; None: nothing speaks against it."""
    match status.upload_status:
        case "failed":
            detail, remediation = "YouTube could not process the file.", "Export it as MP4 with H.264 and AAC, and send it again."
            rule = "uploadAborted" if status.failure_reason == "uploadAborted" else "fileUnusable"
            kind = PreparationLost if rule == "uploadAborted" else ContentRejected
        case "rejected":
            rule, detail = status.rejection_reason or "rejected", "YouTube rejected the video."
            remediation = "See YouTube Studio for why, and change the video."
            kind = DuplicateContent if rule == "duplicate" else ContentRejected
        case "deleted":
            rule, detail, remediation = "uploadLost", "The uploaded video is gone.", "Nothing: it is uploaded anew."
            kind = PreparationLost
        case _:
            return None
    return kind(detail, platform="youtube", rule=rule, remediation=remediation)


def until_midnight(now: datetime) -> float:
    """Seconds until it is midnight in California. A day there may have 23 or 25 hours, so it is counted in UTC."""
    there = now.astimezone(PACIFIC)
    midnight = (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(midnight.timestamp() - now.timestamp(), 1.0)


def _refusal(response: httpx2.Response) -> Refusal:
    status = response.status_code
    if status >= 500 or 300 <= status < 400:
        return DOWN
    known = (BY_REASON[reason] for reason in _reasons(response) if reason in BY_REASON)
    return next(known, BY_STATUS.get(status, INVALID))


def _reasons(response: httpx2.Response) -> Iterator[str]:
    """The first error's reason before the newer forms of it."""
    body = body_of(response).get("error")
    told: dict[str, Any] = body if isinstance(body, dict) else {}
    for name in ("errors", "details"):
        listed = told.get(name)
        for each in listed if isinstance(listed, list) else []:
            if isinstance(each, dict):
                yield str(each.get("reason", ""))
    yield str(told.get("status", ""))
