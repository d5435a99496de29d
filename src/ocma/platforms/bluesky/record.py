"""A part as a record of app.bsky.feed.post."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ocma.platforms.bluesky.text import facets
from ocma.platforms.bluesky.wire import POST, Strong
from ocma.platforms.content import Media, Outgoing, Part, part_step
from ocma.platforms.errors import ContentRejected

EMBED = "app.bsky.embed"
GRID = 4  # images; more of them are a gallery


def mentions_step(part: int) -> str:
    """Under which the DIDs of a part's mentions are remembered."""
    return part_step("mentions", part)


def post(outgoing: Outgoing, at: datetime, reply: Mapping[str, Strong]) -> dict[str, Any]:
    """`reply`: its root and its parent, where it has them."""
    part, options = outgoing.part, outgoing.options
    dids = json.loads(outgoing.prepared.get(mentions_step(outgoing.index), "{}"))
    labels = [{"val": each} for each in options.get("labels") or ()]
    fields = {
        "facets": facets(part.text, dids),
        "embed": _embed(part, [json.loads(each) for each in outgoing.media_ids]),
        "reply": {name: {"uri": each.uri, "cid": each.cid} for name, each in reply.items()},
        "langs": options.get("langs"),
        "tags": options.get("tags"),
        "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": labels} if labels else None,
    }
    written = {"$type": POST, "text": part.text, "createdAt": instant(at)}
    return {**written, **{name: value for name, value in fields.items() if value}}


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _embed(part: Part, blobs: Sequence[Any]) -> dict[str, Any] | None:
    """One is all that a post carries."""
    if not blobs:
        return _card(part)
    if part.media[0].kind == "video":
        video = part.media[0]
        alt = {"alt": video.alt_text} if video.alt_text else {}
        return {"$type": f"{EMBED}.video", "video": blobs[0], **alt, **_shape(video)}
    images = [_image(*each) for each in zip(part.media, blobs, strict=True)]
    if len(images) <= GRID:
        return {"$type": f"{EMBED}.images", "images": images}
    if not all("aspectRatio" in each for each in images):
        detail = f"More than {GRID} images need a known width and height."
        raise ContentRejected(detail, platform="bluesky", rule="sizeUnknown", remediation="Upload these images anew, or fewer.")
    return {"$type": f"{EMBED}.gallery", "items": [{"$type": f"{EMBED}.gallery#image", **each} for each in images]}


def _image(media: Media, blob: Any) -> dict[str, Any]:
    return {"image": blob, "alt": media.alt_text or "", **_shape(media)}


def _shape(media: Media) -> dict[str, Any]:
    return {"aspectRatio": {"width": media.width, "height": media.height}} if media.width and media.height else {}


def _card(part: Part) -> dict[str, Any] | None:
    if part.link is None:
        return None
    card = {"uri": part.link.url, "title": part.link.title or "", "description": part.link.description or ""}
    return {"$type": f"{EMBED}.external", "external": card}
