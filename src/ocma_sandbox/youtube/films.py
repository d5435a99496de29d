"""Videos as they are kept: those in the books, and uploads whose processing ends badly, which were never posts."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from ocma_sandbox import books, people
from ocma_sandbox.books import Post, iso
from ocma_sandbox.figures import Figures
from ocma_sandbox.world import World
from ocma_sandbox.youtube import ids, metadata
from ocma_sandbox.youtube.calls import KEY
from ocma_sandbox.youtube.counts import COUNTS

Json = dict[str, Any]

PARTS = ("id", "snippet", "status", "statistics", "contentDetails", "processingDetails", *metadata.WRITABLE[2:])
STATISTICS = ("viewCount", "likeCount", "dislikeCount", "favoriteCount", "commentCount")
OWNER_PARTS = frozenset({"processingDetails"})
KINDS = "platform = 'youtube' AND details ->> '$.kind' IN ('video', 'short')"
TABLE = "youtube_failed"
SCHEMA = f"CREATE TABLE IF NOT EXISTS {TABLE} (id TEXT PRIMARY KEY, film TEXT NOT NULL);"


def etag(*of: object) -> str:
    return hashlib.sha1(repr(of).encode(), usedforsecurity=False).hexdigest()[:27]


def text(snippet: Json) -> str:
    """How the books show it."""
    return "\n\n".join(part for part in (snippet["title"], snippet["description"]) if part)


def find(world: World, video_id: str) -> Post | None:
    film = books.find(world.store, KEY, video_id)
    if film is not None:
        return film if "snippet" in film.details else None
    row = world.store.one("SELECT film FROM youtube_failed WHERE id = ?", video_id)
    return Post(**json.loads(row["film"])) if row else None


def keep_failed(world: World, film: Post) -> None:
    world.store.run("INSERT INTO youtube_failed VALUES (?, ?)", film.id, json.dumps(asdict(film)))


def update(world: World, post: Post) -> None:
    """A post as it is now, after its author changed it; also a comment."""
    world.store.run(
        "UPDATE posts SET content = ?, details = ?, media = ? WHERE platform = ? AND id = ?",
        *(post.content, json.dumps(post.details), json.dumps(post.media), KEY, post.id),
    )


def of_channel(world: World, person_id: str) -> list[Post]:
    """Newest first."""
    return books.select(world.store, KINDS + " AND person_id = ? AND deleted_at IS NULL", person_id)


def all_(world: World) -> list[Post]:
    return books.select(world.store, KINDS + " AND deleted_at IS NULL")


def comment_count(world: World, film: Post) -> int:
    where = "platform = 'youtube' AND deleted_at IS NULL AND details ->> '$.videoId' = ?"
    return books.count(world.store, where, film.id)


def privacy(world: World, film: Post) -> str:
    """A private video with a time to publish is public from then on."""
    status = film.details["status"]
    at = metadata.instant(status.get("publishAt", ""))
    return "public" if at is not None and at <= world.clock() else status["privacyStatus"]


def is_closed(film: Post) -> bool:
    """To comments, as everything for children is."""
    return film.details["status"].get("selfDeclaredMadeForKids", False)


def is_processed(world: World, film: Post) -> bool:
    return film.details["readyAt"] <= world.clock()


def is_visible(world: World, film: Post, person_id: str) -> bool:
    """To this person, who has its id."""
    is_good = is_processed(world, film) and not film.details["ending"]
    return film.person_id == person_id or (is_good and privacy(world, film) != "private")


def shown(world: World, film: Post, wanted: list[str], person_id: str, address: str) -> Json:
    """The resource, with those of its parts that were asked for and that this person may see."""
    parts = {
        "snippet": _snippet(world, film, address),
        "status": _status(world, film),
        "statistics": statistics(world, film, person_id),
        "contentDetails": _content_details(film),
        "processingDetails": _processing(world, film),
        **{name: film.details["more"].get(name, {}) for name in metadata.WRITABLE[2:]},
    }
    may = [name for name in wanted if name not in OWNER_PARTS or film.person_id == person_id]
    resource: Json = {"kind": "youtube#video", "etag": etag(film.id, parts), "id": film.id}
    return {**resource, **{name: parts[name] for name in may if name in parts}}


def second(at: float) -> str:
    return iso(at)[:19] + "Z"


def _snippet(world: World, film: Post, address: str) -> Json:
    kept = film.details["snippet"]
    return {
        **kept,
        "publishedAt": second(film.at),
        "channelId": ids.channel_id(film.person_id),
        "channelTitle": people.get(world.store, KEY, film.person_id).name,
        "thumbnails": {"default": {"url": f"{address}/thumbnail.svg", "width": 120, "height": 90}},
        "liveBroadcastContent": "none",
        "localized": {name: kept[name] for name in ("title", "description")},
    }


def _status(world: World, film: Post) -> Json:
    kept = {**film.details["status"], "privacyStatus": privacy(world, film)}
    if kept["privacyStatus"] == "public":
        kept.pop("publishAt", None)
    defaults = {"license": "youtube", "embeddable": True, "publicStatsViewable": True}
    is_ended = is_processed(world, film)
    ending = film.details["ending"] or {"uploadStatus": "processed"}
    made_for_kids = {"madeForKids": kept.get("selfDeclaredMadeForKids", False)}
    return {**defaults, **kept, **made_for_kids, **(ending if is_ended else {"uploadStatus": "uploaded"})}


def statistics(world: World, film: Post, person_id: str) -> Json:
    """Numbers are strings. What is hidden is absent: dislikes from all but the owner, comments where there can be none."""
    hidden = {"dislikeCount": film.person_id != person_id, "commentCount": is_closed(film)}
    figures = Figures(world, COUNTS)
    return {name: str(figures.value(film, name)) for name in STATISTICS if not hidden.get(name)}


def _content_details(film: Post) -> Json:
    height, seconds = film.details["height"] or 0, film.details["seconds"] or 0
    return {
        "duration": duration(seconds),
        "dimension": "2d",
        "definition": "hd" if height >= 720 else "sd",
        "caption": "false",
        "licensedContent": False,
        "projection": "rectangular",
        "hasCustomThumbnail": "thumbnail" in film.media[0],
    }


def duration(seconds: float) -> str:
    """ISO 8601, without the parts that are nothing."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    shown = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if count)
    return f"PT{shown or '0S'}"


def _processing(world: World, film: Post) -> Json:
    ending = film.details["ending"]
    if not is_processed(world, film):
        return {"processingStatus": "processing", "fileDetailsAvailability": "unavailable"}
    if "failureReason" in ending:
        return {"processingStatus": "failed", "processingFailureReason": "transcodeFailed"}
    return {"processingStatus": "terminated" if ending else "succeeded", "thumbnailsAvailability": "available"}
