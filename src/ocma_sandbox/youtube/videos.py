"""Reading, changing and deleting videos, their numbers, and their thumbnails."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import books, media
from ocma_sandbox.books import Post
from ocma_sandbox.platform import Refused
from ocma_sandbox.sniff import sniff
from ocma_sandbox.world import World
from ocma_sandbox.youtube import bodies, errors, films, metadata
from ocma_sandbox.youtube.calls import Caller, base

Json = dict[str, Any]

MAX_IDS = 50
MAX_THUMBNAIL = 52_428_800
STAT_PARTS = ("id", "snippet", "statistics", "contentDetails")
THUMBNAILS = frozenset({"image/jpeg", "image/png"})


def missing() -> Refused:
    message = "The video that you are trying to reach cannot be found. Check the value of the id parameter."
    return errors.refused(404, "videoNotFound", message, "youtube.video")


def _visible(world: World, caller: Caller, request: Request) -> list[Post]:
    ids = bodies.listed(request, "id")
    if not ids:
        raise errors.parameter("missingRequiredParameter", "No filter selected. The sandbox knows: id")
    if len(ids) > MAX_IDS:
        raise errors.parameter("invalidParameter", f"id may have {MAX_IDS} values at most.")
    found = [films.find(world, video_id) for video_id in ids]
    return [film for film in found if film and films.is_visible(world, film, caller.person.id)]


async def list_(world: World, caller: Caller, request: Request) -> Response:
    """GET /youtube/v3/videos?id=: what is not there, or not for this person, is left out."""
    wanted = bodies.parts(request, films.PARTS)
    found = _visible(world, caller, request)
    items = [films.shown(world, film, wanted, caller.person.id, base(request)) for film in found]
    counts = {"totalResults": len(items), "resultsPerPage": len(items)}
    return JSONResponse({"kind": "youtube#videoListResponse", "pageInfo": counts, "items": items})


async def batch_stats(world: World, caller: Caller, request: Request) -> Response:
    """GET /youtube/v3/videos:batchGetStats"""
    wanted = bodies.parts(request, STAT_PARTS)
    items = [_stat(world, film, wanted, caller.person.id) for film in _visible(world, caller, request)]
    return JSONResponse({"kind": "youtube#batchGetStatsResponse", "items": items})


def _stat(world: World, film: Post, wanted: list[str], person_id: str) -> Json:
    counts = films.statistics(world, film, person_id)
    parts = {
        "snippet": {"publishTime": films.second(film.at)},
        "statistics": {name: counts[name] for name in ("viewCount", "likeCount", "commentCount") if name in counts},
        "contentDetails": {"duration": f"{round(film.details['seconds'] or 0)}s"},
    }
    shown = {"kind": "youtube#videoStats", "id": film.id}
    return {**shown, **{name: parts[name] for name in wanted if name in parts}}


def _own(world: World, caller: Caller, video_id: str) -> Post:
    film = books.find(world.store, "youtube", video_id)
    if film is None or "snippet" not in film.details:
        raise missing()
    if film.person_id != caller.person.id:
        raise errors.refused(403, "forbidden", "The request might not be properly authorized.", "youtube.video")
    return film


async def update(world: World, caller: Caller, request: Request) -> Response:
    """PUT /youtube/v3/videos: the parts that are named are replaced as a whole."""
    wanted = bodies.parts(request, films.PARTS)
    body = await bodies.read(world, request, bodies.VIDEO)
    metadata.check_parts(body, wanted)
    film = _own(world, caller, body.get("id", ""))
    details = dict(film.details)
    if "snippet" in wanted:
        details["snippet"] = metadata.snippet(body, default_category=None)
    if "status" in wanted:
        was_public = films.privacy(world, film) == "public"
        details["status"] = metadata.status(world, body, was_public=was_public)
    details["more"] = {**details["more"], **{name: body[name] for name in metadata.WRITABLE[2:] if name in body}}
    changed = replace(film, content=films.text(details["snippet"]), details=details)
    films.update(world, changed)
    return JSONResponse(films.shown(world, changed, wanted, caller.person.id, base(request)))


async def delete(world: World, caller: Caller, request: Request) -> Response:
    books.delete(world.store, _own(world, caller, request.query_params["id"]), world.clock())
    return Response(status_code=204)


async def set_thumbnail(world: World, caller: Caller, request: Request) -> Response:
    """POST /upload/youtube/v3/thumbnails/set"""
    film = _own(world, caller, request.query_params["videoId"])
    content = await request.body()
    found = sniff(content)
    if not content:
        raise errors.refused(400, "mediaBodyRequired", "The request does not include the image content.", "youtube.thumbnail")
    if len(content) > MAX_THUMBNAIL or found is None or found.mime_type not in THUMBNAILS:
        raise errors.refused(400, "invalidImage", "The provided image content is invalid.", "youtube.thumbnail")
    kept = {"mimeType": found.mime_type, "size": len(content), "sha256": media.digest(content)}
    first, *rest = film.media
    films.update(world, replace(film, media=[{**first, "thumbnail": kept}, *rest]))
    sizes = {"default": {"url": f"{base(request)}/thumbnail.svg", "width": found.width, "height": found.height}}
    return JSONResponse({"kind": "youtube#thumbnailSetResponse", "items": [sizes]})
