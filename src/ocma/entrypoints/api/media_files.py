"""/media/{signed}: one file, for whoever has its address. No login: platforms fetch here, and CDNs in between."""

from typing import Any

from fastapi import APIRouter, Request, Response

from ocma.entrypoints.api.dependencies import ResourcesDep
from ocma.entrypoints.api.idempotency import PlainRoute
from ocma.entrypoints.api.openapi import failures
from ocma.entrypoints.api.served import serve
from ocma.features.media.library import get_file
from ocma.features.media.links import PATH

router = APIRouter(prefix=PATH.rstrip("/"), tags=["media"], route_class=PlainRoute)

RANGES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/*": {}, "video/*": {}, "application/pdf": {}}},
    206: {"description": "The range that was asked for.", "content": {"image/*": {}, "video/*": {}, "application/pdf": {}}},
    304: {"description": "The asker has it already."},
    **failures({416: "Not one range of bytes that the file has."}),
}


@router.get("/{signed}", response_class=Response, responses=RANGES)
async def fetch_file(request: Request, resources: ResourcesDep, signed: str) -> Response:
    """The file that this address stands for. What is behind it never changes, so it may be kept until the address ends."""
    shelf = resources.library.shelf
    link = shelf.links.read(signed)
    async with shelf.database.transaction(link.workspace_id) as session:
        file = await get_file(session, link.file_id)
    left = int((link.expires_at - shelf.clock()).total_seconds())
    headers = {"Cache-Control": f"public, max-age={left}, immutable", "Cross-Origin-Resource-Policy": "cross-origin"}
    return await serve(request, resources.library, file, headers)


@router.head("/{signed}", include_in_schema=False)
async def fetch_file_head(request: Request, resources: ResourcesDep, signed: str) -> Response:
    return await fetch_file(request, resources, signed)
