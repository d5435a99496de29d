"""The moment an upload becomes a video: what its bytes are, and how its processing will end."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocma_sandbox import books, media, movie
from ocma_sandbox.books import Post
from ocma_sandbox.incoming import digest
from ocma_sandbox.media import Media
from ocma_sandbox.movie import Movie
from ocma_sandbox.sniff import sniff
from ocma_sandbox.world import World
from ocma_sandbox.youtube import errors, films, settings
from ocma_sandbox.youtube.calls import KEY, Caller

Json = dict[str, Any]

HEAD = 4096
SHORT_SECONDS = 180
DAY = 86400


@dataclass(frozen=True)
class Facts:
    """`mime_type` None: no film that we know."""

    mime_type: str | None
    size: int
    sha256: str
    movie: Movie


def examine(path: Path) -> Facts | None:
    """None: another request has finished the upload, and taken the file away."""
    try:
        return _examined(path)
    except FileNotFoundError:
        return None


def _examined(path: Path) -> Facts:
    with path.open("rb") as file:
        found = sniff(file.read(HEAD))
    is_film = found is not None and found.kind == "video"
    return Facts(found.mime_type if found and is_film else None, path.stat().st_size, digest(path), movie.read(path))


def check_may_upload(world: World, caller: Caller) -> None:
    """A channel's own cap for a day, beside the project's quota."""
    chosen, since = settings.of(world), world.clock() - DAY
    most = max(1, int(chosen.uploads_per_day * chosen.rate_factor))
    uploaded = books.count(world.store, films.KINDS + " AND person_id = ? AND at > ?", caller.person.id, since)
    if chosen.rate_factor > 0 and uploaded >= most:
        message = "The user has exceeded the number of videos they may upload."
        raise errors.refused(400, "uploadLimitExceeded", message, "youtube.video")


def bear(world: World, person_id: str, wish: Json, facts: Facts) -> Post:
    """Books the video. One whose processing will end badly is kept outside of the books: it is never seen."""
    film = _film(world, person_id, wish, facts)
    if film.details["ending"]:
        films.keep_failed(world, film)
    else:
        books.accept(world.store, film)
    return film


def _film(world: World, person_id: str, wish: Json, facts: Facts) -> Post:
    chosen, now, seen = settings.of(world), world.clock(), facts.movie
    is_short = seen.is_upright and seen.seconds is not None and seen.seconds <= SHORT_SECONDS
    kind = "short" if is_short else "video"
    status = wish["status"] if chosen.audited else {**wish["status"], "privacyStatus": "private"}
    if not chosen.audited:
        status.pop("publishAt", None)
    details: Json = {
        **wish,
        "kind": kind,
        "status": status,
        "readyAt": now + chosen.processing_seconds,
        "ending": _ending(world, facts),
        "seconds": seen.seconds,
        "width": seen.width,
        "height": seen.height,
    }
    return Post(
        platform=KEY,
        id=secrets.token_urlsafe(8),
        person_id=person_id,
        content=films.text(wish["snippet"]),
        at=now,
        details=details,
        media=[_entry(facts, kind)],
    )


def _ending(world: World, facts: Facts) -> Json:
    """Empty when it ends well."""
    chosen = settings.of(world)
    failed = chosen.failure_reason or ("" if facts.mime_type else "invalidFile")
    if failed:
        return {"uploadStatus": "failed", "failureReason": failed}
    is_long = (facts.movie.seconds or 0) > chosen.longest_seconds
    rejected = chosen.rejection_reason or ("length" if is_long else "")
    return {"uploadStatus": "rejected", "rejectionReason": rejected} if rejected else {}


def _entry(facts: Facts, kind: str) -> Json:
    mime_type, seen = facts.mime_type or "application/octet-stream", facts.movie
    item = Media(KEY, "", "", mime_type, kind, 0, facts.size, facts.sha256, seen.width, seen.height)
    return {**media.entry(item), "seconds": seen.seconds}
