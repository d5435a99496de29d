"""/api/uploads: files in pieces, by the tus protocol 1.0.0 (core, creation, termination, expiration)."""

import base64
import binascii
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ocma.entrypoints.api import problems
from ocma.entrypoints.api.dependencies import ResourcesDep, get_resources, needs, resolve_caller
from ocma.entrypoints.api.idempotency import IdempotentRoute, PlainRoute
from ocma.entrypoints.api.openapi import failures
from ocma.errors import Invalid, Issue
from ocma.features.media.schemas import AltText, UploadView, upload_view
from ocma.features.workspaces.caller import Caller

VERSION = "1.0.0"
SPOKEN = frozenset({"POST", "HEAD", "PATCH", "DELETE"})  # of these every request has to name the version
PIECE_TYPE = "application/offset+octet-stream"
OTHER_VERSION = failures({412: "Another version of tus."})
_BYTES = {"type": "string", "format": "binary"}
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]+")
_ALT_TEXT: TypeAdapter[str] = TypeAdapter(AltText)


class TusRoute(IdempotentRoute):
    """Says in every answer, refusals too, which version it speaks. A piece is identified by its place, not by a key."""

    def limit(self, request: Request) -> int:
        return get_resources(request).settings.media_max_bytes

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # pyright: ignore[reportIncompatibleMethodOverride] - as PlainRoute's
        handle = super().get_route_handler()

        async def speak(request: Request) -> Response:
            try:
                response = await handle(request)
            except Exception as error:
                found = problems.find_response(request, error)
                if found is None:
                    raise
                response = found
            response.headers["Tus-Resumable"] = VERSION
            if response.status_code == 201:
                response.headers["Location"] = _place(response)
            return response

        return speak

    async def run(self, request: Request, inner: Callable[[Request], Awaitable[Response]]) -> Response:
        await _check_version(request)
        return await (super().run(request, inner) if request.method == "POST" else PlainRoute.run(self, request, inner))


router = APIRouter(prefix="/api/uploads", tags=["media"], route_class=TusRoute)
Writer = Annotated[Caller, needs("media:write")]
Reader = Annotated[Caller, needs("posts:read")]
Version = Annotated[Literal["1.0.0"], Header(alias="Tus-Resumable", description="The version of the protocol.")]


def _place(response: Response) -> str:
    """Of the upload that this answer tells of, be it the first answer or the same again."""
    return f"{router.prefix}/{json.loads(bytes(response.body))['id']}"


async def _check_version(request: Request) -> None:
    """Strangers learn nothing but that they are strangers."""
    if request.method not in SPOKEN:
        return
    await resolve_caller(request)
    if request.headers.get("tus-resumable") != VERSION:
        raise HTTPException(412, headers={"Tus-Version": VERSION})


@router.options("", status_code=204, include_in_schema=False)
async def describe_uploads(resources: ResourcesDep) -> Response:
    """What this server can do."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,termination,expiration",
        "Tus-Max-Size": str(resources.settings.media_max_bytes),
    }
    return Response(status_code=204, headers=headers)


@router.post("", status_code=201, responses=OTHER_VERSION)
async def begin_upload(
    resources: ResourcesDep,
    caller: Writer,
    response: Response,
    _version: Version,
    length: Annotated[int, Header(alias="Upload-Length", ge=1, le=2**53, description="Bytes of the whole file.")],
    metadata: Annotated[
        str,
        Header(
            alias="Upload-Metadata",
            max_length=16_000,
            description="Pairs of a name and a Base64 value, by commas. `altText` counts; what the file is decide its bytes.",
        ),
    ] = "",
) -> UploadView:
    """Begins an upload; its pieces go to the address in Location. It becomes a medium with the same id."""
    if length > resources.settings.media_max_bytes:
        raise HTTPException(413)
    upload = await resources.uploads.begin(caller, length, metadata, _alt_text(metadata))
    response.headers["Upload-Expires"] = _date(upload.expires_at)
    return upload_view(upload)


@router.head("/{upload_id}", include_in_schema=False)
async def ask_upload(resources: ResourcesDep, caller: Writer, upload_id: UUID, _version: Version) -> Response:
    """How many bytes have arrived: the sender goes on from there."""
    upload = await resources.uploads.get(caller.workspace_id, upload_id)
    headers = {
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.size),
        "Upload-Expires": _date(upload.expires_at),
        **({"Upload-Metadata": upload.metadata_line} if upload.metadata_line else {}),
    }
    return Response(headers=headers)


@router.patch(
    "/{upload_id}",
    status_code=204,
    responses={**OTHER_VERSION, **failures({415: f"Not {PIECE_TYPE}."})},
    openapi_extra={"requestBody": {"content": {PIECE_TYPE: {"schema": _BYTES}}}},
)
async def send_piece(
    request: Request,
    resources: ResourcesDep,
    caller: Writer,
    upload_id: UUID,
    offset: Annotated[int, Header(alias="Upload-Offset", ge=0, le=2**53, description="Where this piece begins.")],
    _version: Version,
) -> Response:
    """The next piece, of any size; HEAD says where it begins. After the last the medium is there, or the answer says why not."""
    if request.headers.get("content-type") != PIECE_TYPE:
        raise HTTPException(415)
    upload = await resources.uploads.append(caller, upload_id, offset, _until_gone(request))
    headers = {"Upload-Offset": str(upload.received), "Upload-Expires": _date(upload.expires_at)}
    return Response(status_code=204, headers=headers)


@router.get("/{upload_id}")
async def show_upload(resources: ResourcesDep, caller: Reader, upload_id: UUID) -> UploadView:
    """How far it is, and what became of it."""
    return upload_view(await resources.uploads.get(caller.workspace_id, upload_id))


@router.delete("/{upload_id}", status_code=204, responses=OTHER_VERSION)
async def abort_upload(resources: ResourcesDep, caller: Writer, upload_id: UUID, _version: Version) -> Response:
    """Forgets what arrived. What has become a medium already stays one."""
    await resources.uploads.abort(caller.workspace_id, upload_id)
    return Response(status_code=204)


async def _until_gone(request: Request) -> AsyncIterator[bytes]:
    """A sender that goes away in the middle ends the piece: what came counts."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        return


def _alt_text(line: str) -> str | None:
    """Raises Invalid for a line that tus does not know."""
    found = dict(_pair(each) for each in line.split(",")) if line.strip() else {}
    try:
        text = found.get("altText")
        return _ALT_TEXT.validate_python(text.decode()) if text else None
    except (UnicodeDecodeError, ValidationError):
        raise _bad_metadata("altText is not UTF-8, holds a NUL or is longer than 10,000 characters.") from None


def _pair(text: str) -> tuple[str, bytes]:
    key, _, value = text.strip().partition(" ")
    try:
        content = base64.b64decode(value, validate=True)
    except binascii.Error:
        content = None
    if not _KEY.fullmatch(key) or content is None:
        raise _bad_metadata("Upload-Metadata is pairs of a name, a space and a Base64 value, separated by commas.")
    return key, content


def _bad_metadata(message: str) -> Invalid:
    return Invalid(message, code="uploadMetadata", issues=[Issue("Upload-Metadata", "uploadMetadata", message)])


def _date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)
