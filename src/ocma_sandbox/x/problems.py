"""X's error bodies."""

from collections.abc import Iterable
from typing import Any

from starlette.responses import JSONResponse

from ocma_sandbox.platform import Refused
from ocma_sandbox.shape import Issue

TYPES = "https://api.x.com/2/problems/"
BLANK = "about:blank"
MEDIA_TYPE = "application/problem+json"

Json = dict[str, Any]


def problem(status: int, title: str, detail: str, type_: str = BLANK) -> JSONResponse:
    body = {"title": title, "detail": detail, "type": type_, "status": status}
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def forbidden(detail: str) -> Refused:
    return Refused(problem(403, "Forbidden", detail))


def unauthorized() -> Refused:
    return Refused(problem(401, "Unauthorized", "Unauthorized"))


def not_permitted() -> Refused:
    """A scope or a permission of the app is missing."""
    return forbidden("You are not permitted to perform this action.")


def too_many() -> JSONResponse:
    return problem(429, "Too Many Requests", "Too Many Requests", TYPES + "rate-limit-exceeded")


def throttled(reset_at: float) -> JSONResponse:
    answer = too_many()
    # the reset is a whole second: rounding down would ask for a retry that is too early
    names = {"limit": 100, "remaining": 0, "reset": int(-(-reset_at // 1))}
    answer.headers.update({f"x-rate-limit-{name}": str(value) for name, value in names.items()})
    return answer


def broken(status: int) -> JSONResponse:
    titles = {500: "Internal Server Error", 503: "Service Unavailable"}
    title = titles.get(status, "Server Error")
    return problem(status, title, title, TYPES + "internal-error" if status == 500 else BLANK)


def invalid(parameter: str, value: object, message: str) -> Refused:
    return invalid_all([Issue(parameter, message, value)])


def invalid_all(issues: Iterable[Issue]) -> Refused:
    errors = [{"parameters": {issue.path: [_text(issue.value)]}, "message": issue.message} for issue in issues]
    body = {
        "errors": errors,
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": TYPES + "invalid-request",
        "status": 400,
    }
    return Refused(JSONResponse(body, 400, media_type=MEDIA_TYPE))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def not_found(resource: str, parameter: str, value: str) -> Json:
    """An element of `errors` in an answer that is otherwise a success."""
    return {
        "value": value,
        "detail": f"Could not find {resource} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": value,
        "type": TYPES + "resource-not-found",
    }


def missing(resource: str, parameter: str, value: str) -> Refused:
    """A whole call that is about something that is not there."""
    return Refused(JSONResponse({**not_found(resource, parameter, value), "status": 404}, 404, media_type=MEDIA_TYPE))


def resource_denied(post_id: str) -> Json:
    return {
        "resource_id": post_id,
        "parameter": "ids",
        "resource_type": "tweet",
        "section": "data",
        "title": "Authorization Error",
        "value": post_id,
        "detail": f"Sorry, you are not authorized to see the Post with ids: [{post_id}].",
        "type": TYPES + "not-authorized-for-resource",
    }


def field_denied(field: str, post_id: str) -> Json:
    return {
        "resource_id": post_id,
        "parameter": "ids",
        "resource_type": "tweet",
        "section": "data",
        "field": field,
        "title": "Field Authorization Error",
        "detail": f"Sorry, you are not authorized to access '{field}' on the Post with id: [{post_id}].",
        "type": TYPES + "not-authorized-for-field",
    }
