"""Google's error body: what counts is `errors[0].reason`."""

from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse

from ocma_sandbox.platform import Refused

Json = dict[str, Any]

RPC = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def error(http: int, reason: str, message: str, domain: str = "global", **more: Any) -> JSONResponse:
    """`more` goes into `error`, `status` among it."""
    listed = [{"message": message, "domain": domain, "reason": reason}]
    return JSONResponse({"error": {"code": http, "message": message, "errors": listed, **more}}, http)


def refused(http: int, reason: str, message: str, domain: str = "global", **more: Any) -> Refused:
    return Refused(error(http, reason, message, domain, **more))


def malformed(message: str, reason: str = "badRequest") -> Refused:
    return refused(400, reason, message, status=RPC[400])


def parameter(reason: str, message: str) -> Refused:
    return refused(400, reason, message, "youtube.parameter")


def unauthorized() -> Refused:
    message = "Request had invalid authentication credentials. Expected OAuth 2 access token or other valid credential."
    answer = error(401, "authError", message, status=RPC[401])
    answer.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return Refused(answer)


def out_of_scope() -> Refused:
    why = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
    }
    message = "Request had insufficient authentication scopes."
    return refused(403, "insufficientPermissions", message, status=RPC[403], details=[why])


def quota_exceeded() -> JSONResponse:
    message = (
        'The request cannot be completed because you have exceeded your <a href="/youtube/v3/getting-started#quota">quota</a>.'
    )
    return error(403, "quotaExceeded", message, "youtube.quota")


def throttled(_reset_at: float) -> JSONResponse:
    """Google has no header that says when to come back."""
    message = "Too many requests have been sent within a given time span."
    return error(429, "rateLimitExceeded", message, "usageLimits", status=RPC[429])


def broken(status: int) -> JSONResponse:
    return error(status, "backendError", "Backend Error", status=RPC.get(status, "UNKNOWN"))


def upload(status: int, message: str) -> Refused:
    """The upload server speaks plain text."""
    return Refused(PlainTextResponse(message, status))
