"""The Graph API's error envelope. The HTTP status says little: the code, and below it the subcode, say what happened."""

import math
import secrets
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from ocma_sandbox.graph import usage
from ocma_sandbox.platform import Refused

Json = dict[str, Any]

MINUTE = 60
NOW: ContextVar[float] = ContextVar("now", default=0.0)
"""The platform's time when the request came: the answer to too many calls names minutes, and not an instant."""


def note_time(now: float) -> None:
    NOW.set(now)


TRANSIENT = frozenset({1, 2, 4, 17, 32, 341, 613, 80001, 80002})

MESSAGES: dict[tuple[int, int | None], str] = {
    (1, None): "An unknown error occurred",
    (2, None): "Service temporarily unavailable",
    (4, None): "Application request limit reached",
    (4, 2207051): "We restrict certain activity to protect our community. Tell us if you think we made a mistake.",
    (9, 2207042): "The maximum number of posts that this account may publish in 24 hours is reached.",
    (10, None): "Application does not have permission for this action",
    (17, None): "User request limit reached",
    (24, None): "The requested resource does not exist",
    (24, 4279009): "The media could not be found.",
    (24, 2207006): "The media could not be found.",
    (24, 2207008): "The media container could not be found.",
    (25, 2207050): "The account is restricted.",
    (32, None): "Page request limit reached",
    (36000, 2207004): "The image is too large.",
    (36001, 2207005): "The image format is not supported.",
    (36003, 2207009): "The aspect ratio is not supported.",
    (36004, 2207010): "The caption is too long.",
    (100, None): "Invalid parameter",
    (100, 33): (
        "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, "
        "or does not support this operation."
    ),
    (100, 2207023): "The media type is unknown.",
    (102, None): "Session key invalid or no longer valid",
    (190, None): "Invalid OAuth access token - Cannot parse access token",
    (190, 458): "Error validating access token: The user has not authorized the application.",
    (190, 459): "Error validating access token: The user must log in at the website.",
    (190, 460): "Error validating access token: The session has been invalidated because the user changed their password.",
    (190, 463): "Error validating access token: Session has expired.",
    (190, 467): "The access token is invalid.",
    (200, None): "Permissions error",
    (352, 2207026): "The video format is not supported.",
    (368, None): "The action attempted has been deemed abusive or is otherwise disallowed",
    (368, 1390008): "You are posting too fast.",
    (506, None): "Duplicate status message",
    (613, None): "Calls to this api have exceeded the rate limit.",
    (9004, 2207052): "The media could not be fetched from this URI.",
    (9007, 2207027): "Media ID is not available: the media is not ready for publishing, please wait for a moment.",
    (80001, None): "There have been too many calls to this Page account. Wait a bit and try again.",
    (80002, None): "There have been too many calls to this Instagram account. Wait a bit and try again.",
    (-1, 2207001): "Instagram server error, try again.",
    (-1, 2207032): "Create media fail, please try to re-create media.",
    (-1, 2207053): "Unknown upload error.",
    (-2, 2207003): "It takes too long to download the media.",
    (-2, 2207020): "The media you are trying to access has expired, please try to upload again.",
}


def body(code: int, message: str | None = None, *, subcode: int | None = None, kind: str = "OAuthException") -> Json:
    """The envelope; without a message the documented one of this code."""
    told = message or MESSAGES.get((code, subcode)) or MESSAGES.get((code, None)) or "Unknown error"
    error: Json = {
        "message": told if code in {102, 190} or told.startswith("(#") else f"(#{code}) {told}",
        "type": kind,
        "code": code,
        **({"error_subcode": subcode} if subcode is not None else {}),
        "is_transient": code in TRANSIENT and subcode is None,
        **({"error_user_title": "Not done", "error_user_msg": told} if subcode is not None else {}),
        "fbtrace_id": "A" + secrets.token_urlsafe(16),
    }
    return {"error": error}


def answer(code: int, message: str | None = None, *, subcode: int | None = None, status: int = 400, **more: Any) -> JSONResponse:
    """`more` stands in the error beside the usual members."""
    shown = body(code, message, subcode=subcode)
    shown["error"].update(more)
    return JSONResponse(shown, status)


def refuse(code: int, message: str | None = None, *, subcode: int | None = None, status: int = 400, **more: Any) -> Refused:
    return Refused(answer(code, message, subcode=subcode, status=status, **more))


def invalid(message: str, subcode: int | None = None) -> Refused:
    return refuse(100, message, subcode=subcode)


def missing(node_id: str) -> Refused:
    """Not there, not ours and not of this kind look the same."""
    what = f"Unsupported request. Object with ID '{node_id}' does not exist, cannot be loaded due to missing permissions"
    return refuse(100, what + ", or does not support this operation.", subcode=33)


def unknown_path(path: str) -> Refused:
    return refuse(2500, f"Unknown path components: {path}")


def broken(status: int) -> JSONResponse:
    return answer(2 if status == HTTPStatus.SERVICE_UNAVAILABLE else 1, status=status)


def throttled(code: int, kind: str, reset_at: float) -> JSONResponse:
    """Too many calls, with the minutes until there are fewer; an end within the minute is told as none, as nothing smaller is."""
    seconds = reset_at - NOW.get()
    minutes = math.ceil(round(seconds) / MINUTE) if seconds >= MINUTE else 0
    shown = answer(code)
    shown.headers.update(usage.headers("0", kind, percent=100, minutes=minutes))
    return shown


def named(text: str) -> Refused:
    """The refusal that a setting names: `code` or `code/subcode`."""
    code, _, subcode = text.partition("/")
    try:
        return refuse(int(code), subcode=int(subcode) if subcode else None)
    except ValueError:
        return refuse(1, f"the sandbox's setting {text!r} is not code or code/subcode")
