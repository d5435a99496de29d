"""What a Graph API means when it does not say yes. HTTP's status is mostly 400 whatever the cause, so the codes decide.

A body is `{error: {message, type, code, error_subcode, is_transient, error_user_title, error_user_msg, fbtrace_id}}`, under any
status, 200 included. None of its words are passed on. A platform adds or overrules by a table of its own; `{name}` in the texts
of either is that platform's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

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
from ocma.platforms.meta import usage
from ocma.platforms.refusals import Refusal, body_of

MINUTE, HOUR = 60.0, 3600.0
MISSING = "objectMissing"
POSTED = "photosPosted"


@dataclass(frozen=True, slots=True)
class GraphError:
    """What an error object says. Zero: nothing."""

    code: int = 0
    subcode: int = 0
    transient: bool = False


Sign: TypeAlias = tuple[int | None, int | None]
"""Code and subcode; None: any."""
Table: TypeAlias = Mapping[Sign, Refusal]

WAIT = "Nothing: it goes on by itself."
AGAIN = "Connect the account again."


def _reconnect(rule: str, why: str, remediation: str = AGAIN) -> Refusal:
    return Refusal(ReauthorizationRequired, rule, f"{{name}} does not accept the account's token: {why}.", remediation)


def _restricted(rule: str, why: str, remediation: str) -> Refusal:
    return Refusal(AccountRestricted, rule, f"{{name}} {why}.", remediation)


def _rejected(rule: str, why: str, remediation: str, error: type[PlatformError] = ContentRejected) -> Refusal:
    return Refusal(error, rule, f"{{name}} {why}.", remediation)


DOWN = Refusal(PlatformUnavailable, "unavailable", "{name} does not work at the moment.", "Nothing: it is tried again.")
GONE = Refusal(
    PlatformUnavailable,
    MISSING,
    "{name} says that what this refers to is not there, or not visible to this account; at times it says so in error.",
    "Check that the account and what this answers still exist there.",
    MINUTE,
)
RATE = Refusal(Throttled, "rateLimited", "{name} asks to wait: the account's calls are used up.", WAIT, 5 * MINUTE)
APP_RATE = Refusal(Throttled, "appRateLimited", "{name} asks to wait: the app's calls are used up.", WAIT, 5 * MINUTE)
TOO_FAST = Refusal(Throttled, "tooFast", "{name} finds that this account posts too fast.", "Post less often.", HOUR)
TOKEN = _reconnect("tokenRefused", "it is no longer valid")
PERMISSION = Refusal(
    PermissionMissing,
    "notPermitted",
    "{name} does not permit this: a permission, a role, or the app's review is missing.",
    "Connect the account again and allow everything; see that you have full access to it, and that the app has passed review.",
)
INVALID = _rejected("badParameter", "finds something in this post invalid", "Check text, media, link and options.")
DUPLICATE = _rejected(
    "duplicateContent",
    "says that this very post is live already",
    "If the earlier post is not the one you meant, change the text.",
    DuplicateContent,
)
UNKNOWN = _rejected("refused", "refused this", "Check text, media, link and options, and try again.")
CHECKPOINT = "Sign in there, do what is asked, then resume the account here."

COMMON: Table = {
    (1, None): DOWN,
    (2, None): DOWN,
    (None, 99): DOWN,
    (None, 1363047): DOWN,
    (None, 1609010): DOWN,
    (100, 33): GONE,
    (4, None): APP_RATE,
    (341, None): APP_RATE,
    (17, None): RATE,
    (32, None): RATE,
    (613, None): RATE,
    (80001, None): RATE,
    (80002, None): RATE,
    (102, None): TOKEN,
    (190, None): TOKEN,
    (190, 458): _reconnect("appRemoved", "its owner has removed the app"),
    (190, 459): _reconnect("checkpoint", "its owner has to pass a check", "Sign in there and pass it, then connect again."),
    (190, 460): _reconnect("passwordChanged", "its owner has changed the password"),
    (190, 463): _reconnect("tokenExpired", "it has expired"),
    (190, 464): _reconnect("unconfirmed", "its owner is not confirmed", "Sign in there and confirm, then connect again."),
    (190, 467): _reconnect("tokenInvalid", "it is no longer valid"),
    (190, 492): _reconnect(
        "roleLost", "its owner has lost the role on the page, or signed out", "Check the role, connect again."
    ),
    (3, None): PERMISSION,
    (10, None): PERMISSION,
    (100, None): INVALID,
    (506, None): DUPLICATE,
    (None, 1366051): replace(DUPLICATE, rule=POSTED),
    (368, None): _restricted("policyBlock", "has blocked this account from posting for a while", CHECKPOINT),
    (None, 1390008): TOO_FAST,
    (None, 1346003): _rejected("abusive", "holds this for abusive", "Change text or link; others have reported it."),
    (None, 1404006): _restricted("securityCheck", "wants a security check", CHECKPOINT),
    (None, 1404078): _restricted("pageAuthorization", "wants the page's owner to authorize themselves", CHECKPOINT),
    (None, 1404112): _restricted("limited", "has limited this account for a while", CHECKPOINT),
    (None, 4854002): _restricted("identity", "wants the owner to confirm who they are", CHECKPOINT),
    (None, 1404102): _rejected("communityStandards", "says that this goes against its community standards", "Change the post."),
    (None, 1609008): _rejected("ownLink", "does not take a link to itself", "Leave out the link to facebook.com."),
    (None, 1609005): _rejected("linkUnreadable", "cannot read the linked page", "See that its crawler may fetch it; send again."),
    (None, 2061006): _rejected("badLink", "does not take this link", "Check the address."),
    (None, 2069019): _rejected("badFile", "cannot use the file", "Convert it: JPEG or PNG; video as MP4 (H.264, AAC)."),
    (None, 1366046): _rejected("photoTooLarge", "finds the photo too large", "At most 4 MB; make it smaller."),
}
BY_STATUS = {
    401: TOKEN,
    403: PERMISSION,
    404: _rejected("notFound", "does not have what this refers to", "Check what it answers."),
    408: DOWN,
    425: DOWN,
    429: RATE,
}


def explain(response: httpx2.Response, platform: str, name: str, own: Table | None = None) -> PlatformError:
    """`own`: the platform's table, looked into before the common one."""
    return refuse(refusal_of(response, own or {}), platform, name, response)


def refuse(refusal: Refusal, platform: str, name: str, response: httpx2.Response | None = None) -> PlatformError:
    """The error, also of a refusal that came some other way: as a container's status."""
    status = response.status_code if response is not None else None
    named = replace(refusal, detail=refusal.detail.format(name=name))
    return named.to_error(platform, status, retry_after=_wait(refusal, response))


def refusal_of(response: httpx2.Response, own: Table) -> Refusal:
    if response.status_code >= 500 or 300 <= response.status_code < 400:
        return DOWN
    told = error_of(response)
    if told is None:
        return BY_STATUS.get(response.status_code, DOWN if response.is_success else UNKNOWN)
    return by_code(told, own) or BY_STATUS.get(response.status_code, UNKNOWN)


def by_code(told: GraphError, own: Table | None = None) -> Refusal | None:
    """The surest sign wins: code and subcode, the subcode, the code; the platform's own before what all of them mean.

    Something transient is no fault of the post, whatever its code.
    """
    signs: list[Sign] = [(told.code, told.subcode), (None, told.subcode), (told.code, None)]
    found = next((table[sign] for sign in signs for table in (own or {}, COMMON) if sign in table), None)
    if found is None and 200 <= told.code <= 299:
        found = PERMISSION
    return DOWN if told.transient and (found is None or found in {INVALID, UNKNOWN}) else found


def error_of(response: httpx2.Response) -> GraphError | None:
    """The error object of an answer; None where there is none."""
    error = body_of(response).get("error")
    return graph_error(error) if isinstance(error, dict) else None


def graph_error(error: Mapping[str, Any]) -> GraphError:
    return GraphError(_whole(error.get("code")), _whole(error.get("error_subcode")), error.get("is_transient") is True)


def _whole(value: object) -> int:
    text = str(value)
    return int(text) if text.lstrip("-").isdecimal() else 0


def _wait(refusal: Refusal, response: httpx2.Response | None) -> float | None:
    """Where a limit is used up, the headers know best for how long."""
    if response is None or refusal not in {RATE, APP_RATE}:
        return refusal.retry_after
    told = usage.app_wait(response.headers) if refusal is APP_RATE else usage.account_wait(response.headers)
    return told or refusal.retry_after
