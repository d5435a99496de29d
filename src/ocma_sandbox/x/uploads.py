"""Media: in one piece, or initialize, append, finalize and status; and alt text.

Unsure, and chosen here: GIFs and videos are processed for a moment (x.processing_seconds), images are ready at once;
a failed processing carries `error`, which is seen in the wild and not described.
"""

import base64
import binascii
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import media
from ocma_sandbox.media import Media
from ocma_sandbox.people import Person
from ocma_sandbox.sniff import Sniffed, sniff
from ocma_sandbox.world import World
from ocma_sandbox.x import bodies, problems, schemas, settings
from ocma_sandbox.x.calls import KEY
from ocma_sandbox.x.oauth import new_id

Json = dict[str, Any]

MEGABYTE = 1024 * 1024
_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_VIDEOS = frozenset({"video/mp4", "video/quicktime", "video/webm"})
RULES = {
    "image": (_IMAGES, 5 * MEGABYTE),
    "gif": (frozenset({"image/gif"}), 15 * MEGABYTE),
    "video": (_VIDEOS, 512 * MEGABYTE),
}
GIF_SIDES = (1280, 1080)


def _kind(category: str) -> str:
    return category.rpartition("_")[2]


def media_key(item: Media) -> str:
    prefix = {"image": "3", "gif": "16", "video": "13" if item.category == "amplify_video" else "7"}
    return f"{prefix.get(_kind(item.category), '3')}_{item.id}"


async def upload(world: World, person: Person, request: Request) -> Response:
    """POST /2/media/upload: one piece, multipart or base64 in JSON."""
    if bodies.is_multipart(request):
        body, content = await bodies.read_form(request, schemas.UPLOAD)
    else:
        body = await bodies.read(request, schemas.UPLOAD)
        content = _decoded(body["media"])
    session = _session(world, person, body["media_category"], "application/octet-stream")
    return _finished(world, session, content)


async def initialize(world: World, person: Person, request: Request) -> Response:
    body = await bodies.read(request, schemas.INITIALIZE_UPLOAD)
    session = replace(_session(world, person, body["media_category"], body["media_type"]), size=body["total_bytes"])
    media.save(world.store, session)
    lives = settings.of(world).upload_seconds
    return JSONResponse({"data": {"id": session.id, "media_key": media_key(session), "expires_after_secs": lives}})


async def append(world: World, person: Person, request: Request) -> Response:
    session = _open_session(world, person, request.path_params["id"])
    if bodies.is_multipart(request):
        body, content = await bodies.read_form(request, schemas.APPEND_UPLOAD)
    else:
        body = await bodies.read(request, schemas.APPEND_UPLOAD)
        content = _decoded(body["media"])
    world.blobs.write(f"{_parts(session)}/{body['segment_index']}", content)
    return JSONResponse({"data": {"expires_at": int(session.expires_at or 0)}})


async def finalize(world: World, person: Person, request: Request) -> Response:
    session = _open_session(world, person, request.path_params["id"])
    parts = world.blobs.parts(_parts(session))
    if [part.name for part in parts] != [str(index) for index in range(len(parts))]:
        raise problems.invalid("id", session.id, "Segments are missing: they must be numbered from 0 without gaps.")
    content = b"".join(part.read_bytes() for part in parts)
    if len(content) != session.size:
        raise problems.invalid("id", session.id, f"{len(content)} bytes came, total_bytes said {session.size}.")
    answer = _finished(world, session, content)
    world.blobs.remove(_parts(session))
    return answer


async def status(world: World, person: Person, request: Request) -> Response:
    media_id = request.query_params.get("media_id", "")
    if request.query_params.get("command", "STATUS") != "STATUS":
        raise problems.invalid("command", request.query_params["command"], "command must be STATUS")
    return JSONResponse({"data": _shown(world, _own(world, person, media_id))})


async def set_metadata(world: World, person: Person, request: Request) -> Response:
    body = await bodies.read(request, schemas.MEDIA_METADATA)
    item = _own(world, person, body["id"])
    alt_text = body.get("metadata", {}).get("alt_text", {}).get("text")
    if alt_text is not None:
        # saved on the upload only: a post that exists already keeps what it had
        media.save(world.store, replace(item, alt_text=alt_text))
    return JSONResponse({"data": {"id": item.id, "associated_metadata": body.get("metadata", {})}})


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise problems.invalid("$.media", text[:20], "$.media: is not base64") from None


def _session(world: World, person: Person, category: str, mime_type: str) -> Media:
    now = world.clock()
    expires_at = now + settings.of(world).upload_seconds
    return Media(KEY, str(new_id(world)), person.id, mime_type, category, now, expires_at=expires_at)


def _parts(session: Media) -> str:
    return f"{KEY}-{session.id}.parts"


def _own(world: World, person: Person, media_id: str) -> Media:
    item = media.find(world.store, KEY, media_id)
    expired = item is not None and item.expires_at is not None and item.expires_at <= world.clock()
    if item is None or item.person_id != person.id or expired:
        raise problems.missing("media", "id", media_id)
    return item


def _open_session(world: World, person: Person, media_id: str) -> Media:
    item = _own(world, person, media_id)
    if item.uploaded_at is not None:
        raise problems.invalid("id", media_id, "This upload is finalized already.")
    return item


def _finished(world: World, session: Media, content: bytes) -> Response:
    """All bytes are here: a wrong image is refused now, a wrong video fails in its processing."""
    found, chosen, now = sniff(content), settings.of(world), world.clock()
    wrong = _wrong(session.category, content, found)
    slow = _kind(session.category) in {"gif", "video"}
    if wrong and not slow:
        raise problems.invalid("media", session.id, wrong)
    item = replace(
        session,
        mime_type=found.mime_type if found else session.mime_type,
        size=len(content),
        sha256=media.digest(content),
        width=found.width if found else None,
        height=found.height if found else None,
        uploaded_at=now,
        ready_at=now + (chosen.processing_seconds if slow else 0),
        expires_at=now + chosen.media_seconds,
        error=wrong,
    )
    world.blobs.write(f"{KEY}-{item.id}", content)
    media.save(world.store, item)
    return JSONResponse({"data": _shown(world, item)})


def _wrong(category: str, content: bytes, found: Sniffed | None) -> str | None:
    if _kind(category) not in RULES:
        return None
    types, most = RULES[_kind(category)]
    if found is None or found.mime_type not in types:
        return f"The bytes are not of a type that {category} takes ({', '.join(sorted(types))})."
    if len(content) > most:
        return f"{category} may have {most} bytes at most."
    is_large = (found.width or 0) > GIF_SIDES[0] or (found.height or 0) > GIF_SIDES[1]
    return "A GIF may have 1280x1080 pixels at most." if category.endswith("gif") and is_large else None


def _shown(world: World, item: Media) -> Json:
    body: Json = {"id": item.id, "media_key": media_key(item), "size": item.size}
    if item.expires_at is not None:
        body["expires_after_secs"] = max(0, int(item.expires_at - world.clock()))
    if item.width and _kind(item.category) != "video":
        body["image"] = {"w": item.width, "h": item.height, "image_type": item.mime_type}
    processing = _processing(world, item)
    return {**body, **({"processing_info": processing} if processing else {})}


def _processing(world: World, item: Media) -> Json | None:
    """None: ready, or not that far."""
    if item.uploaded_at is None or item.ready_at is None or _kind(item.category) not in {"gif", "video"}:
        return None
    left, whole = item.ready_at - world.clock(), item.ready_at - item.uploaded_at
    if left > 0:
        state = "pending" if left >= whole else "in_progress"
        percent = int(100 * (1 - left / whole))
        return {"state": state, "check_after_secs": max(1, round(left)), "progress_percent": percent}
    if item.error:
        error = {"code": 1, "name": "InvalidMedia", "message": item.error}
        return {"state": "failed", "progress_percent": 100, "error": error}
    return {"state": "succeeded", "progress_percent": 100}
