"""Images, documents and videos: initialize, PUT the bytes where the answer says, for a video finalize, then the status.

Unsure, and chosen here: every kind is processed for linkedin.processing_seconds; wrong bytes fail in the processing;
a video's parts may be sent with a token or without.
"""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox import media, people
from ocma_sandbox.linkedin import authors, bodies, filetypes, members, problems, schemas, settings, uploads, urns
from ocma_sandbox.linkedin.calls import Caller, base, bearer
from ocma_sandbox.linkedin.members import KEY
from ocma_sandbox.linkedin.uploads import Upload
from ocma_sandbox.media import Media
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, Any]

KINDS = {"images": "image", "documents": "document", "videos": "video"}
FORBIDDEN = "Accessing this {} resource is forbidden. Please check your permissions for this resource"


async def initialize(world: World, caller: Caller, request: Request) -> Response:
    """POST /rest/images or /rest/documents"""
    _check_action(request, "initializeUpload")
    body = await bodies.read(request, schemas.INITIALIZE_UPLOAD)
    owner = authors.writer(world, caller, body["initializeUploadRequest"]["owner"], "owner")
    item = _new(world, owner, _kind(request))
    upload = uploads.add(world, item, 0, None)
    shown = {"uploadUrlExpiresAt": _ms(upload.expires_at), "uploadUrl": uploads.url(base(request), upload)}
    return JSONResponse({"value": {**shown, item.category: item.id}})


async def post_video(world: World, caller: Caller, request: Request) -> Response:
    """POST /rest/videos: two actions at one address."""
    action = request.query_params.get("action")
    if action == "finalizeUpload":
        return await _finalize(world, caller, request)
    _check_action(request, "initializeUpload")
    wish = (await bodies.read(request, schemas.INITIALIZE_VIDEO))["initializeUploadRequest"]
    owner = authors.writer(world, caller, wish["owner"], "owner")
    _check_wish(world, wish)
    item = replace(_new(world, owner, "video"), size=wish["fileSizeBytes"])
    media.save(world.store, item)
    parts = uploads.add_parts(world, item)
    instructions = [
        {"uploadUrl": uploads.url(base(request), part), "firstByte": part.first, "lastByte": part.last} for part in parts
    ]
    value = {"uploadUrlsExpireAt": _ms(parts[0].expires_at), "video": item.id, "uploadInstructions": instructions}
    return JSONResponse({"value": {**value, "uploadToken": uploads.token(item)}})


def _check_wish(world: World, wish: Json) -> None:
    chosen, size = settings.of(world), wish["fileSizeBytes"]
    if not max(1, chosen.video_min_bytes) <= size <= chosen.video_max_bytes:
        raise problems.bad_value("/initializeUploadRequest/fileSizeBytes", size)
    for name in ("uploadCaptions", "uploadThumbnail"):
        if wish.get(name):  # captions and thumbnails of one's own are not spoken here
            raise problems.bad_value(f"/initializeUploadRequest/{name}", "true")


async def _finalize(world: World, caller: Caller, request: Request) -> Response:
    wish = (await bodies.read(request, schemas.FINALIZE_VIDEO))["finalizeUploadRequest"]
    item = _find(world, wish["video"], "/finalizeUploadRequest/video", "video")
    authors.check_writes_as(world, caller, people.get(world.store, KEY, item.person_id))
    if wish["uploadToken"] != uploads.token(item):
        raise problems.bad_value("/finalizeUploadRequest/uploadToken", wish["uploadToken"])
    etags = [part.etag for part in uploads.of_media(world, item)]
    if wish["uploadedPartIds"] != etags or not all(etags):
        raise problems.bad_value("/finalizeUploadRequest/uploadedPartIds", ",".join(wish["uploadedPartIds"]))
    if item.uploaded_at is None:
        paths = world.blobs.parts(uploads.folder(item))
        head, digest = paths[0].read_bytes(), uploads.digest(paths)
        _keep(world, item, head, size=item.size, sha256=digest)
    return Response(status_code=200)


async def put(world: World, request: Request) -> Response:
    """PUT /dms-uploads/{key}: an image or a document whole, a video in its parts. Safe to repeat."""
    try:
        upload, item = _upload(world, request)
        content = await request.body()
        return _put_part(world, item, upload, content) if item.category == "video" else _put_whole(world, item, content)
    except Refused as refused:
        return refused.response


def _upload(world: World, request: Request) -> tuple[Upload, Media]:
    upload = uploads.find(world, request.path_params["key"])
    item = media.find(world.store, KEY, upload.media_id) if upload else None
    if upload is None or item is None:
        raise problems.not_found()
    if upload.expires_at <= world.clock():
        raise problems.refused(400, "EXPIRED_UPLOAD_URL", f"The {item.category} upload URL is expired")
    if item.category != "video" and settings.of(world).image_upload_needs_token:
        bearer(world, request)
    return upload, item


def _put_part(world: World, item: Media, upload: Upload, content: bytes) -> Response:
    expected = upload.last - upload.first + 1 if upload.last is not None else len(content)
    if len(content) != expected:
        raise problems.illegal(f"{expected} bytes belong here, {len(content)} came")
    world.blobs.write(f"{uploads.folder(item)}/{upload.number}", content)
    return Response(status_code=200, headers={"ETag": uploads.receive(world, upload, content), **problems.trace()})


def _put_whole(world: World, item: Media, content: bytes) -> Response:
    if not content:
        raise problems.illegal("The file is empty")
    if item.sha256 != media.digest(content):  # the same bytes again change nothing
        world.blobs.write(f"{KEY}-{urns.read(item.id, 'id', item.category).key}", content)
        _keep(world, item, content, size=len(content), sha256=media.digest(content))
    return Response(status_code=201, headers=problems.trace())


def _keep(world: World, item: Media, head: bytes, *, size: int, sha256: str) -> None:
    """All bytes are here: the processing begins. `head`: as many of them as tell the type."""
    chosen, now = settings.of(world), world.clock()
    found = filetypes.look(world, item.category, head, size)
    kept = replace(
        item,
        mime_type=found.mime_type or item.mime_type,
        size=size,
        sha256=sha256,
        width=found.width,
        height=found.height,
        uploaded_at=now,
        ready_at=now + chosen.processing_seconds,
        error="internal error" if chosen.processing_fails else found.wrong,
    )
    media.save(world.store, kept)


async def show(world: World, caller: Caller, request: Request) -> Response:
    """GET /rest/{images|documents|videos}/{urn}"""
    kind = _kind(request)
    item = _find(world, request.path_params["urn"], "id", kind)
    owner = people.get(world.store, KEY, item.person_id)
    page_scopes = {authors.PAGE_WRITE, authors.PAGE_READ}
    if kind != "video" and not caller.scopes & page_scopes:
        raise problems.refused(403, "ACCESS_DENIED", FORBIDDEN.format(kind), problems.ACCESS_DENIED)
    if owner.id != caller.member.id and not members.role(world, caller.member, owner):
        raise problems.refused(403, "ACCESS_DENIED", FORBIDDEN.format(kind), problems.ACCESS_DENIED)
    shown: Json = {"id": item.id, "owner": members.urn(owner), "status": status(world, item)}
    failed = shown["status"] == "PROCESSING_FAILED"
    return JSONResponse({**shown, **({"processingFailureReason": item.error} if failed and kind == "video" else {})})


def status(world: World, item: Media) -> str:
    if item.ready_at is None:
        return "WAITING_UPLOAD"
    if item.ready_at > world.clock():
        return "PROCESSING"
    return "PROCESSING_FAILED" if item.error else "AVAILABLE"


def _find(world: World, urn: str, field: str, kind: str) -> Media:
    urns.read(urn, field, kind)
    item = media.find(world.store, KEY, urn)
    if item is None:
        raise problems.not_found()
    return item


def _new(world: World, owner: Person, kind: str) -> Media:
    number, now = members.new_id(world), world.clock()
    item = Media(KEY, urns.write(kind, str(number)), owner.id, "application/octet-stream", kind, now)
    media.save(world.store, item)
    return item


def _kind(request: Request) -> str:
    return KINDS[request.url.path.removeprefix(f"/{KEY}/rest/").partition("/")[0]]


def _check_action(request: Request, action: str) -> None:
    if request.query_params.get("action") != action:
        raise problems.bad_query()


def _ms(at: float) -> int:
    return int(at * 1000)
