"""How the AppView shows what a post has embedded."""

from collections.abc import Callable
from typing import Any

from ocma_sandbox.bluesky.validation import is_blob

Json = dict[str, Any]

PREFIX = "app.bsky.embed."


def embed_view(embed: Any, blobs_at: str, quoted: Callable[[str], Json]) -> Json | None:
    """None for no embed and for one of a kind not known here. `blobs_at` and a CID make a blob's address."""
    name = str(embed.get("$type", "")).removeprefix(PREFIX) if isinstance(embed, dict) else ""
    try:
        shown = _shown(name, embed, blobs_at, quoted)
    except (KeyError, TypeError):  # a record that was written unchecked
        return None
    return {"$type": f"{PREFIX}{name}#view", **shown} if shown is not None else None


def _shown(name: str, embed: Json, blobs_at: str, quoted: Callable[[str], Json]) -> Json | None:
    if name in {"images", "gallery"}:
        return _images(name, embed, blobs_at)
    if name == "video":
        address = _address(embed["video"], blobs_at)
        return {"cid": embed["video"]["ref"]["$link"], "playlist": address, **_kept(embed, "alt", "aspectRatio", "presentation")}
    if name == "external":
        return {"external": _external(embed["external"], blobs_at)}
    if name == "record":
        return {"record": quoted(embed["record"]["uri"])}
    if name == "recordWithMedia":
        record = {"$type": f"{PREFIX}record#view", "record": quoted(embed["record"]["record"]["uri"])}
        return {"record": record, "media": embed_view(embed["media"], blobs_at, quoted)}
    return None


def _images(name: str, embed: Json, blobs_at: str) -> Json:
    if name == "images":
        return {"images": [_image(item, blobs_at, "thumb") for item in embed["images"]]}
    kind = {"$type": f"{PREFIX}gallery#viewImage"}
    return {"items": [{**kind, **_image(item, blobs_at, "thumbnail")} for item in embed["items"]]}


def _image(item: Json, blobs_at: str, small: str) -> Json:
    address = _address(item["image"], blobs_at)
    return {small: address, "fullsize": address, "alt": item["alt"], **_kept(item, "aspectRatio")}


def _external(card: Json, blobs_at: str) -> Json:
    thumb = {"thumb": _address(card["thumb"], blobs_at)} if is_blob(card.get("thumb")) else {}
    return {**_kept(card, "uri", "title", "description"), **thumb}


def _address(blob: Json, blobs_at: str) -> str:
    return blobs_at + blob["ref"]["$link"]


def _kept(item: Json, *names: str) -> Json:
    return {name: item[name] for name in names if name in item}
