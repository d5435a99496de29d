"""Mastodon's error bodies: `error`, and in OAuth `error_description`."""

from starlette.responses import JSONResponse

from ocma_sandbox.books import iso
from ocma_sandbox.platform import Refused


def error(status: int, text: str, description: str | None = None) -> JSONResponse:
    body = {"error": text} if description is None else {"error": text, "error_description": description}
    return JSONResponse(body, status)


def invalid(*wrong: str) -> Refused:
    return Refused(error(422, "Validation failed: " + ", ".join(wrong)))


def unprocessable(text: str) -> Refused:
    return Refused(error(422, text))


def not_found(text: str = "Record not found") -> Refused:
    return Refused(error(404, text))


def unauthorized(why: str = "invalid") -> Refused:
    reasons = {"invalid": "is invalid", "expired": "expired", "revoked": "was revoked"}
    return Refused(error(401, f"The access token {reasons[why]}"))


def out_of_scope() -> Refused:
    return Refused(error(403, "This action is outside the authorized scopes"))


def too_many() -> JSONResponse:
    return error(429, "Too many requests")


def throttled(reset_at: float) -> JSONResponse:
    answer = too_many()
    answer.headers.update({"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": iso(reset_at)})
    return answer


def broken(status: int) -> JSONResponse:
    texts = {500: "We're sorry, but something went wrong on our end.", 503: "Remote data could not be fetched"}
    return error(status, texts.get(status, "Server error"))
