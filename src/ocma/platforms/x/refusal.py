"""What X means when it does not say yes: the one table of its refusals.

A body is `{type, title, detail, status}` or `{errors: [{message, code, ...}], title, detail, type}`. The type's host varies, so
only what follows `/2/problems/` counts. Bodies may also be empty, HTML, lists or huge: nothing here trusts one, and none of its
words are passed on.
"""

import re
from datetime import datetime
from typing import Any

import httpx2

from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.refusals import Refusal, body_of, number_of

WINDOW = 900.0  # seconds: most of X's limits are per 15 minutes
HOUR = 3600.0
DAY = 86_400.0
WINDOWS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")


DUPLICATE = Refusal(
    DuplicateContent,
    "duplicateContent",
    "X says that this account has posted the same text already.",
    "If the earlier post is not the one you meant, change the text.",
)
TOO_LONG = Refusal(
    ContentRejected, "textTooLong", "X finds the text too long.", "Shorten it: links count 23, emoji and CJK characters 2 each."
)
REPLY = Refusal(
    ContentRejected,
    "replyNotAllowed",
    "X does not let this account reply here: the author has neither mentioned nor quoted it.",
    "Post it as a post of its own. Parts that are live stay live.",
)
VIDEO = Refusal(
    ContentRejected,
    "videoTooLong",
    "X does not let this account post a video of this length.",
    "Cut the video, or use X Premium.",
)
INVALID = Refusal(
    ContentRejected, "invalidRequest", "X finds something in this post invalid.", "Check text, media and options, and try again."
)
DISALLOWED = Refusal(ContentRejected, "disallowed", "X does not allow this content.", "Change the post.")
GONE = Refusal(
    ContentRejected, "notFound", "Something this refers to is not on X (any more).", "Check what it replies to, and its media."
)
HIDDEN = Refusal(
    ContentRejected, "notVisible", "Something this refers to is not visible to this account.", "Check what it replies to."
)
NOT_PERMITTED = Refusal(
    PermissionMissing,
    "notPermitted",
    "X does not permit this to the connection.",
    "Give the app read and write permission in X's developer portal, then connect the account again.",
)
PLAN = Refusal(
    PermissionMissing,
    "clientForbidden",
    "X does not offer this to the developer app.",
    "Check the app's project and plan in X's developer portal.",
)
APP_ONLY = Refusal(
    PermissionMissing,
    "unsupportedAuthentication",
    "X wants a user's token for this, not an app's.",
    "Connect the account by signing in to X.",
)
RESTRICTED = Refusal(
    AccountRestricted,
    "accountRestricted",
    "X has suspended or locked this account.",
    "Sign in at x.com, follow what X asks there, then resume the account here.",
)
UNAUTHORIZED = Refusal(
    ReauthorizationRequired, "unauthorized", "X does not accept the account's token.", "Connect the account again."
)
RATE = Refusal(Throttled, "rateLimited", "X asks to wait: a rate limit is used up.", "Nothing: it goes on by itself.")
CAPPED = Refusal(
    Throttled, "usageCapped", "The developer app's usage cap at X is used up.", "Raise the cap in X's developer portal.", HOUR
)
CREDITS = Refusal(
    Throttled,
    "creditsDepleted",
    "The developer app has no credits left at X; every account of this app waits.",
    "Operator: buy credits in X's developer portal. Nothing is lost; it goes on within the hour.",
    HOUR,
)
DOWN = Refusal(PlatformUnavailable, "unavailable", "X does not work at the moment.", "Nothing: it is tried again.")
UNKNOWN = Refusal(ContentRejected, "refused", "X refused this.", "Check text, media and options, and try again.")

BY_CODE = {32: UNAUTHORIZED, 89: UNAUTHORIZED, 64: RESTRICTED, 326: RESTRICTED, 88: RATE, 187: DUPLICATE, 186: TOO_LONG}
BY_PHRASE = (
    (re.compile(r"duplicate content"), DUPLICATE),
    (re.compile(r"reply to this conversation is not allowed"), REPLY),
    (re.compile(r"not allowed to post a video longer"), VIDEO),
    (re.compile(r"\baccount\b.*\b(?:suspended|locked)\b", re.DOTALL), RESTRICTED),
    (re.compile(r"not permitted to perform this action"), NOT_PERMITTED),
)
BY_TYPE = {
    "invalid-request": INVALID,
    "resource-not-found": GONE,
    "resource-unavailable": HIDDEN,
    "not-authorized-for-resource": NOT_PERMITTED,
    "not-authorized-for-field": NOT_PERMITTED,
    "field-unauthorized": NOT_PERMITTED,
    "client-forbidden": PLAN,
    "usage-capped": CAPPED,
    "rate-limit-exceeded": RATE,
    "disallowed-resource": DISALLOWED,
    "unsupported-authentication": APP_ONLY,
    "internal-error": DOWN,
    "field-hydration-failure": DOWN,
}
BY_STATUS = {
    400: INVALID,
    401: UNAUTHORIZED,
    402: CREDITS,
    403: NOT_PERMITTED,
    404: GONE,
    408: DOWN,
    425: DOWN,
    429: RATE,
}
FIRM = frozenset({401, 402, 408, 425, 429})  # here the status says all, but for a cap


def explain(response: httpx2.Response, now: datetime) -> PlatformError:
    """What an answer outside 2xx means, or one inside that holds nothing but `errors`."""
    refusal = _refusal(response.status_code, _problems(response))
    wait = _wait(response.headers, now) if refusal is RATE else None
    return refusal.to_error("x", response.status_code, retry_after=wait)


def _refusal(status: int, problems: list[dict[str, Any]]) -> Refusal:
    """The surest sign wins: a status that leaves no doubt, a code, a known phrase, the problem's type, the status."""
    if status >= 500 or 300 <= status < 400:
        return DOWN
    signs = [] if status in FIRM else [*_by_code(problems), *_by_phrase(problems)]
    typed = [refusal for refusal in _by_type(problems) if refusal is CAPPED or (status not in FIRM and refusal is not DOWN)]
    fallback = BY_STATUS.get(status, DOWN if status < 300 else UNKNOWN)
    return next(iter([*signs, *typed]), fallback)


def _by_code(problems: list[dict[str, Any]]) -> list[Refusal]:
    codes = [each.get("code") for each in problems]
    return [BY_CODE[code] for code in codes if isinstance(code, int) and code in BY_CODE]


def _by_phrase(problems: list[dict[str, Any]]) -> list[Refusal]:
    words = "\n".join(str(each.get(field, "")) for each in problems for field in ("title", "detail", "message")).lower()
    return [refusal for phrase, refusal in BY_PHRASE if phrase.search(words)]


def _by_type(problems: list[dict[str, Any]]) -> list[Refusal]:
    kinds = [str(each.get("type", "")).partition("/problems/")[2] for each in problems]
    return [BY_TYPE[kind] for kind in kinds if kind in BY_TYPE]


def _problems(response: httpx2.Response) -> list[dict[str, Any]]:
    """The body and its `errors`, as far as they are objects; nothing when it is not what X documents."""
    body = body_of(response)
    errors = body.get("errors")
    listed = errors if isinstance(errors, list) else []
    return [each for each in (body, *listed) if isinstance(each, dict)]


def _wait(headers: httpx2.Headers, now: datetime) -> float:
    """Seconds until every window that is used up opens again. Reset headers are in epoch seconds."""
    resets = {window: number_of(headers.get(f"{window}-reset")) for window in WINDOWS}
    spent = [resets[window] for window in WINDOWS if number_of(headers.get(f"{window}-remaining")) == 0]
    known = [reset for reset in (spent or [resets[WINDOWS[0]]]) if reset is not None]
    wait = max(known) - now.timestamp() if known else number_of(headers.get("retry-after")) or WINDOW
    return min(max(wait, 1.0), DAY)
