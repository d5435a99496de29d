"""LinkedIn's error bodies, and the headers by which its support finds a request."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse

from ocma_sandbox.platform import Refused
from ocma_sandbox.shape import Issue

ACCESS_DENIED = 100
THROTTLED = 101
EMPTY_TOKEN = 401
INVALID_TOKEN, REVOKED_TOKEN, EXPIRED_TOKEN = 65600, 65601, 65602


def trace() -> dict[str, str]:
    """On every answer."""
    return {
        "x-li-uuid": uuid4().hex,
        "x-li-request-id": uuid4().hex,
        "x-li-fabric": "sandbox",
        "x-restli-protocol-version": "2.0.0",
    }


def problem(status: int, code: str | None, message: str, service_code: int | None = None, **more: Any) -> JSONResponse:
    given = {"status": status, "serviceErrorCode": service_code, "code": code, "message": message}
    body = {name: value for name, value in given.items() if value is not None}
    return JSONResponse({**body, **more}, status, headers=trace())


def refused(status: int, code: str | None, message: str, service_code: int | None = None) -> Refused:
    return Refused(problem(status, code, message, service_code))


def unauthorized(why: str) -> Refused:
    service_code, code, message = {
        "empty": (EMPTY_TOKEN, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token"),
        "invalid": (INVALID_TOKEN, "INVALID_ACCESS_TOKEN", "Invalid access token"),
        "revoked": (REVOKED_TOKEN, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user"),
        "expired": (EXPIRED_TOKEN, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
    }[why]
    return refused(401, code, message, service_code)


def denied(access: str) -> Refused:
    """A scope is missing; `access` names the call, like posts.CREATE.202609."""
    return refused(403, "ACCESS_DENIED", f"Not enough permissions to access: {access}", ACCESS_DENIED)


def denied_field(field: str) -> Refused:
    """The scope is there, but not the person or the page that the body names."""
    message = f"Field Value validation failed in REQUEST_BODY: Data Processing Exception while processing fields [{field}]"
    return refused(403, "ACCESS_DENIED", message, ACCESS_DENIED)


def needs_page_scope(field: str) -> Refused:
    message = f"Organization permissions must be used when using organization as {field}"
    return refused(400, "BAD_REQUEST", message)


def bad_value(field: str, value: object) -> Refused:
    return refused(400, "INVALID_VALUE_FOR_FIELD", f"{field} can't be set to {value}")


def missing_field(field: str) -> Refused:
    return refused(400, "MISSING_FIELD", f"{field} is required but missing")


def too_long(field: str, length: int, most: int) -> Refused:
    return refused(400, "FIELD_LENGTH_TOO_LONG", f"{field} length {length} can't exceeded maximum {most} length")


def illegal(message: str) -> Refused:
    return refused(400, "ILLEGAL_ARGUMENT", message)


def bad_query() -> Refused:
    return illegal("Invalid query parameters passed to request")


def not_found() -> Refused:
    return refused(404, "NOT_FOUND", "Could not find entity")


def duplicate(urn: str) -> Refused:
    """As it was seen: the code stands among the details, the live post in the message."""
    message = f"com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of {urn}"
    found = {"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}
    details = {"errorDetailType": "com.linkedin.common.error.BadRequest", "errorDetails": {"inputErrors": [found]}}
    return Refused(problem(422, None, message, None, **details))


def misshapen(issues: Iterable[Issue]) -> Refused:
    """Every deviation from the schema at once, a line each."""
    lines = "".join(f"ERROR :: {_pointer(issue.path)} :: {_reason(issue)}\n" for issue in issues)
    return refused(422, None, lines)


def _pointer(path: str) -> str:
    return path.removeprefix("$").replace(".", "/").replace("[", "/").replace("]", "")


def _reason(issue: Issue) -> str:
    known: Mapping[str, str] = {
        "is missing": "field is required but not found and has no default value",
        "is not defined": "unrecognized field found but not allowed",
    }
    return next((text for mark, text in known.items() if mark in issue.message), issue.message.partition(": ")[2])


def too_many(whose: str = "APPLICATION_AND_MEMBER") -> JSONResponse:
    """LinkedIn sends no headers that say when it is over; it is over at midnight UTC."""
    message = f"Resource level throttle {whose} DAY limit for calls to this resource is reached."
    return problem(429, "TOO_MANY_REQUESTS", message, THROTTLED)


def throttled(_reset_at: float) -> JSONResponse:
    return too_many()


def broken(status: int) -> JSONResponse:
    known = {500: ("INTERNAL_SERVER_ERROR", "Internal Server Error"), 503: ("SERVICE_UNAVAILABLE", "Service Unavailable")}
    code, message = known.get(status, (None, "Server Error"))
    return problem(status, code, message)
