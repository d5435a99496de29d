"""The video service's jobs: bytes that came whole or in parts are processed for a moment and become a blob of the account."""

import sqlite3
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from starlette.requests import Request

from ocma_sandbox import people
from ocma_sandbox.bluesky import blobs, cids, errors, identity, settings, tokens
from ocma_sandbox.bluesky.blobs import Stored
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.people import Person
from ocma_sandbox.sniff import sniff
from ocma_sandbox.world import World

Json = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS bluesky_jobs (
    id TEXT PRIMARY KEY, did TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, created_at REAL NOT NULL,
    ready_at REAL NOT NULL, failure TEXT, message TEXT);
"""
TABLE = "bluesky_jobs"
DAY = 86400
MIME_TYPE = "video/mp4"
STEPS = ("CREATED", "ENCODING", "SCANNING", "UPLOADING")
UPLOAD_BLOB = "com.atproto.repo.uploadBlob"


@dataclass(frozen=True)
class Job:
    id: str
    did: str
    sha256: str
    size: int
    created_at: float
    ready_at: float
    failure: str | None = None
    message: str | None = None


def _job(row: sqlite3.Row) -> Job:
    return Job(**{name: row[name] for name in Job.__dataclass_fields__})


def find(world: World, job_id: str) -> Job | None:
    row = world.store.one("SELECT * FROM bluesky_jobs WHERE id = ?", job_id)
    return _job(row) if row else None


def find_same(world: World, did: str, sha256: str) -> Job | None:
    """An earlier job of the account with the same bytes that came, or may come, to a good end."""
    row = world.store.one("SELECT * FROM bluesky_jobs WHERE did = ? AND sha256 = ? AND failure IS NULL", did, sha256)
    return _job(row) if row else None


def start(world: World, did: str, stored: Stored) -> Job:
    """What is wrong with the video is known now and told when the processing is over."""
    now, chosen = world.clock(), settings.of(world)
    failure = _failure(world, stored)
    ready_at = now + chosen.processing_seconds
    job = Job(f"job{token_hex(10)}", did, stored.sha256, stored.size, now, ready_at, *(failure or (None, None)))
    marks = ", ".join("?" * len(Job.__dataclass_fields__))
    sql = f"INSERT INTO bluesky_jobs VALUES ({marks})"  # noqa: S608 - question marks, no input
    with world.store.transaction():
        world.store.run(sql, *(getattr(job, name) for name in Job.__dataclass_fields__))
        if failure is None:
            blobs.keep(world, did, stored, MIME_TYPE, ready_at=ready_at)
    return job


def _failure(world: World, stored: Stored) -> tuple[str, str] | None:
    chosen, sniffed = settings.of(world), sniff(stored.head)
    if chosen.video_fails:
        return chosen.video_fails, "Video processing failed"
    if sniffed is None or sniffed.mime_type != MIME_TYPE:
        return "validation_failure", "The file is no MP4 video"
    if stored.size > chosen.video_blob_limit:
        return "pds_upload_unsupported_blob_size", "The account's server does not take blobs of this size"
    return None


def shown(world: World, job: Job) -> Json:
    """app.bsky.video.defs#jobStatus"""
    left, whole = job.ready_at - world.clock(), job.ready_at - job.created_at
    status: Json = {"jobId": job.id, "did": job.did}
    if left > 0:
        passed = 1 - left / whole
        return {**status, "state": f"JOB_STATE_{STEPS[int(passed * len(STEPS))]}", "progress": int(passed * 100)}
    if job.failure:
        return {**status, "state": "JOB_STATE_FAILED", "error": job.message, "failureCode": job.failure, "message": job.message}
    return {**status, "state": "JOB_STATE_COMPLETED", "progress": 100, "blob": _blob(job)}


def _blob(job: Job) -> Json:
    link = cids.of_blob(job.sha256)
    return {"$type": "blob", "ref": {"$link": link}, "mimeType": MIME_TYPE, "size": job.size}


def limits(world: World, did: str) -> Json:
    """app.bsky.video.getUploadLimits: what is left of the day."""
    chosen = settings.of(world)
    sql = "SELECT count(*) AS videos, coalesce(sum(size), 0) AS bytes FROM bluesky_jobs WHERE did = ? AND created_at > ?"
    row = world.store.one(sql, did, world.clock() - DAY)
    used, spent = (row["videos"], row["bytes"]) if row else (0, 0)
    left: Json = {
        "remainingDailyVideos": max(0, chosen.video_daily_count - used),
        "remainingDailyBytes": max(0, chosen.video_daily_bytes - spent),
    }
    if not chosen.email_confirmed:
        return {"canUpload": False, **left, "error": "unconfirmed_email", "message": "Please verify your email address"}
    if 0 in left.values():
        return {
            "canUpload": False,
            **left,
            "error": "daily_limit_exceeded",
            "message": "The daily upload limit is reached",
        }
    return {"canUpload": True, **left}


@dataclass(frozen=True)
class Right:
    """A pair of audience and method for which a service token must have been given."""

    audience: str
    method: str


def pds_rights(request: Request) -> tuple[Right, ...]:
    """To upload to the account's server in its name; the server is named with its port, or without."""
    hosts = (identity.pds_did(request), f"did:web:{request.url.hostname}")
    return tuple(Right(host, UPLOAD_BLOB) for host in hosts)


def own_rights(world: World, request: Request, method: str) -> tuple[Right, ...]:
    """To use the service itself, which goes by its usual name, and by that of the address where it stands here."""
    return tuple(Right(name, method) for name in (settings.of(world).video_did, identity.pds_did(request)))


def person_of(world: World, request: Request, rights: tuple[Right, ...]) -> Person:
    """Whose service token it is. Raises `Refused` when it is for another service or another method."""
    kind, _, raw = request.headers.get("authorization", "").partition(" ")
    if not raw:
        raise errors.auth_missing()
    held = tokens.find(world, "service", raw.strip()) if kind.lower() == "bearer" else None
    if held is None or held.token.is_revoked:
        raise errors.refused(401, "BadJwt", "poorly formatted jwt")
    if held.token.is_expired:
        raise errors.refused(401, "JwtExpired", "jwt expired")
    if held.claims["aud"] not in {right.audience for right in rights}:
        raise errors.refused(401, "BadJwtAudience", "jwt audience does not match service did")
    if Right(held.claims["aud"], held.claims.get("lxm", "")) not in rights:
        raise errors.refused(401, "BadJwtLexiconMethod", 'bad jwt lexicon method ("lxm")')
    return people.get(world.store, KEY, held.claims["iss"])
