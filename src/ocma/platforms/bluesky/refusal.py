"""What AT Protocol servers mean when they do not say yes: the one table of their refusals.

A body is `{error, message}`; the name tells, for an ended token comes with 400, too. None of the servers' words are passed on.
"""

from datetime import datetime

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
from ocma.platforms.refusals import Refusal, body_of, number_of

WINDOW, DAY = 300.0, 86_400.0  # seconds
GONE = "recordNotFound"


ENDED = Refusal(
    ReauthorizationRequired, "tokenRefused", "The server does not accept the account's token.", "Connect the account again."
)
TAKEN_DOWN = Refusal(
    AccountRestricted, "accountTakenDown", "Bluesky has taken this account down.", "Sign in at bsky.app and appeal there."
)
DEACTIVATED = Refusal(
    AccountRestricted,
    "accountDeactivated",
    "This account is deactivated at its server.",
    "Reactivate it at bsky.app; if it has moved to another server, connect it again.",
)
SCOPE = Refusal(
    PermissionMissing,
    "scopeMissing",
    "The connection does not allow this.",
    "Connect the account again and allow all that is asked for.",
)
RATE = Refusal(Throttled, "rateLimited", "The server asks to wait.", "Nothing: it goes on by itself.")
RECORD = Refusal(
    ContentRejected,
    "invalidRecord",
    "The server finds something in this post invalid.",
    "Check its length (300 graphemes), files and options.",
)
FILE = Refusal(
    ContentRejected,
    "fileRefused",
    "The server does not take this file: its type or its size.",
    "Images: JPEG, PNG or WebP up to 2 MB; video: MP4. Small servers take less.",
)
BLOB = Refusal(PreparationLost, "blobNotFound", "The server has dropped a file again.", "Nothing: it is uploaded anew.")
MISSING = Refusal(ContentRejected, GONE, "This is not there (any more).", "Check what it refers to.")
REPLY = Refusal(
    ContentRejected,
    "replyNotFound",
    "The post that this one follows is gone.",
    "Post the rest as a post of its own. Parts that are live stay live.",
)
THERE = Refusal(DuplicateContent, "recordExists", "A post stands at this place already.", "Nothing: it is looked at.")
SWAP = Refusal(PlatformUnavailable, "changedMeanwhile", "Something else was written meanwhile.", "Nothing: it is tried again.")
PROOF = Refusal(
    PlatformUnavailable,
    "proofRefused",
    "The server does not accept OCMA's proof of its key.",
    "If it stays, check this machine's clock.",
)
DOWN = Refusal(PlatformUnavailable, "unavailable", "The server does not work at the moment.", "Nothing: it is tried again.")
NOT_ALLOWED = Refusal(PermissionMissing, "forbidden", "The server forbids this.", "Connect the account again.")
UNCOUNTED = Refusal(
    ContentRejected,
    "noAppView",
    "The account's server asks no AppView: it shows no profiles and counts nothing.",
    "Ask its administrator to name one; posts go out without.",
)
UNKNOWN = Refusal(ContentRejected, "refused", "The server refused this.", "Check text, files and options, and try again.")

BY_NAME = {
    "ExpiredToken": ENDED,
    "InvalidToken": ENDED,
    "invalid_token": ENDED,
    "AuthMissing": ENDED,
    "AuthenticationRequired": ENDED,
    "AccountNotFound": ENDED,
    "AccountTakedown": TAKEN_DOWN,
    "AccountSuspended": TAKEN_DOWN,
    "RepoTakendown": TAKEN_DOWN,
    "RepoSuspended": TAKEN_DOWN,
    "AccountDeactivated": DEACTIVATED,
    "RepoDeactivated": DEACTIVATED,
    "ScopeMissingError": SCOPE,
    "insufficient_scope": SCOPE,
    "RateLimitExceeded": RATE,
    "InvalidRequest": RECORD,
    "InvalidRecord": RECORD,
    "InvalidMimeType": FILE,
    "InvalidSize": FILE,
    "BlobTooLarge": FILE,
    "PayloadTooLarge": FILE,
    "BlobNotFound": BLOB,
    "RecordNotFound": MISSING,
    "RecordAlreadyExists": THERE,
    "InvalidSwap": SWAP,
    "use_dpop_nonce": PROOF,
    "invalid_dpop_proof": PROOF,
    "UpstreamFailure": DOWN,
    "UpstreamTimeout": DOWN,
    "NotEnoughResources": DOWN,
    "InternalServerError": DOWN,
}
BY_STATUS = {400: RECORD, 401: ENDED, 403: NOT_ALLOWED, 404: UNKNOWN, 408: DOWN, 413: FILE, 415: FILE, 425: DOWN, 429: RATE}
NO_VIEW = "no service configured for app.bsky."
EXISTS = ("already a value", "already exists")  # how implementations say it whose name of the error says nothing

FINAL = {
    "validation_failure": "The video is none that Bluesky takes.",
    "encoding_failure": "Bluesky could not re-encode the video.",
    "pds_upload_unsupported_blob_size": "The account's own server does not take videos of this size.",
}


def explain(response: httpx2.Response, now: datetime) -> PlatformError:
    refusal = _refusal(response)
    wait = _wait(response.headers, now) if refusal is RATE else None
    return refusal.to_error("bluesky", response.status_code, retry_after=wait)


def failed_video(failure: str | None, steps: tuple[str, ...]) -> PlatformError:
    """`failure`: as the video service names it. What is not the video's own fault is worth another try."""
    if failure in FINAL:
        remediation = "Convert it: MP4 (H.264, AAC), at most 3 minutes; or make it smaller."
        return ContentRejected(FINAL[failure], platform="bluesky", rule="videoRefused", remediation=remediation)
    return PreparationLost("Bluesky's video service failed.", platform="bluesky", rule="videoFailed", steps=steps)


def _refusal(response: httpx2.Response) -> Refusal:
    """5xx and 3xx leave no doubt; else the name tells more than the status."""
    status = response.status_code
    if status >= 500 or status < 400:
        return DOWN
    if status == 429:
        return RATE
    name, message = _error(response)
    if status == 400 and any(each in message for each in EXISTS):
        return THERE
    if status == 400 and NO_VIEW in message:
        return UNCOUNTED
    return BY_NAME.get(name) or BY_STATUS.get(status, UNKNOWN)


def _error(response: httpx2.Response) -> tuple[str, str]:
    """Its name and message; empty where the body is something else."""
    body = body_of(response)
    return str(body.get("error", "")), str(body.get("message", "")).lower()


def _wait(headers: httpx2.Headers, now: datetime) -> float:
    """Seconds until the window opens again: the reset is in Unix time."""
    reset, after = number_of(headers.get("ratelimit-reset")), number_of(headers.get("retry-after"))
    wait = reset - now.timestamp() if reset is not None else after if after is not None else WINDOW
    return min(max(wait, 1.0), DAY)
