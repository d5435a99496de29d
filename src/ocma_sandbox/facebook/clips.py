"""Videos of every kind, from the first byte to being live.

Unsure, and chosen here: a finished upload is accepted at once and live when it has been processed; a video that breaks a
rule fails in its processing and is never live; a second finish of the same upload is refused.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

from ocma_sandbox import books, media
from ocma_sandbox.books import Post
from ocma_sandbox.facebook import outbox, photos, settings
from ocma_sandbox.facebook.outbox import When
from ocma_sandbox.facebook.page import KEY
from ocma_sandbox.graph import errors, intake
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.intake import Label, Taken
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

TABLE = "facebook_clips"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    id TEXT PRIMARY KEY, page_id TEXT NOT NULL, kind TEXT NOT NULL, session_id TEXT NOT NULL, file_size INTEGER,
    title TEXT, description TEXT, created_at REAL NOT NULL, finished_at REAL, ready_at REAL, error TEXT,
    published INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS {TABLE}_by_session ON {TABLE} (session_id);
"""
TYPES = frozenset({"video/mp4", "video/quicktime"})


@dataclass(frozen=True)
class Clip:
    """`kind`: video, reel or story. `file_size` None: not said yet. `published`: it goes live when it is ready."""

    id: str
    page_id: str
    kind: str
    session_id: str
    file_size: int | None
    title: str | None
    description: str | None
    created_at: float
    finished_at: float | None
    ready_at: float | None
    error: str | None
    published: bool


def _clip(row: sqlite3.Row) -> Clip:
    values: Json = {name: row[name] for name in Clip.__dataclass_fields__}
    values["published"] = bool(row["published"])
    return Clip(**values)


def begin(visit: Visit, page: Person, kind: str, file_size: int | None = None) -> Clip:
    clip_id, session_id = (visit.caller.house.new_id(visit.world) for _ in range(2))
    visit.world.store.run(
        "INSERT INTO facebook_clips (id, page_id, kind, session_id, file_size, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        *(clip_id, page.id, kind, session_id, file_size, visit.world.clock()),
    )
    return get(visit.world, page, clip_id)


def find(world: World, page: Person, clip_id: str) -> Clip | None:
    row = world.store.one("SELECT * FROM facebook_clips WHERE id = ? AND page_id = ?", clip_id, page.id)
    return _clip(row) if row else None


def get(world: World, page: Person, clip_id: str) -> Clip:
    found = find(world, page, clip_id)
    if found is None:
        raise errors.missing(clip_id)
    return found


def of_session(world: World, page: Person, session_id: str) -> Clip:
    row = world.store.one("SELECT * FROM facebook_clips WHERE session_id = ? AND page_id = ?", session_id, page.id)
    if row is None:
        raise errors.refuse(6000, "The video upload session is unknown.", subcode=1363041)
    return _clip(row)


def expect(world: World, clip: Clip, file_size: int) -> None:
    world.store.run("UPDATE facebook_clips SET file_size = ? WHERE id = ?", file_size, clip.id)


def received(world: World, clip: Clip) -> int:
    return intake.incoming_of(world, KEY, clip.id).size


def check_open(clip: Clip) -> None:
    if clip.finished_at is not None:
        raise errors.refuse(6000, "The video upload session is finished already.", subcode=1363041)


async def finish(visit: Visit, clip: Clip, at: When) -> Post:
    """Examines the whole file, and accepts the post when nothing is wrong with it."""
    photos.check_message(visit, visit.params.text("description") or "")
    taken = await intake.examine(intake.incoming_of(visit.world, KEY, clip.id).path)
    if taken.size == 0 or (clip.file_size is not None and taken.size < clip.file_size):
        raise errors.refuse(6000, "The video file is not complete.", subcode=1363037)
    world, page = visit.world, visit.caller.person
    post = _post(visit, page, clip, taken)
    wrong = _wrong(world, clip.kind, taken)
    with world.store.transaction():
        check_open(get(world, page, clip.id))  # another finish may have come while the file was read
        if wrong is None:
            outbox.send(visit, post, at)
        world.store.run(
            "UPDATE facebook_clips SET finished_at = ?, ready_at = ?, error = ?, published = ?, title = ?, description = ?"
            " WHERE id = ?",
            *(world.clock(), post.details["live_at"], wrong, at.published, visit.params.text("title"), post.content, clip.id),
        )
    return post


def _wrong(world: World, kind: str, taken: Taken) -> str | None:
    chosen, seconds = settings.of(world), taken.movie.seconds
    if taken.mime_type not in TYPES:
        return "The video file is of a type that is not supported."
    if seconds is None:
        return "The video file cannot be read." if chosen.videos_must_parse else None
    if kind == "reel" and not chosen.reel_min_seconds <= seconds <= chosen.reel_max_seconds:
        return f"A reel must last {chosen.reel_min_seconds:g} to {chosen.reel_max_seconds:g} seconds."
    if kind == "story" and seconds > chosen.story_max_seconds:
        return f"A story may last {chosen.story_max_seconds:g} seconds."
    sides = taken.sides or (540, 960)
    return "A reel must have 540 x 960 pixels at least." if kind == "reel" and (sides[0] < 540 or sides[1] < 960) else None


def _post(visit: Visit, page: Person, clip: Clip, taken: Taken) -> Post:
    now, chosen = visit.world.clock(), settings.of(visit.world)
    item = intake.medium(taken, Label(KEY, clip.id, page.id, clip.kind), now)
    details: Json = {"kind": clip.kind, "video": clip.id, "live_at": now + chosen.processing_seconds}
    title = visit.params.text("title")
    return Post(
        platform=KEY,
        id=f"{page.id}_{clip.id}",
        person_id=page.id,
        content=visit.params.text("description") or "",
        at=now,
        details={**details, **({"title": title} if title else {})},
        media=[media.entry(item)],
    )


def status(world: World, clip: Clip) -> Json:
    """The `status` field: three phases, the last of which is the proof that it is live."""
    now, has = world.clock(), received(world, clip)
    done = clip.finished_at is not None
    ready = done and clip.ready_at is not None and clip.ready_at <= now
    uploading: Json = {"status": "complete" if done else "in_progress" if has else "not_started", "bytes_transferred": has}
    if clip.file_size is not None:
        uploading["source_file_size"] = clip.file_size
    failed = ready and clip.error is not None
    processing: Json = {"status": "error" if failed else "complete" if ready else "in_progress" if done else "not_started"}
    publishing: Json = {"status": "not_started"}
    if failed:
        processing["errors"] = [{"code": 1363008, "message": clip.error}]
    elif clip.published or books.find(world.store, KEY, f"{clip.page_id}_{clip.id}"):
        publishing["status"] = "complete" if ready else "in_progress"
        if ready:
            publishing |= {"publish_status": "published", "publish_time": int(clip.ready_at or 0)}
    word = "error" if failed else "ready" if ready else "processing" if done else "uploading"
    if not done and clip.file_size is not None and has >= clip.file_size:
        word = "upload_complete"
    return {
        "video_status": word,
        "uploading_phase": uploading,
        "processing_phase": processing,
        "publishing_phase": publishing,
    }
