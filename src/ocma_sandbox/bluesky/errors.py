"""XRPC's error bodies: a name in `error`, and a `message` for people."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from ocma_sandbox.platform import Refused

_NAMES = {
    500: ("InternalServerError", "Internal Server Error"),
    502: ("UpstreamFailure", "Upstream service unreachable"),
    503: ("NotEnoughResources", "Not Enough Resources"),
    504: ("UpstreamTimeout", "Upstream timeout"),
}
OVERALL = (3000, 300)


def error(status: int, name: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": name, "message": message}, status, headers=headers)


def refused(status: int, name: str, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    return Refused(error(status, name, message, headers))


def invalid(message: str, name: str = "InvalidRequest") -> Refused:
    return refused(400, name, message)


def auth_missing() -> Refused:
    return refused(401, "AuthMissing", "Authentication Required")


def bad_token(message: str = "Token could not be verified") -> Refused:
    return refused(400, "InvalidToken", message)


def expired(message: str = "Token has expired") -> Refused:
    return refused(400, "ExpiredToken", message)


def scope_missing(scope: str) -> Refused:
    return refused(403, "ScopeMissingError", f'Missing required scope "{scope}"')


def too_large() -> Refused:
    return refused(413, "PayloadTooLarge", "request entity too large")


def broken(status: int) -> JSONResponse:
    return error(status, *_NAMES.get(status, _NAMES[500]))


def too_many() -> JSONResponse:
    return error(429, "RateLimitExceeded", "Rate Limit Exceeded")


def throttled(reset_at: float) -> JSONResponse:
    count, seconds = OVERALL
    answer = too_many()
    answer.headers.update(
        {
            "RateLimit-Limit": str(count),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(int(-(-reset_at // 1))),
            "RateLimit-Policy": f"{count};w={seconds}",
        }
    )
    return answer
