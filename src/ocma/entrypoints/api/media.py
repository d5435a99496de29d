"""/api/media: pictures to post."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import StreamingResponse

from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.features.media.library import describe, get_medium, list_media
from ocma.features.media.schemas import AltText, MediumChange, MediumView
from ocma.features.paging import cut, decode_cursor
from ocma.features.publishing import attachments
from ocma.features.schema import Page
from ocma.features.workspaces.caller import Caller

router = APIRouter(prefix="/api/media", tags=["media"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("posts:read")]
Writer = Annotated[Caller, needs("media:write")]
CHUNK = 256 * 1024


@router.post("", status_code=201)
async def upload_medium(
    resources: ResourcesDep,
    caller: Writer,
    file: Annotated[UploadFile, File(description="A JPEG, PNG, GIF or WebP file.")],
    alt_text: Annotated[AltText | None, Form(alias="altText")] = None,
) -> MediumView:
    """Keeps a picture. What it is decide its bytes, not its name."""
    return MediumView.model_validate(await resources.library.keep(caller, _chunks(file), alt_text))


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk


@router.get("")
async def list_uploads(
    resources: ResourcesDep,
    caller: Reader,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Page[MediumView]:
    """Newest first."""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    async with resources.database.transaction(caller.workspace_id) as session:
        found = await list_media(session, after=after, limit=limit + 1)
    rows, following = cut(found, limit, lambda row: (row.id,))
    return Page(data=[MediumView.model_validate(row) for row in rows], next_cursor=following)


@router.get("/{medium_id}")
async def show_medium(resources: ResourcesDep, caller: Reader, medium_id: UUID) -> MediumView:
    async with resources.database.transaction(caller.workspace_id) as session:
        return MediumView.model_validate(await get_medium(session, medium_id))


@router.get("/{medium_id}/content", response_class=StreamingResponse, responses={200: {"content": {"image/*": {}}}})
async def download_medium(resources: ResourcesDep, caller: Reader, medium_id: UUID) -> StreamingResponse:
    """The file itself."""
    async with resources.database.transaction(caller.workspace_id) as session:
        medium = await get_medium(session, medium_id)
    headers = {"Content-Length": str(medium.size), "Content-Disposition": "inline", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(resources.library.read(medium), media_type=medium.mime_type, headers=headers)


@router.patch("/{medium_id}")
async def describe_medium(resources: ResourcesDep, caller: Writer, medium_id: UUID, body: MediumChange) -> MediumView:
    """Sets the alternative text."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return MediumView.model_validate(await describe(session, medium_id, body.alt_text))


@router.delete("/{medium_id}", status_code=204)
async def delete_medium(resources: ResourcesDep, caller: Writer, medium_id: UUID) -> None:
    """Refused while a post that is not finished needs it."""
    await attachments.drop(resources.database, resources.library, caller, medium_id)
