"""What a server's refusals mean. Decided on the status: texts are translated, and forks word them differently."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from ocma.platforms.errors import (
    ContentRejected,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.refusals import Refusal

WINDOW = 300.0  # seconds; the shortest of Mastodon's windows, for a 429 that names no end
LONGEST = 3 * 3600.0  # seconds; the longest
PROCESSING = 15.0  # seconds to let a server work through a file
# Codes of RFC 6749: for programs, so never translated.
GRANT_OVER = (b'"invalid_grant"', b'"invalid_client"', b'"invalid_scope"', b'"invalid_token"', b'"unauthorized_client"')


TOKEN = Refusal(
    ReauthorizationRequired,
    "tokenRefused",
    "The server does not accept the account's token; it was revoked, or the app was removed there.",
    "Connect the account again.",
)
NOT_PERMITTED = Refusal(
    PermissionMissing,
    "notPermitted",
    "The server does not permit this to the account: the connection lacks a permission, or the account is limited there.",
    "Sign in on the server, see that the account is confirmed and unrestricted, then connect it again with all permissions.",
)
MISSING = Refusal(
    ContentRejected,
    "notThere",
    "The server does not know what this refers to: the post, the file or the post it replies to is gone.",
    "Check on the server whether the post that this replies to still exists.",
)
INVALID = Refusal(
    ContentRejected,
    "invalid",
    "The server does not accept this post: too long, or a file or an option that it does not take.",
    "Compare text, files and options with the server's own limits, and change the post.",
)
TOO_LARGE = Refusal(ContentRejected, "mediaTooLarge", "The file is too large for the server.", "Make the file smaller.")
UNFINISHED = Refusal(
    PlatformUnavailable,
    "mediaProcessing",
    "The server is still working through the file.",
    "Nothing: it is tried again.",
    PROCESSING,
)
RATE = Refusal(Throttled, "rateLimited", "The server asks to wait: a rate limit is used up.", "Nothing: it goes on by itself.")
MOVED = Refusal(
    PlatformUnavailable,
    "redirected",
    "The server sends us to another address.",
    "If it stays: connect the account again with the host that the server's web pages are on.",
)
DOWN = Refusal(PlatformUnavailable, "unavailable", "The server does not work at the moment.", "Nothing: it is tried again.")

BY_STATUS: Mapping[int, Refusal] = {
    400: INVALID,
    401: TOKEN,
    403: NOT_PERMITTED,
    404: MISSING,
    408: DOWN,
    410: MISSING,
    413: TOO_LARGE,
    422: INVALID,
    425: DOWN,
    429: RATE,
}


def explain(response: httpx2.Response, now: datetime) -> PlatformError:
    refusal = _refusal(response)
    wait = _wait(response.headers, now) if refusal is RATE else None
    return refusal.to_error("mastodon", response.status_code, retry_after=wait)


def _refusal(response: httpx2.Response) -> Refusal:
    status = response.status_code
    if status >= 500 or status < 300:
        return DOWN
    if status < 400:
        return MOVED
    if status == 400 and any(code in response.content for code in GRANT_OVER):
        return TOKEN
    if status == 422:
        return _unprocessable(response)
    return BY_STATUS.get(status, INVALID)


def _unprocessable(response: httpx2.Response) -> Refusal:
    """Reading validates nothing: a 422 without a word to a GET is how snac refuses a token.

    The one text that is looked for only saves a question: the connector asks the server about its files after any 422.
    """
    if not response.content.strip() and _method(response) == "GET":
        return TOKEN
    return UNFINISHED if b"not finished processing" in response.content.lower() else INVALID


def _method(response: httpx2.Response) -> str:
    try:
        return response.request.method
    except RuntimeError:  # an answer that was never asked for, as tests make them
        return ""


def _wait(headers: httpx2.Headers, now: datetime) -> float:
    """Seconds until the window opens again, by the server's own clock where it tells the time."""
    reset = _instant(headers.get("x-ratelimit-reset"))
    if reset is not None:
        wait = (reset - (_http_date(headers.get("date")) or now)).total_seconds()
    else:
        wait = _seconds(headers.get("retry-after"), now)
    return min(max(wait, 1.0), LONGEST)


def _seconds(retry_after: str | None, now: datetime) -> float:
    """Retry-After is seconds or a date."""
    if retry_after and retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:6])
    at = _http_date(retry_after)
    return (at - now).total_seconds() if at else WINDOW


def _instant(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _http_date(text: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
