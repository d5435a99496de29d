"""The bodies that TikTok takes, in the terms of `shape`."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from ocma_sandbox import shape
from ocma_sandbox.tiktok import errors, settings
from ocma_sandbox.world import World

Json = dict[str, Any]

TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
PRIVACY = {
    "type": "string",
    "enum": ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"),
}


def _whole(minimum: int = 0) -> Json:
    return {"type": "integer", "minimum": minimum}


def _object(properties: Mapping[str, Any], *required: str) -> Json:
    return {"type": "object", "properties": properties, "required": required}


FILE = _object(
    {"source": TEXT, "video_size": _whole(1), "chunk_size": _whole(1), "total_chunk_count": _whole(1)},
    *("source", "video_size", "chunk_size", "total_chunk_count"),
)
URL = _object({"source": TEXT, "video_url": TEXT}, "source", "video_url")
VIDEO_INFO = _object(
    {
        "privacy_level": PRIVACY,
        "title": TEXT,
        "video_cover_timestamp_ms": _whole(),
        **dict.fromkeys(("disable_duet", "disable_stitch", "disable_comment"), FLAG),
        **dict.fromkeys(("brand_content_toggle", "brand_organic_toggle", "is_aigc"), FLAG),
    },
    "privacy_level",
)
ANY = {"type": "object", "open": True}
VIDEO = _object({"post_info": VIDEO_INFO, "source_info": ANY}, "post_info", "source_info")
INBOX = _object({"post_info": ANY, "source_info": ANY}, "source_info")
PHOTO_INFO = _object(
    {
        "title": TEXT,
        "description": TEXT,
        "privacy_level": PRIVACY,
        **dict.fromkeys(("disable_comment", "auto_add_music", "brand_content_toggle", "brand_organic_toggle"), FLAG),
    }
)
PHOTO_SOURCE = _object(
    {
        "source": {"type": "string", "enum": ("PULL_FROM_URL",)},
        "photo_images": {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 35},
        "photo_cover_index": _whole(),
    },
    *("source", "photo_images"),
)
PHOTOS = _object(
    {
        "media_type": {"type": "string", "enum": ("PHOTO",)},
        "post_mode": {"type": "string", "enum": ("DIRECT_POST", "MEDIA_UPLOAD")},
        "post_info": PHOTO_INFO,
        "source_info": PHOTO_SOURCE,
    },
    *("media_type", "post_mode", "source_info"),
)
STATUS = _object({"publish_id": TEXT}, "publish_id")
LIST = _object({"cursor": _whole(), "max_count": {"type": "integer", "minimum": 1, "maximum": 20}})
_IDS = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 20}
QUERY = _object({"filters": _object({"video_ids": _IDS}, "video_ids")}, "filters")


async def read(world: World, request: Request, schema: Json) -> Json:
    """The JSON body, checked; an empty one is an empty object."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    raw = await request.body()
    if raw and kind != "application/json":
        raise errors.invalid("Content-Type must be application/json; charset=UTF-8.")
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise errors.invalid("The body is not valid JSON.") from None
    return check(world, body, schema)


def check(world: World, value: Any, schema: Json) -> Json:
    """400 with the first thing that is wrong. Whether TikTok refuses unknown names is unsure: tiktok.strict_bodies."""
    issue = next(shape.check(schema if settings.of(world).strict_bodies else _opened(schema), value), None)
    if issue is not None:
        raise errors.invalid(issue.message)
    return value


def _opened(schema: Mapping[str, Any]) -> Json:
    inner = {name: _opened(value) for name, value in schema.get("properties", {}).items()}
    return {**schema, **({"open": True, "properties": inner} if schema["type"] == "object" else {})}
