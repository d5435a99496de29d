"""TikTok's envelope: every answer of the API has `data` and `error`, and success has the code ok."""

import secrets
from typing import Any

from starlette.responses import JSONResponse

from ocma_sandbox.platform import Refused

Json = dict[str, Any]

STATUS = {
    "access_token_invalid": 401,
    "scope_not_authorized": 401,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
    "invalid_params": 400,
    "invalid_file_upload": 400,
    "invalid_publish_id": 400,
    "unsupported_path": 404,
    "privacy_level_option_mismatch": 403,
    "url_ownership_unverified": 403,
    "unaudited_client_can_only_post_to_private_accounts": 403,
    "spam_risk_too_many_posts": 403,
    "spam_risk_too_many_pending_share": 403,
    "spam_risk_user_banned_from_posting": 403,
    "reached_active_user_cap": 403,
}


def log_id() -> str:
    return secrets.token_hex(17).upper()


def ok(data: Json) -> JSONResponse:
    return JSONResponse({"data": data, "error": {"code": "ok", "message": "", "log_id": log_id()}})


def error(code: str, message: str, status: int | None = None) -> JSONResponse:
    body = {"data": {}, "error": {"code": code, "message": message, "log_id": log_id()}}
    return JSONResponse(body, status or STATUS[code])


def refused(code: str, message: str, status: int | None = None) -> Refused:
    return Refused(error(code, message, status))


def invalid(message: str) -> Refused:
    return refused("invalid_params", message)


def too_many() -> JSONResponse:
    return error("rate_limit_exceeded", "The API rate limit was exceeded. Please try again later.")


def throttled(_reset_at: float) -> JSONResponse:
    """TikTok documents no header that says when to come back."""
    return too_many()


def broken(status: int) -> JSONResponse:
    return error("internal_error", "Internal error. Please try again later.", status)
