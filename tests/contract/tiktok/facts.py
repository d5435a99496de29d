"""What TikTok's reference pages (Content Posting API, Display API, media transfer guide; August to November 2026) say of requests.

TikTok publishes no machine-readable description, so this is written by hand. Keys that are not listed are mistakes here, even if
TikTok may pass over them.
"""

import json
import re
from dataclasses import dataclass

import httpx2

API, UPLOAD = "open.tiktokapis.com", "open-upload.tiktokapis.com"
JSON = "application/json; charset=UTF-8"
MB = 1_000_000
LEVELS = {"PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"}
BOTH = {"title": str, "privacy_level": str, "disable_comment": bool, "brand_content_toggle": bool, "brand_organic_toggle": bool}
VIDEO_INFO = {**BOTH, "disable_duet": bool, "disable_stitch": bool, "video_cover_timestamp_ms": int, "is_aigc": bool}
PHOTO_INFO = {**BOTH, "description": str, "auto_add_music": bool}
VIDEO_SOURCE = {"source": str, "video_size": int, "chunk_size": int, "total_chunk_count": int}
PHOTO_SOURCE = {"source": str, "photo_images": list, "photo_cover_index": int}
VIDEO_FIELDS = {
    "id",
    "create_time",
    "cover_image_url",
    "share_url",
    "video_description",
    "duration",
    "height",
    "width",
    "title",
    "embed_html",
    "embed_link",
    "like_count",
    "comment_count",
    "share_count",
    "view_count",
}


class Broken(AssertionError):
    """A request that the reference does not allow."""


@dataclass(frozen=True)
class Fact:
    """`body`: its keys (None: there is none); `fields`: what the mandatory `fields` parameter may hold."""

    scope: str
    body: dict | None = None
    required: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()


USER = {"open_id", "union_id", "avatar_url", "avatar_url_100", "avatar_large_url", "display_name"}
USER |= {"bio_description", "profile_deep_link", "is_verified", "username"}
USER |= {"follower_count", "following_count", "likes_count", "video_count"}
FACTS = {
    ("GET", "/v2/user/info/"): Fact("user.info.basic", fields=frozenset(USER)),
    ("POST", "/v2/post/publish/creator_info/query/"): Fact("video.publish"),
    ("POST", "/v2/post/publish/video/init/"): Fact(
        "video.publish", {"post_info": dict, "source_info": dict}, ("post_info", "source_info")
    ),
    ("POST", "/v2/post/publish/content/init/"): Fact(
        "video.publish",
        {"media_type": str, "post_mode": str, "post_info": dict, "source_info": dict},
        ("media_type", "post_mode", "post_info", "source_info"),
    ),
    ("POST", "/v2/post/publish/status/fetch/"): Fact("video.publish", {"publish_id": str}, ("publish_id",)),
    ("POST", "/v2/video/list/"): Fact("video.list", {"cursor": int, "max_count": int}, fields=frozenset(VIDEO_FIELDS)),
    ("POST", "/v2/video/query/"): Fact("video.list", {"filters": dict}, ("filters",), fields=frozenset(VIDEO_FIELDS)),
}


def fact(request: httpx2.Request) -> Fact:
    try:
        return FACTS[request.method, request.url.path]
    except KeyError:
        raise Broken(f"there is no {request.method} {request.url.path}") from None


def check(request: httpx2.Request) -> None:
    if request.method == "PUT":
        return check_piece(request)
    known = fact(request)
    demand(request.url.host == API, f"sent to {request.url.host}")
    demand(request.headers.get("authorization") == "Bearer act.token", "the token is missing")
    asked = set(filter(None, request.url.params.get("fields", "").split(",")))
    demand(bool(asked) == bool(known.fields), "`fields` is mandatory where it exists, and exists nowhere else")
    demand(asked <= known.fields, f"unknown fields {asked - known.fields}")
    if request.method == "POST":
        demand(request.headers["content-type"] == JSON, f"content type {request.headers['content-type']}")
        _check_body(request, known)
    return None


def _check_body(request: httpx2.Request, known: Fact) -> None:
    if known.body is None:
        return demand(request.content == b"", "this takes no body")
    body = json.loads(request.content)
    shaped(body, known.body, known.required)
    if "post_info" in body:
        _check_post(body)
    if "filters" in body:
        shaped(body["filters"], {"video_ids": list}, ("video_ids",))
        demand(1 <= len(body["filters"]["video_ids"]) <= 20, "1 to 20 videos")
    demand(1 <= body.get("max_count", 10) <= 20, "1 to 20 videos")
    return None


def _check_post(body: dict) -> None:
    photo = "media_type" in body
    shaped(body["post_info"], PHOTO_INFO if photo else VIDEO_INFO, ("privacy_level",))
    shaped(body["source_info"], PHOTO_SOURCE if photo else VIDEO_SOURCE, tuple(PHOTO_SOURCE if photo else VIDEO_SOURCE))
    demand(body["post_info"]["privacy_level"] in LEVELS, "no such privacy")
    source = body["source_info"]
    if photo:
        demand((body["media_type"], body["post_mode"], source["source"]) == ("PHOTO", "DIRECT_POST", "PULL_FROM_URL"), "modes")
        demand(
            1 <= len(source["photo_images"]) <= 35 and all(each.startswith("https://") for each in source["photo_images"]), "urls"
        )
    else:
        demand(source["source"] == "FILE_UPLOAD", "source")
        check_plan(source["video_size"], source["chunk_size"], source["total_chunk_count"])


def check_plan(size: int, chunk: int, count: int) -> None:
    """The media transfer guide's rules of chunks."""
    demand(count == size // chunk, f"{count} is not {size} // {chunk}")
    demand(1 <= count <= 1000, f"{count} chunks")
    last = size - (count - 1) * chunk
    demand(chunk <= 64 * MB and last <= 128 * MB, "a chunk is too large")
    demand(chunk >= 5 * MB or (count == 1 and chunk == size), "a chunk is too small")


def check_piece(request: httpx2.Request) -> None:
    demand(request.url.path.startswith("/video/"), request.url.path)
    demand("authorization" not in request.headers, "the upload host gets no token")
    demand(request.headers["content-type"] in {"video/mp4", "video/quicktime", "video/webm"}, "content type")
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers["content-range"])
    demand(found is not None, "content range")
    first, last, total = map(int, found.groups())
    demand(last - first + 1 == len(request.content) == int(request.headers["content-length"]), "length")
    demand(last < total, "range")


def shaped(value: dict, keys: dict, required: tuple[str, ...]) -> None:
    demand(not (set(value) - set(keys)), f"unknown keys {set(value) - set(keys)}")
    demand(not (set(required) - set(value)), f"missing keys {set(required) - set(value)}")
    for name, each in value.items():
        demand(type(each) is keys[name], f"{name} is {each!r}")


def demand(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)
