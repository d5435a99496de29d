"""/api/media: pictures, videos and documents to post."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile

from ocma.bootstrap import Resources
from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.entrypoints.api.media_files import RANGES
from ocma.entrypoints.api.served import serve
from ocma.errors import NotFound, Unavailable
from ocma.features.media.library import describe, get_file, get_medium, list_media
from ocma.features.media.models import Rendition
from ocma.features.media.renditions import TASK, list_renditions
from ocma.features.media.schemas import (
    AltText,
    MediaLink,
    MediumChange,
    MediumView,
    RenditionView,
    Wishes,
    medium_view,
    original_view,
    rendition_view,
)
from ocma.features.media.wishes import target_of
from ocma.features.paging import cut, decode_cursor
from ocma.features.publishing import attachments
from ocma.features.schema import Page
from ocma.features.workspaces.caller import Caller
from ocma.platforms.registry import get_connector

PATIENCE = 0.5  # seconds that the task queue has

router = APIRouter(prefix="/api/media", tags=["media"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("posts:read")]
Writer = Annotated[Caller, needs("media:write")]
CHUNK = 256 * 1024


@router.post("", status_code=201)
async def upload_medium(
    resources: ResourcesDep,
    caller: Writer,
    file: Annotated[UploadFile, File(description="A JPEG, PNG, GIF, WebP, MP4, MOV, WebM, Matroska or PDF file.")],
    alt_text: Annotated[AltText | None, Form(alias="altText")] = None,
) -> MediumView:
    """Keeps a file. What it is decide its bytes, not its name. Large ones better go to /api/uploads, in pieces."""
    return medium_view(await resources.library.keep(caller, _chunks(file), alt_text))


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
    return Page(data=[medium_view(row) for row in rows], next_cursor=following)


@router.get("/{medium_id}")
async def show_medium(resources: ResourcesDep, caller: Reader, medium_id: UUID) -> MediumView:
    async with resources.database.transaction(caller.workspace_id) as session:
        return medium_view(await get_medium(session, medium_id))


@router.get("/{medium_id}/content", response_class=Response, responses=RANGES)
async def download_medium(request: Request, resources: ResourcesDep, caller: Reader, medium_id: UUID) -> Response:
    """The file itself, or one range of it."""
    async with resources.database.transaction(caller.workspace_id) as session:
        await get_medium(session, medium_id)
        file = await get_file(session, medium_id)
    return await serve(request, resources.library, file, {"Cache-Control": "private, no-cache"})


@router.get("/{medium_id}/link")
async def link_medium(resources: ResourcesDep, caller: Reader, medium_id: UUID) -> MediaLink:
    """An address at which anybody can fetch the file for a while, as platforms get it."""
    async with resources.database.transaction(caller.workspace_id) as session:
        await get_medium(session, medium_id)
    return _link(resources, caller, medium_id)


@router.get("/{medium_id}/renditions")
async def list_medium_renditions(resources: ResourcesDep, caller: Reader, medium_id: UUID) -> Page[RenditionView]:
    """What was made of it, or is being made."""
    async with resources.database.transaction(caller.workspace_id) as session:
        await get_medium(session, medium_id)
        rows = await list_renditions(session, medium_id)
    return Page(data=[_rendition(resources, caller, row) for row in rows])


@router.post("/{medium_id}/renditions", status_code=202)
async def order_rendition(resources: ResourcesDep, caller: Writer, medium_id: UUID, body: Wishes) -> RenditionView:
    """Has a version made that fits, once for the same wishes. Posts have theirs made by themselves."""
    async with resources.database.transaction(caller.workspace_id) as session:
        medium = await get_medium(session, medium_id)
    rules = get_connector(body.platform).manifest.media if body.platform else None
    target = target_of(rules, medium.known) if rules else body.target()
    row = await resources.renditions.order(medium, target)
    if row is None:
        return original_view(medium, _link(resources, caller, medium_id))
    with suppress(Unavailable, TimeoutError):  # then it is found among the chores
        async with asyncio.timeout(PATIENCE):
            await resources.tasks.send(TASK, str(row.workspace_id), str(row.id))
    return _rendition(resources, caller, row)


@router.get("/{medium_id}/renditions/{rendition_id}")
async def show_rendition(resources: ResourcesDep, caller: Reader, medium_id: UUID, rendition_id: UUID) -> RenditionView:
    """How far it is."""
    row = await resources.renditions.get(caller.workspace_id, rendition_id)
    if row.medium_id != medium_id:
        raise NotFound("There is no such rendition of this medium.", code="renditionGone")
    return _rendition(resources, caller, row)


def _rendition(resources: Resources, caller: Caller, row: Rendition) -> RenditionView:
    return rendition_view(row, _link(resources, caller, row.id) if row.state == "ready" else None)


def _link(resources: Resources, caller: Caller, file_id: UUID) -> MediaLink:
    url, expires_at = resources.library.shelf.links.make(caller.workspace_id, file_id)
    return MediaLink(url=url, expires_at=expires_at)


@router.patch("/{medium_id}")
async def describe_medium(resources: ResourcesDep, caller: Writer, medium_id: UUID, body: MediumChange) -> MediumView:
    """Sets the alternative text."""
    async with resources.database.transaction(caller.workspace_id) as session:
        return medium_view(await describe(session, medium_id, body.alt_text))


@router.delete("/{medium_id}", status_code=204)
async def delete_medium(resources: ResourcesDep, caller: Writer, medium_id: UUID) -> None:
    """Refused while a post that is not finished needs it."""
    await attachments.drop(resources.database, resources.library, caller, medium_id)
