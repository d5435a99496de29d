"""What may be said of a video, checked against YouTube's rules.

Unsure, and chosen here: a part in the body that `part` does not name is refused; the category is 22 when an upload
names none; a privacy status that is missing is public.
"""

from datetime import datetime
from typing import Any

from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World
from ocma_sandbox.youtube import errors

Json = dict[str, Any]

WRITABLE = ("snippet", "status", "localizations", "recordingDetails", "paidProductPlacementDetails")
KEPT_SNIPPET = ("title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage")
KEPT_STATUS = (
    *("privacyStatus", "publishAt", "license", "embeddable", "publicStatsViewable"),
    *("selfDeclaredMadeForKids", "containsSyntheticMedia"),
)
CATEGORIES = frozenset(["1", "2", "10", "15", "17", "19", "20", "22", "23", "24", "25", "26", "27", "28", "29"])
MAX_TITLE, MAX_DESCRIPTION_BYTES, MAX_TAGS = 100, 5000, 500


def invalid(reason: str, what: str) -> Refused:
    return errors.refused(400, reason, f"The request metadata specifies {what}.", "youtube.video")


def check_parts(body: Json, parts: list[str]) -> None:
    for name in WRITABLE:
        if name in body and name not in parts:
            raise errors.refused(400, "unexpectedPart", f"'{name}'", "youtube.part")


def snippet(body: Json, *, default_category: str | None) -> Json:
    """What is kept of the snippet. Without a default, the category has to be given."""
    given: Json = body.get("snippet", {})
    title, description, tags = given.get("title", ""), given.get("description", ""), given.get("tags", [])
    category = given.get("categoryId", default_category)
    if not title.strip() or len(title) > MAX_TITLE or _has_angle(title):
        raise invalid("invalidTitle", "an invalid or empty video title")
    if len(description.encode()) > MAX_DESCRIPTION_BYTES or _has_angle(description):
        raise invalid("invalidDescription", "an invalid video description")
    if _length(tags) > MAX_TAGS or any(_has_angle(tag) or not tag.strip() for tag in tags):
        raise invalid("invalidTags", "invalid video keywords")
    if category not in CATEGORIES:
        raise invalid("invalidCategoryId", "an invalid category ID")
    return {**_kept(given, KEPT_SNIPPET), "title": title, "description": description, "categoryId": category}


def _has_angle(text: str) -> bool:
    return "<" in text or ">" in text


def _length(tags: list[str]) -> int:
    """Commas between tags count, and quotes around those that have a space."""
    return sum(len(tag) + (2 if " " in tag else 0) for tag in tags) + max(0, len(tags) - 1)


def _kept(given: Json, names: tuple[str, ...]) -> Json:
    return {name: given[name] for name in names if name in given}


def status(world: World, body: Json, *, was_public: bool = False) -> Json:
    """What is kept of the status; a time to publish needs a private video that was never public."""
    kept = {"privacyStatus": "public", **_kept(body.get("status", {}), KEPT_STATUS)}
    if "publishAt" in kept:
        at = instant(kept["publishAt"])
        if at is None or at <= world.clock() or kept["privacyStatus"] != "private" or was_public:
            raise invalid("invalidPublishAt", "an invalid scheduled publishing time")
    return kept


def instant(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo else None
