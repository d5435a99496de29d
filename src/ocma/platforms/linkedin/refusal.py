"""What LinkedIn means when it does not say yes: the one table of its refusals.

A body is `{status, message, serviceErrorCode, code}`, with `errorDetails.inputErrors[].code` where a field is at fault. Nothing
here trusts one, and none of its words are passed on but the URN of a live post.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx2

from ocma.platforms.errors import (
    ContentRejected,
    DuplicateContent,
    NotReady,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.linkedin.wire import COMMENT, POST
from ocma.platforms.refusals import LONGEST, Refusal, body_of

HOUR, DAY = 3600.0, 86_400.0
NOTHING_TO_DO = "Nothing: it goes on by itself."


DUPLICATE = Refusal(
    DuplicateContent,
    "duplicateContent",
    "LinkedIn says that this account has posted the same already.",
    "If the earlier post is not the one you meant, change the text.",
)
TOO_LONG = Refusal(ContentRejected, "textTooLong", "LinkedIn finds a text too long.", "Shorten it.")
INVALID = Refusal(
    ContentRejected, "invalidRequest", "LinkedIn finds something in this post invalid.", "Check text, media and options."
)
MEDIA = Refusal(
    ContentRejected,
    "mediaProcessingFailed",
    "LinkedIn could not process the file.",
    "Convert it: JPEG or PNG; video as MP4 of 3 seconds to 30 minutes; PDF up to 300 pages.",
)
UNFINISHED = Refusal(NotReady, "mediaUnfinished", "LinkedIn still works through the file.", NOTHING_TO_DO, 30.0)
GONE = Refusal(ContentRejected, "notFound", "Something this refers to is not on LinkedIn (any more).", "Check what it refers to.")
NOT_PERMITTED = Refusal(
    PermissionMissing,
    "notPermitted",
    "LinkedIn does not permit this to the connection: a permission or a role on the page is missing.",
    "Check the member's role on the page and OCMA_LINKEDIN_SCOPES, then connect the account again.",
)
ORGANIZATION = Refusal(
    PermissionMissing,
    "organizationPermissionMissing",
    "LinkedIn wants page permissions to post as a page.",
    "Operator: put w_organization_social into OCMA_LINKEDIN_SCOPES. Then connect the page again.",
)
UNAUTHORIZED = Refusal(
    ReauthorizationRequired, "unauthorized", "LinkedIn does not accept the account's token.", "Connect the account again."
)
CONFLICT = Refusal(PlatformUnavailable, "conflict", "LinkedIn was busy with the same thing.", "Nothing: it is tried again.")
DOWN = Refusal(PlatformUnavailable, "unavailable", "LinkedIn does not work at the moment.", "Nothing: it is tried again.")
RATE = Refusal(Throttled, "rateLimited", "The account's calls of today are used up at LinkedIn.", NOTHING_TO_DO)
APP_RATE = Refusal(
    Throttled,
    "appRateLimited",
    "The developer app's calls of today are used up at LinkedIn; every account of this app waits.",
    "Nothing: it goes on after midnight UTC. The app's limits stand in LinkedIn's developer portal, under Analytics.",
)
VERSION = Refusal(
    Throttled,
    "versionRetired",
    "LinkedIn has retired the API version that this server asks for; every account waits.",
    "Operator: set OCMA_LINKEDIN_VERSION to one that LinkedIn's versioning page lists (YYYYMM). It goes on within the hour.",
    HOUR,
)
UNKNOWN = Refusal(ContentRejected, "refused", "LinkedIn refused this.", "Check text, media and options, and try again.")

BY_CODE = {
    "DUPLICATE_POST": DUPLICATE,
    "FIELD_LENGTH_TOO_LONG": TOO_LONG,
    "MEDIA_ASSET_PROCESSING_FAILED": MEDIA,
    "MEDIA_ASSET_WAITING_UPLOAD": UNFINISHED,
    "EXPIRED_UPLOAD_URL": DOWN,
    "VERSION_MISSING": VERSION,
    "NONEXISTENT_VERSION": VERSION,
}
BY_PHRASE = (
    (re.compile(r"\bduplicate of urn:li:"), DUPLICATE),
    (re.compile(r"organization permissions must be used"), ORGANIZATION),
)
BY_STATUS = {
    400: INVALID,
    401: UNAUTHORIZED,
    403: NOT_PERMITTED,
    404: GONE,
    408: DOWN,
    409: CONFLICT,
    422: INVALID,
    426: VERSION,
    429: RATE,
}
FIRM = frozenset({401, 403, 426, 429})  # here the status says all
APPLICATION = re.compile(r"throttle application day", re.IGNORECASE)


def explain(response: httpx2.Response, now: datetime) -> PlatformError:
    """What an answer outside 2xx means."""
    refusal = _refusal(response.status_code, body_of(response))
    if refusal is DUPLICATE and (live := live_urn(response)):
        refusal = replace(refusal, detail=f"{refusal.detail[:-1]}, as {live}.")
    wait = _wait(response.headers, now) if response.status_code == 429 else None
    return refusal.to_error("linkedin", response.status_code, retry_after=wait)


def is_duplicate(response: httpx2.Response) -> bool:
    """Is it a no because the very same is live?"""
    return 400 <= response.status_code < 500 and _refusal(response.status_code, body_of(response)) is DUPLICATE


def live_urn(response: httpx2.Response) -> str | None:
    """Which post or comment such a no names."""
    told = response.text[:LONGEST]
    found = COMMENT.search(told) or POST.search(told)
    return found[0] if found else None


def _refusal(status: int, body: dict[str, Any]) -> Refusal:
    if status >= 500 or status < 400:
        return DOWN
    if status in FIRM:
        return APP_RATE if status == 429 and APPLICATION.search(_message(body)) else BY_STATUS[status]
    coded = [BY_CODE[code] for code in _codes(body) if code in BY_CODE]
    phrased = [refusal for phrase, refusal in BY_PHRASE if phrase.search(_message(body).lower())]
    return next(iter([*coded, *phrased]), BY_STATUS.get(status, UNKNOWN))


def _errors(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The body itself, then what it says of single fields."""
    details = body.get("errorDetails")
    listed = details.get("inputErrors") if isinstance(details, dict) else None
    return [body, *(each for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict))]


def _codes(body: dict[str, Any]) -> list[str]:
    return [code for each in reversed(_errors(body)) if isinstance(code := each.get("code"), str)]


def _message(body: dict[str, Any]) -> str:
    return "\n".join(str(each.get(name, "")) for each in _errors(body) for name in ("message", "description"))


def _wait(headers: httpx2.Headers, now: datetime) -> float:
    """Seconds: as LinkedIn says, else until its days begin anew, at midnight UTC, and a minute."""
    told = headers.get("retry-after", "")
    if told.isdecimal():
        return min(max(float(told), 1.0), DAY)
    return 60.0 + DAY - timedelta(hours=now.hour, minutes=now.minute, seconds=now.second).total_seconds()
