"""Videos in parts: start, parts in any order and as often as wanted, finish.

Unsure, and chosen here: each call takes a token for itself from the video service, or the one of uploadVideo.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox.bluesky import errors, settings, video, video_jobs
from ocma_sandbox.bluesky.blobs import Stored
from ocma_sandbox.bluesky.calls import Asked, Visitor
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.bluesky.video_jobs import MIME_TYPE
from ocma_sandbox.books import iso
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS bluesky_uploads (
    id TEXT PRIMARY KEY, did TEXT NOT NULL, size INTEGER NOT NULL, part_size INTEGER NOT NULL, expires_at REAL NOT NULL,
    job_id TEXT, aborted_at REAL);
"""
TABLE = "bluesky_uploads"
_ENDED = {
    "completed": ("UploadAlreadyCompleted", "The upload is completed"),
    "aborted": ("UploadAborted", "The upload was aborted"),
    "expired": ("UploadExpired", "The upload has expired"),
}


@dataclass(frozen=True)
class Upload:
    id: str
    did: str
    size: int
    part_size: int
    expires_at: float
    job_id: str | None = None
    aborted_at: float | None = None

    @property
    def part_count(self) -> int:
        return -(-self.size // self.part_size)

    @property
    def file(self) -> str:
        return f"{KEY}-{self.id}"

    def state(self, now: float) -> str:
        if self.job_id:
            return "completed"
        if self.aborted_at:
            return "aborted"
        return "created" if self.expires_at > now else "expired"

    def length_of(self, number: int) -> int:
        return min(self.part_size, self.size - (number - 1) * self.part_size)


def _upload(row: sqlite3.Row) -> Upload:
    return Upload(**{name: row[name] for name in Upload.__dataclass_fields__})


def _person(world: World, request: Request, nsid: str) -> Person:
    own = video_jobs.own_rights(world, request, nsid)
    return video_jobs.person_of(world, request, (*own, *video_jobs.pds_rights(request)))


def _own(world: World, request: Request, nsid: str, job_id: str) -> Upload:
    person = _person(world, request, nsid)
    row = world.store.one("SELECT * FROM bluesky_uploads WHERE id = ? AND did = ?", job_id, person.id)
    if row is None:
        raise errors.invalid("Upload not found", "UploadNotFound")
    return _upload(row)


def _check_open(world: World, upload: Upload) -> None:
    state = upload.state(world.clock())
    if state != "created":
        name, message = _ENDED[state]
        raise errors.invalid(message, name)


async def start(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """app.bsky.video.startUpload"""
    person, body, chosen = _person(world, asked.request, "app.bsky.video.startUpload"), asked.body, settings.of(world)
    if body["mimeType"] != MIME_TYPE:
        raise errors.invalid(f"{body['mimeType']} is not supported", "UnsupportedContentType")
    video.check_allowed(world, person.id, body["sizeBytes"])
    _check_few(world, person.id)
    expires_at = world.clock() + chosen.video_upload_seconds
    upload = Upload(f"up{token_hex(10)}", person.id, body["sizeBytes"], chosen.video_part_bytes, expires_at)
    world.store.run(
        "INSERT INTO bluesky_uploads (id, did, size, part_size, expires_at) VALUES (?, ?, ?, ?, ?)",
        *(upload.id, upload.did, upload.size, upload.part_size, upload.expires_at),
    )
    return JSONResponse({"jobId": upload.id, **_sizes(upload)})


def _check_few(world: World, did: str) -> None:
    sql = "SELECT count(*) AS n FROM bluesky_uploads WHERE did = ? AND job_id IS NULL AND aborted_at IS NULL AND expires_at > ?"
    row = world.store.one(sql, did, world.clock())
    if row and row["n"] >= settings.of(world).video_open_uploads:
        raise errors.invalid("Too many open uploads", "TooManyOpenUploads")


def _sizes(upload: Upload) -> Json:
    return {"partSizeBytes": upload.part_size, "partCount": upload.part_count, "expiresAt": iso(upload.expires_at)}


async def part(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """app.bsky.video.uploadPart"""
    number = asked.params["partNumber"]
    upload = _own(world, asked.request, "app.bsky.video.uploadPart", asked.params["jobId"])
    _check_open(world, upload)
    if number > upload.part_count:
        raise errors.invalid(f"There are {upload.part_count} parts", "InvalidPartNumber")
    expected = upload.length_of(number)
    if asked.request.headers.get("content-length") != str(expected):
        raise errors.invalid(f"Part {number} has {expected} bytes", "PartSizeMismatch")
    world.blobs.write(f"{upload.file}/{number}", await asked.request.body())
    return JSONResponse({"partNumber": number, "sizeBytes": expected})


async def finish(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """app.bsky.video.finishUpload; when the account has uploaded the same before, `completedJobId` is that job."""
    upload = _own(world, asked.request, "app.bsky.video.finishUpload", asked.body["jobId"])
    if upload.state(world.clock()) != "completed":
        _check_open(world, upload)
        upload = _finished(world, upload)
    return JSONResponse({"completedJobId": upload.job_id, "jobStatus": _status(world, upload)})


def _finished(world: World, upload: Upload) -> Upload:
    received = _received(world, upload)
    missing = [str(number) for number in range(1, upload.part_count + 1) if number not in received]
    if missing:
        raise errors.invalid(f"Missing parts: {', '.join(missing)}", "MissingParts")
    stored = _assembled(world, upload)
    job = video_jobs.find_same(world, upload.did, stored.sha256)
    if job is None:
        job = video_jobs.start(world, upload.did, stored)
    else:
        world.blobs.remove(upload.file)
    world.store.run("UPDATE bluesky_uploads SET job_id = ? WHERE id = ?", job.id, upload.id)
    return Upload(upload.id, upload.did, upload.size, upload.part_size, upload.expires_at, job.id)


def _assembled(world: World, upload: Upload) -> Stored:
    """The parts are the file: they stay as they are."""
    digest, head = hashlib.sha256(), b""
    for path in world.blobs.parts(upload.file):
        content = path.read_bytes()
        digest.update(content)
        head = head or content
    return Stored(upload.file, upload.size, digest.hexdigest(), head)


def _received(world: World, upload: Upload) -> list[int]:
    return [int(path.name) for path in world.blobs.parts(upload.file)]


def _status(world: World, upload: Upload) -> Json:
    job = video_jobs.find(world, upload.job_id or "")
    if job is None:
        raise Refused(errors.broken(500))
    return video_jobs.shown(world, job)


async def status(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """app.bsky.video.getUploadStatus"""
    upload = _own(world, asked.request, "app.bsky.video.getUploadStatus", asked.params["jobId"])
    shown: Json = {
        "jobId": upload.id,
        **_sizes(upload),
        "receivedParts": _received(world, upload),
        "state": upload.state(world.clock()),
    }
    done = {"completedJobId": upload.job_id, "jobStatus": _status(world, upload)} if upload.job_id else {}
    return JSONResponse({**shown, **done})


async def abort(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """app.bsky.video.abortUpload: what has ended already stays as it ended."""
    upload, now = _own(world, asked.request, "app.bsky.video.abortUpload", asked.body["jobId"]), world.clock()
    if upload.state(now) == "created":
        world.store.run("UPDATE bluesky_uploads SET aborted_at = ? WHERE id = ?", now, upload.id)
        world.blobs.remove(upload.file)
        return JSONResponse({"state": "aborted"})
    return JSONResponse({"state": upload.state(now), **({"completedJobId": upload.job_id} if upload.job_id else {})})
