"""Around every request: a request id, one log line, security and rate-limit headers, and an answer to what nobody foresaw."""

import re
import time

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ocma.entrypoints.api import problems
from ocma.entrypoints.api.traffic import Traffic
from ocma.ids import new_id

REQUEST_ID = "X-Request-Id"
_ID = REQUEST_ID.lower().encode()
_ACCEPTED = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_PAGES = frozenset({"/docs", "/redoc", "/docs/oauth2-redirect"})
_POLICY = b"content-security-policy"
_SECURITY = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    _POLICY: b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}

log = structlog.get_logger(__name__)


class Frame:
    """Plain ASGI, so that streams and cancellation pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._answer(scope, receive, send, request_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        began, answered, status = time.perf_counter(), 0.0, 0
        traffic: Traffic = scope["app"].state.traffic
        traffic.in_flight.inc()

        async def send_framed(message: Message) -> None:
            nonlocal answered, status
            if message["type"] == "http.response.start":
                answered, status = time.perf_counter(), message["status"]
                _add_headers(message, scope, request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_framed)
        except Exception:
            log.exception("unexpected", method=scope["method"], path=_loggable(scope["path"]))
            if status:  # half an answer is out: breaking the connection is the only way to say so
                raise
            await problems.unexpected(Request(scope))(scope, receive, send_framed)
        finally:
            traffic.in_flight.dec()
            traffic.answered(scope, status, (answered or time.perf_counter()) - began)
            caller = scope["state"].get("caller")
            log.info(
                "request",
                method=scope["method"],
                path=_loggable(scope["path"]),
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
                caller=caller.name if caller else None,
            )


def _loggable(path: str) -> str:
    """Whoever knows the rest of such a path may fetch the file."""
    return "/media/…" if path.startswith("/media/") else path


def _request_id(scope: Scope) -> str:
    """The caller's own, if it is harmless in a log."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _ACCEPTED.fullmatch(given) else str(new_id())


def _add_headers(message: Message, scope: Scope, request_id: str) -> None:
    given = [pair for pair in message.get("headers", ()) if pair[0] != _ID]
    names = {name for name, _ in given}
    left_out = {_POLICY} if scope["path"] in _PAGES else set[bytes]()
    limits = [(name.lower().encode(), value.encode()) for name, value in scope["state"].get("rate_limit", {}).items()]
    own = [pair for pair in _SECURITY.items() if pair[0] not in names and pair[0] not in left_out]
    message["headers"] = [*given, (_ID, request_id.encode()), *limits, *own]
