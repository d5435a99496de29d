"""Media: images are ready at once, videos and sound are processed for a moment (mastodon.media_async)."""

from dataclasses import replace
from io import BytesIO
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from ocma_sandbox import media, movie
from ocma_sandbox.mastodon import errors, params, settings
from ocma_sandbox.mastodon.calls import KEY, Visitor, base
from ocma_sandbox.mastodon.entities import Renderer
from ocma_sandbox.mastodon.oauth import new_id
from ocma_sandbox.media import Media
from ocma_sandbox.sniff import Sniffed, sniff
from ocma_sandbox.world import World

Json = dict[str, Any]

MIME_TYPES = (
    *("image/jpeg", "image/png", "image/gif", "image/heic", "image/webp", "image/avif"),
    *("video/webm", "video/mp4", "video/x-m4v", "video/quicktime"),
    *("audio/wav", "audio/ogg", "audio/mpeg", "audio/flac", "audio/mp4"),
)


async def upload(world: World, visitor: Visitor, request: Request) -> Response:
    """POST /api/v2/media"""
    item = await _uploaded(world, visitor, request, is_async=True)
    shown = Renderer(world, base(request)).media(item)
    return JSONResponse(shown, 200 if item.is_ready(world.clock()) else 202)


async def upload_now(world: World, visitor: Visitor, request: Request) -> Response:
    """POST /api/v1/media: the old call, which answers when all is done."""
    item = await _uploaded(world, visitor, request, is_async=False)
    return JSONResponse(Renderer(world, base(request)).media(item))


async def _uploaded(world: World, visitor: Visitor, request: Request, *, is_async: bool) -> Media:
    person, given = visitor.me, await params.read(request)
    file = given.get("file")
    if not isinstance(file, UploadFile):
        raise errors.invalid("File can't be blank")
    content = await file.read()
    found = _checked(world, content, params.text(given, "description"))
    width, height = _film_size(world, content) if found.kind == "video" else (found.width, found.height)
    chosen, now = settings.of(world), world.clock()
    slow = is_async and (chosen.media_async == "always" or (chosen.media_async == "video" and found.kind != "image"))
    item = Media(
        platform=KEY,
        id=str(new_id(world)),
        person_id=person.id,
        mime_type=found.mime_type,
        category="gifv" if found.mime_type == "image/gif" else found.kind,
        created_at=now,
        size=len(content),
        sha256=media.digest(content),
        width=width,
        height=height,
        alt_text=params.text(given, "description"),
        uploaded_at=now,
        ready_at=now + (chosen.processing_seconds if slow else 0),
        error="Error processing the file" if slow and chosen.processing_fails else None,
    )
    world.blobs.write(f"{KEY}-{item.id}", content)
    media.save(world.store, item)
    return item


def _checked(world: World, content: bytes, description: str | None) -> Sniffed:
    chosen, found = settings.of(world), sniff(content)
    if found is None or found.mime_type not in MIME_TYPES:
        raise errors.invalid("File content type is invalid", "File is invalid")
    most = chosen.image_size_limit if found.kind == "image" else chosen.video_size_limit
    if len(content) > most:
        raise errors.invalid(f"File file size must be less than {most} bytes")
    if (found.width or 0) * (found.height or 0) > chosen.image_matrix_limit:
        raise errors.invalid(f"{found.width}x{found.height} images are not supported")
    _check_description(world, description)
    return found


def _film_size(world: World, content: bytes) -> tuple[int | None, int | None]:
    """Looked at before the answer, as far as it can be read; what is worked on after it is the film itself."""
    film, chosen = movie.read_from(BytesIO(content)), settings.of(world)
    if (film.width or 0) * (film.height or 0) > chosen.video_matrix_limit:
        raise errors.unprocessable(f"{film.width}x{film.height} videos are not supported")
    if int(film.frame_rate or 0) > chosen.video_frame_rate_limit:
        raise errors.unprocessable(f"{int(film.frame_rate or 0)}fps videos are not supported")
    return film.width, film.height


def _check_description(world: World, description: str | None) -> None:
    most = settings.of(world).description_limit
    if description is not None and len(description) > most:
        raise errors.invalid(f"Description is too long (maximum is {most} characters)")


def _own(world: World, visitor: Visitor, request: Request) -> Media:
    """Not there, not ours and attached already look the same."""
    item = media.find(world.store, KEY, request.path_params["id"])
    if item is None or item.person_id != visitor.me.id or item.post_id is not None:
        raise errors.not_found()
    return item


async def show(world: World, visitor: Visitor, request: Request) -> Response:
    item = _own(world, visitor, request)
    due = (item.ready_at or 0) <= world.clock()
    if item.error and due:
        raise errors.unprocessable(item.error)
    return JSONResponse(Renderer(world, base(request)).media(item), 200 if due else 206)


async def update(world: World, visitor: Visitor, request: Request) -> Response:
    item, given = _own(world, visitor, request), await params.read(request)
    if "description" in given:
        description = params.text(given, "description")
        _check_description(world, description)
        item = replace(item, alt_text=description)
        media.save(world.store, item)
    return JSONResponse(Renderer(world, base(request)).media(item))


async def delete(world: World, visitor: Visitor, request: Request) -> Response:
    item = _own(world, visitor, request)
    world.store.run("DELETE FROM media WHERE platform = ? AND id = ?", KEY, item.id)
    return JSONResponse({})


async def file(world: World, _visitor: Visitor, request: Request) -> Response:
    """The bytes themselves, where `url` points."""
    item = media.find(world.store, KEY, request.path_params["id"])
    path = world.blobs.find(f"{KEY}-{item.id}") if item and item.is_ready(world.clock()) else None
    if item is None or path is None:
        raise errors.not_found()
    safe = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=item.mime_type, headers=safe)
