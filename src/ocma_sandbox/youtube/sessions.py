"""Resumable uploads: a session, bytes in pieces, and the video that exists with the last of them.

Unsure, and chosen here: a finished session answers with its video for as long as it lives, whatever is sent to it;
a token that comes with the bytes has to be good, none need come; a piece that begins before what is stored replaces it.
"""

import asyncio
import json
import re
import secrets
import sqlite3
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox.incoming import Incoming, Overtaken
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World
from ocma_sandbox.youtube import births, bodies, errors, films, metadata, settings
from ocma_sandbox.youtube.calls import KEY, Caller, base, check_has_channel, read_caller

Json = dict[str, Any]

UPLOAD = "/upload/youtube/v3/videos"
MOST = 274_877_906_944
STEP = 262_144
RANGE = re.compile(r"bytes (?:\*|(\d{1,12})-(\d{1,12}))/(\d{1,12})")
TABLE = "youtube_sessions"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    id TEXT PRIMARY KEY, person_id TEXT NOT NULL, wish TEXT NOT NULL, parts TEXT NOT NULL, total INTEGER,
    writer TEXT NOT NULL, created_at REAL NOT NULL, video_id TEXT);
"""


@dataclass(frozen=True)
class Session:
    """`wish`: what the video shall be. `total` None: not known yet. `writer` names the request that may write bytes."""

    id: str
    person_id: str
    wish: Json
    parts: list[str]
    total: int | None
    writer: str
    created_at: float
    video_id: str | None = None


@dataclass(frozen=True)
class Piece:
    """The bytes from `first` up to, not with, `end`; of a question how far things are, none."""

    first: int
    end: int
    total: int
    is_question: bool = False


def save(world: World, session: Session) -> None:
    values = [getattr(session, name) for name in Session.__dataclass_fields__]
    texts = [json.dumps(value) if isinstance(value, dict | list) else value for value in values]
    world.store.run("INSERT OR REPLACE INTO youtube_sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *texts)


def _session(row: sqlite3.Row) -> Session:
    values = {name: row[name] for name in Session.__dataclass_fields__}
    return Session(**{**values, "wish": json.loads(row["wish"]), "parts": json.loads(row["parts"])})


def find(world: World, session_id: str) -> Session | None:
    row = world.store.one("SELECT * FROM youtube_sessions WHERE id = ?", session_id)
    return _session(row) if row else None


async def begin(world: World, caller: Caller, request: Request) -> Response:
    """POST /upload/youtube/v3/videos?uploadType=resumable"""
    if request.query_params.get("uploadType") != "resumable":
        raise errors.malformed("The sandbox takes videos by uploadType=resumable only.")
    check_has_channel(world, caller)
    wanted = bodies.parts(request, films.PARTS)
    total = _announced(request)
    body = await bodies.read(world, request, bodies.VIDEO)
    metadata.check_parts(body, wanted)
    births.check_may_upload(world, caller)
    wish = {
        "snippet": metadata.snippet(body, default_category="22"),
        "status": metadata.status(world, body),
        "more": {name: body[name] for name in metadata.WRITABLE[2:] if name in body},
        "notifySubscribers": request.query_params.get("notifySubscribers", "true") != "false",
    }
    session = Session(secrets.token_urlsafe(40), caller.person.id, wish, wanted, total, "", world.clock())
    save(world, session)
    query = f"uploadType=resumable&part={','.join(wanted)}&upload_id={session.id}"
    return Response(headers={"Location": f"{base(request)}{UPLOAD}?{query}", "X-GUploader-UploadID": session.id})


def _announced(request: Request) -> int | None:
    """The length that the video shall have, if it is said; the type has to fit."""
    kind = request.headers.get("x-upload-content-type", "application/octet-stream").partition(";")[0].strip().lower()
    if not kind.startswith("video/") and kind != "application/octet-stream":
        message = f"Media type '{kind}' is not supported. Valid media types: [video/*, application/octet-stream]"
        raise errors.malformed(message, "badContent")
    length = request.headers.get("x-upload-content-length")
    if length is None:
        return None
    if not (length.isascii() and length.isdecimal()) or int(length) == 0:
        raise errors.malformed("X-Upload-Content-Length must be the size in bytes.", "mediaBodyRequired")
    if int(length) > MOST:
        raise errors.refused(413, "uploadTooLarge", f"A video may have {MOST} bytes at most.")
    return int(length)


async def put(world: World, request: Request) -> Response:
    """PUT of a session URI: bytes, or the question how far things are."""
    try:
        session = _open(world, request)
        if session.video_id is not None:
            async for _ in request.stream():
                pass
            return _created(world, request, session)
        piece = _piece(world, request, session)
        session = await _store(world, request, session, piece)
        if _stored(world, session, piece.total) < piece.total:
            return _incomplete(_stored(world, session, piece.total))
        return _created(world, request, await _finish(world, session))
    except Refused as refused:
        return refused.response


def _open(world: World, request: Request) -> Session:
    session = find(world, request.query_params.get("upload_id", ""))
    if session is None:
        raise errors.upload(404, "Not Found")
    if world.clock() >= session.created_at + settings.of(world).session_seconds:
        raise errors.upload(410, "Gone")
    has_token = "authorization" in request.headers or "access_token" in request.query_params
    if has_token and read_caller(world, request).person.id != session.person_id:
        raise errors.upload(403, "Forbidden")
    return session


def _piece(world: World, request: Request, session: Session) -> Piece:
    text = request.headers.get("content-length", "")
    if not text.isdecimal():
        raise errors.upload(411, "Length Required")
    piece = _ranged(request.headers.get("content-range"), int(text))
    stored = _stored(world, session, piece.total)
    if piece.total != (session.total or piece.total) or piece.total > MOST:
        raise errors.upload(400, f"Invalid request. The upload has {session.total} bytes, not {piece.total}.")
    if piece.first > stored:
        where = f"the upload offset is {piece.first} byte(s), which exceeds already uploaded size of {stored} byte(s)"
        raise errors.upload(400, f"Invalid request. According to the Content-Range header, {where}.")
    if piece.end < piece.total and (piece.end - piece.first) % STEP:
        raise errors.upload(400, f"Invalid request. The chunk size must be a multiple of {STEP} bytes, except the last one's.")
    return piece


def _ranged(header: str | None, length: int) -> Piece:
    """Without a range, the body is the whole video."""
    if header is None:
        if length == 0:
            raise errors.upload(400, "Invalid request. There is no media body.")
        return Piece(0, length, length)
    found = RANGE.fullmatch(header.strip())
    if found is None:
        raise errors.upload(400, "Failed to parse Content-Range header.")
    total = int(found[3])
    first, end = (0, 0) if found[1] is None else (int(found[1]), int(found[2]) + 1)
    if end - first != length or end > total or (found[1] is not None and end <= first):
        raise errors.upload(400, "Invalid request. Content-Range and Content-Length do not fit each other.")
    return Piece(first, end, total, is_question=found[1] is None)


def _file(world: World, session: Session) -> Incoming:
    return Incoming(world.blobs, f"{KEY}-{session.id}")


def _stored(world: World, session: Session, total: int) -> int:
    """What counts of the bytes that are here: all, or whole steps."""
    size = _file(world, session).size
    return size if size >= total else size - size % STEP


async def _store(world: World, request: Request, session: Session, piece: Piece) -> Session:
    """The newest request is the one that counts; of one that broke off, what came is kept."""
    if piece.is_question:
        return session
    mine = replace(session, total=piece.total, writer=secrets.token_hex(8))
    save(world, mine)

    def is_current() -> bool:
        current = find(world, session.id)
        return current is not None and current.writer == mine.writer and current.video_id is None

    try:
        await _file(world, session).take(piece.first, request.stream(), is_current)
    except Overtaken:
        raise _overtaken() from None
    if not is_current():
        raise _overtaken()
    return mine


def _overtaken() -> Refused:
    return errors.upload(409, "Conflict: another request uploads to this session.")


def _incomplete(stored: int) -> Response:
    return Response(status_code=308, headers={"Range": f"bytes=0-{stored - 1}"} if stored else {})


async def _finish(world: World, session: Session) -> Session:
    """All bytes are here: from now on the video exists, once."""
    file = _file(world, session)
    facts = await asyncio.to_thread(births.examine, file.path)
    with world.store.transaction():
        current = find(world, session.id)
        if current is not None and current.video_id is not None:
            return current
        if current is None or current.writer != session.writer or facts is None:
            raise _overtaken()
        film = births.bear(world, current.person_id, current.wish, facts)
        done = replace(current, video_id=film.id)
        save(world, done)
    file.remove()
    return done


def _created(world: World, request: Request, session: Session) -> Response:
    film = films.find(world, session.video_id or "")
    if film is None:
        raise errors.upload(410, "Gone")
    shown = films.shown(world, film, session.parts, session.person_id, base(request))
    return JSONResponse(shown, settings.of(world).created_status)
