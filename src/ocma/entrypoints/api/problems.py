"""What a failure is in HTTP: an RFC 9457 problem. The only table of error -> status."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from ocma.entrypoints.api import translation
from ocma.entrypoints.api.schemas import Problem, Violation
from ocma.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Issue,
    NotFound,
    OcmaError,
    QuotaExceeded,
    Unauthenticated,
    Unavailable,
)
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    NotReady,
    OutcomeUnknown,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Meaning:
    status: int
    title: str


TABLE: Mapping[type[OcmaError], Meaning] = {
    Invalid: Meaning(422, "Invalid request"),
    NotFound: Meaning(404, "Not found"),
    Conflict: Meaning(409, "Conflict"),
    Unauthenticated: Meaning(401, "Not authenticated"),
    Forbidden: Meaning(403, "Forbidden"),
    QuotaExceeded: Meaning(429, "Too many requests"),
    Unavailable: Meaning(503, "Temporarily unavailable"),
    ContentRejected: Meaning(422, "Content rejected by the platform"),
    DuplicateContent: Meaning(422, "Duplicate content"),
    PermissionMissing: Meaning(409, "Permission missing"),
    ReauthorizationRequired: Meaning(409, "Reauthorization required"),
    AccountRestricted: Meaning(409, "Account restricted"),
    Throttled: Meaning(503, "Throttled by the platform"),
    PlatformUnavailable: Meaning(502, "Platform unavailable"),
    NotReady: Meaning(503, "Platform not ready"),
    PreparationLost: Meaning(502, "Preparation lost"),
    OutcomeUnknown: Meaning(502, "Outcome unknown"),
    PlatformError: Meaning(502, "Platform error"),
    OcmaError: Meaning(500, "Internal error"),
}
# Invalid is 422 but for these: what is wrong is the request's form, or API.md names 400.
BAD_REQUEST = frozenset(
    {
        "invalidJson",
        "unreadableBody",
        "missingField",
        "authCodeRefused",
        "appForgotten",
        "noPendingAuthorization",
        "authorizationRefused",
        "stateRefused",
        "idempotencyKey",
        "requestLine",
    }
)


def meaning(error: OcmaError) -> Meaning:
    """Of the nearest class in the table."""
    found = next(TABLE[each] for each in type(error).__mro__ if each in TABLE)
    return Meaning(400, "Bad request") if found.status == 422 and error.rule in BAD_REQUEST else found


def respond(request: Request, error: OcmaError) -> Response:
    problem = _describe(error, request_id(request))
    body = problem.model_dump(by_alias=True, exclude_none=True)
    # Text of the caller's may hold half a character, which no encoding has.
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(encoded, problem.status, _headers(request, error, problem.status), MEDIA_TYPE)


def find_response(request: Request, error: Exception) -> Response | None:
    """None: nobody foresaw this error."""
    if isinstance(error, HTTPException):
        return _of_framework(request, error)
    known = translation.find(error)
    return respond(request, known) if known else None


def unexpected(request: Request) -> Response:
    return respond(
        request,
        OcmaError(
            "Something went wrong on our side.",
            code="internal",
            remediation="Try again; if it stays, tell the operator the requestId.",
        ),
    )


def request_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def _describe(error: OcmaError, identifier: str) -> Problem:
    found = meaning(error)
    code, rule = (type(error).code, error.rule) if isinstance(error, PlatformError) else (error.rule, None)
    account_id = getattr(error, "account_id", None)
    return Problem(
        type=f"urn:ocma:problem:{code}",
        title=found.title,
        status=found.status,
        detail=error.detail,
        code=code,
        request_id=identifier,
        error=found.title,
        details=error.detail,
        platform=getattr(error, "platform", None),
        account_id=str(account_id) if account_id else None,
        rule=rule if rule != code else None,
        remediation=error.remediation,
        retry_after=error.retry_after,
        errors=_violations(error.issues),
    )


def _violations(issues: Sequence[Issue]) -> list[Violation] | None:
    return [Violation.model_validate(issue) for issue in issues] or None


def _headers(request: Request, error: OcmaError, status: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if status == 401:
        refused = ', error="invalid_token"' if "authorization" in request.headers else ""
        headers["WWW-Authenticate"] = f'Bearer realm="ocma"{refused}'
    return headers


# The framework's own answers: unknown route, wrong method, body too large or unreadable.
_FRAMEWORK: Mapping[int, tuple[str, str, str]] = {
    400: ("Bad request", "unreadableBody", "The body cannot be read as what its Content-Type says."),
    404: ("Not found", "noSuchRoute", "There is no such address here; /docs lists those that exist."),
    405: ("Method not allowed", "methodNotAllowed", "This address does not know this method; see the Allow header."),
    413: ("Content too large", "tooLarge", "The body is larger than this address takes."),
    412: ("Precondition failed", "tusVersion", "This address speaks version 1.0.0 of the tus protocol; see Tus-Version."),
    415: ("Unsupported media type", "unsupportedMediaType", "This address does not take this Content-Type."),
    416: ("Range not satisfiable", "rangeNotSatisfiable", "Ask for one range of bytes that the file has."),
}
_OF_BODY = frozenset({"unreadableBody", "tooLarge", "unsupportedMediaType"})


def _of_framework(request: Request, error: HTTPException) -> Response:
    if isinstance(error.__cause__, OcmaError):  # raised while the body was read, and wrapped
        return respond(request, error.__cause__)
    fallback = ("Request refused", "refused", "The request was refused.")
    title, code, detail = _FRAMEWORK.get(error.status_code, fallback)
    body: dict[str, Any] = {
        "type": f"urn:ocma:problem:{code}",
        "title": title,
        "status": error.status_code,
        "detail": detail,
        "code": code,
        "requestId": request_id(request),
        "error": title,
        "details": detail,
    }
    if code in _OF_BODY:
        body["errors"] = [{"path": "body", "code": code, "message": detail}]
    return Response(json.dumps(body), error.status_code, dict(error.headers or {}), MEDIA_TYPE)


async def _handle(request: Request, error: Exception) -> Response:
    response = find_response(request, error)
    if response is None:
        raise error
    return response


def install(app: FastAPI) -> None:
    """The unforeseen is answered by middleware.py, so that it carries the same headers as everything else."""
    for kind in (OcmaError, RequestValidationError, HTTPException, *translation.FOREIGN):
        app.add_exception_handler(kind, _handle)
