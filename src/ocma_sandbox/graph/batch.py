"""`POST /` with `batch`: several calls in one; each answer stands in a 200, whatever it says itself."""

import json
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Message, Scope

from ocma_sandbox.graph import errors, params
from ocma_sandbox.graph.params import Params
from ocma_sandbox.platform import Refused

Json = dict[str, Any]

MOST = 50
METHODS = frozenset({"GET", "POST", "DELETE"})


def route(inner: list[BaseRoute]) -> Route:
    """The calls that a batch may hold are `inner`: a batch in a batch is none."""
    router = Router(inner)

    async def endpoint(request: Request) -> Response:
        try:
            return await _answer(router, request)
        except Refused as refused:
            return refused.response

    return Route("/", endpoint, methods=["POST"])


async def _answer(router: Router, request: Request) -> Response:
    given = await params.read(request)
    wanted = given.listed("batch")
    if not wanted:
        raise errors.invalid("The parameter batch is required")
    if len(wanted) > MOST:
        raise errors.invalid(f"Too many requests in batch message. Maximum batch size is {MOST}")
    own = given.text("access_token")
    return JSONResponse([await _one(router, request, _operation(each), own) for each in wanted])


def _operation(each: Any) -> Params:
    if not isinstance(each, dict):
        raise errors.invalid("Each element of batch must be an object with method and relative_url")
    operation = Params(each)
    if (operation.text("method") or "GET").upper() not in METHODS:
        raise errors.invalid("method must be GET, POST or DELETE")
    return operation


async def _one(router: Router, request: Request, operation: Params, token: str | None) -> Json:
    target = urlsplit("/" + operation.need("relative_url").lstrip("/"))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": (operation.text("body") or "").encode(), "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    own = operation.text("access_token") or token
    query = "&".join(part for part in (target.query, f"access_token={own}" if own else "") if part)
    scope: Scope = {
        **request.scope,
        "method": (operation.text("method") or "GET").upper(),
        "path": request.scope["root_path"] + target.path,
        "query_string": query.encode(),
        "headers": _headers(request),
        "path_params": {},
    }
    await router(scope, receive, send)
    return _shown(sent)


def _headers(request: Request) -> list[tuple[bytes, bytes]]:
    """Those of the batch itself, but the body of each call is a form."""
    kept = [(name, value) for name, value in request.headers.raw if name not in {b"content-type", b"content-length"}]
    return [*kept, (b"content-type", b"application/x-www-form-urlencoded")]


def _shown(sent: list[Message]) -> Json:
    headers = Headers(raw=sent[0]["headers"])
    content = b"".join(message.get("body", b"") for message in sent[1:]).decode()
    named = [{"name": name, "value": value} for name, value in headers.items()]
    return {"code": sent[0]["status"], "headers": named, "body": content or json.dumps(None)}
