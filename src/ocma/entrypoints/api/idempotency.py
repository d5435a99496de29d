"""Writes that may be sent twice and happen once: `Idempotency-Key`. Every router's route class."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from email.message import Message

import structlog
from fastapi import Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Form, Query
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from ocma.bootstrap import Resources
from ocma.entrypoints.api import problems
from ocma.entrypoints.api.dependencies import get_resources, resolve_caller
from ocma.entrypoints.api.incoming import JSON_LIMIT, Incoming, check_address, check_query
from ocma.entrypoints.api.turnstile import Turnstile, asks_who, kind_of
from ocma.errors import Forbidden, Invalid, Issue
from ocma.features.workspaces import requests
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.requests import Answer, Reservation
from ocma.infra.database import FAILURES

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
PATTERN = r"^[\x21-\x7e]{1,255}$"
BEAT = 20.0  # seconds between two signs of life of a long write
WISHES = ("upload-length", "upload-metadata")  # headers that say what is wanted, where there is no body
BLOCK = 1024 * 1024  # bytes of a file read at a time
FORM_OVERHEAD = 64 * 1024  # bytes that a multipart body needs beside the file
# Nothing was done, and the next try may end otherwise.
_PASSING = frozenset({401, 403, 408, 413, 429})

Handler = Callable[[Request], Awaitable[Response]]
log = structlog.get_logger(__name__)


class PlainRoute(APIRoute):
    """Counted callers; bounded, strict bodies. For routes without a caller; all others are IdempotentRoute."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # pyright: ignore[reportIncompatibleMethodOverride] - a coroutine function is one
        inner = super().get_route_handler()
        known = {each.alias for each in get_flat_params(self.dependant) if isinstance(each.field_info, Query)}
        kind, guarded = kind_of(self.name, self.methods or ()), asks_who(self.dependant)

        async def handle(request: Request) -> Response:
            turnstile: Turnstile = request.app.state.turnstile
            if kind and not getattr(request.state, "is_admitted", False):
                await turnstile.admit(request, kind, guarded=guarded)
            check_address(request)
            check_query(request, known)
            return await self.run(Incoming(request, self.limit(request)), inner)

        return handle

    def limit(self, request: Request) -> int:
        """Most bytes of a body."""
        takes_form = self.body_field is not None and isinstance(self.body_field.field_info, Form)
        return get_resources(request).settings.media_max_bytes + FORM_OVERHEAD if takes_form else JSON_LIMIT

    async def run(self, request: Request, inner: Handler) -> Response:
        _find_key(request)  # an odd one is refused here too, though there is nothing to remember
        return await inner(request)


class IdempotentRoute(PlainRoute):
    """Same caller, key and request: the first answer again. Another request: 422. First one still running: 409."""

    async def run(self, request: Request, inner: Handler) -> Response:
        key = _find_key(request)
        caller = await _find_caller(request) if key else None
        return await _once(request, inner, caller, key) if caller and key else await inner(request)


async def _once(request: Request, inner: Handler, caller: Caller, key: str) -> Response:
    resources = get_resources(request)
    fingerprint = await _fingerprint(request)
    database, vault, clock = resources.database, resources.vault, resources.clock
    found = await requests.reserve(database, vault, caller, key, fingerprint, clock)
    if isinstance(found, Answer):
        return Response(found.body, found.status, {REPLAYED: "true"}, found.media_type)
    async with _alive(resources, found) as held:
        response = await _answered(request, inner, resources, held)
    await _keep(resources, held[0], response)
    return response


async def _answered(request: Request, inner: Handler, resources: Resources, held: list[Reservation]) -> Response:
    try:
        return await inner(request)
    except Exception as error:
        response = problems.find_response(request, error)
        if response is None:
            await requests.release(resources.database, held[0])
            raise
        return response


async def _keep(resources: Resources, held: Reservation, response: Response) -> None:
    """The work is done and must be told, even if its answer cannot be stored just now."""
    body = getattr(response, "body", None)
    try:
        if response.status_code >= 500 or response.status_code in _PASSING or not isinstance(body, bytes):
            await requests.release(resources.database, held)
        else:
            answer = Answer(response.status_code, response.headers.get("content-type"), body)
            await requests.finish(resources.database, resources.vault, held, answer, resources.clock)
    except FAILURES as error:
        log.warning("idempotent_answer_lost", error=type(error).__name__)


@asynccontextmanager
async def _alive(resources: Resources, first: Reservation) -> AsyncGenerator[list[Reservation]]:
    """While the block runs, the reservation stays fresh; the list's only item is its present state."""
    held = [first]

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT)
            with suppress(*FAILURES):
                held[0] = await requests.keep_alive(resources.database, held[0], resources.clock)

    task = asyncio.create_task(beat())
    try:
        yield held
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _find_key(request: Request) -> str | None:
    """None: none was sent, or it is only read. Raises Invalid."""
    values = [] if request.method in {"GET", "HEAD", "OPTIONS"} else request.headers.getlist(HEADER)
    if not values:
        return None
    if len(values) != 1 or not re.match(PATTERN, values[0]):
        message = f"{HEADER} must be one value of 1 to 255 visible ASCII characters."
        raise Invalid(
            message,
            code="idempotencyKey",
            issues=[Issue(HEADER, "idempotencyKey", message)],
            remediation="Use a UUID, new for every new request.",
        )
    return values[0]


async def _find_caller(request: Request) -> Caller | None:
    """None: a user without any workspace, who can make one but has no place yet where a key could be kept."""
    try:
        return await resolve_caller(request)
    except Forbidden as error:
        if error.rule == "noWorkspace":
            return None
        raise


async def _fingerprint(request: Request) -> bytes:
    """Of everything that makes two requests the same. Clients draw a new multipart boundary for every try: left out."""
    content_type = Message()
    content_type["Content-Type"] = request.headers.get("content-type", "")
    kind, scope = content_type.get_content_type(), request.scope
    line = f"{request.method} {scope['path']} {kind}\n".encode("utf-8", "replace")
    digest = hashlib.sha256(line + scope["query_string"] + b"\n")
    digest.update("\n".join(request.headers.get(each, "") for each in WISHES).encode("latin-1", "replace"))
    if kind == "multipart/form-data":
        await _add_form(digest.update, await request.form())
    else:
        digest.update(await request.body())
    return digest.digest()


async def _add_form(add: Callable[[bytes], None], form: FormData) -> None:
    """Field by field, files block by block: one may be larger than memory. The form stays as it was, for the handler."""
    for name, value in form.multi_items():
        add(f"{len(name)}:{name}=".encode("utf-8", "replace"))
        if isinstance(value, str):
            add(f"{len(value)}:{value}".encode("utf-8", "replace"))
            continue
        add(f"{value.size}:".encode())
        while block := await value.read(BLOCK):
            add(block)
        await value.seek(0)
