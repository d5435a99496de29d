"""What a request to publish says, checked against TikTok's rules.

Unsure, and chosen here: megabytes of the chunk rules are taken the wide way (5,000,000 to 67,108,864 bytes); branded
content for oneself alone is `invalid_params`.
"""

from typing import Any
from urllib.parse import urlsplit

from ocma_sandbox.tiktok import errors, schemas, settings, users
from ocma_sandbox.tiktok.calls import Caller
from ocma_sandbox.tiktok.publishes import Draft
from ocma_sandbox.world import World

Json = dict[str, Any]

MAX_CAPTION, MAX_PHOTO_TITLE, MAX_DESCRIPTION = 2200, 90, 4000
MAX_VIDEO = 4 * 1024**3
SMALLEST_CHUNK, LARGEST_CHUNK, MOST_CHUNKS = 5_000_000, 64 * 1024**2, 1000


def read_video(world: World, caller: Caller, body: Json) -> Draft:
    body = schemas.check(world, body, schemas.VIDEO)
    return Draft("video", "direct", **_post_info(world, caller, body["post_info"], MAX_CAPTION), **_source(world, body))


def read_inbox_video(world: World, body: Json) -> Draft:
    """Only the source matters: the user writes the rest in the app."""
    return Draft("video", "inbox", **_source(world, schemas.check(world, body, schemas.INBOX)))


def read_photos(world: World, caller: Caller, body: Json) -> Draft:
    """Asks for the scope, too: it depends on the mode."""
    body = schemas.check(world, body, schemas.PHOTOS)
    is_direct = body["post_mode"] == "DIRECT_POST"
    caller.require("video.publish" if is_direct else "video.upload")
    post, source = dict(body.get("post_info", {})), body["source_info"]
    if not is_direct:
        post.pop("privacy_level", None)
    elif "privacy_level" not in post:
        raise errors.invalid("$.post_info.privacy_level: is missing but it is required")
    for url in source["photo_images"]:
        _check_url(world, url)
    cover = source.get("photo_cover_index", 0)
    if cover >= len(source["photo_images"]):
        raise errors.invalid("$.source_info.photo_cover_index: there is no such photo")
    post["photo_cover_index"] = cover
    shown = _post_info(world, caller, post, MAX_PHOTO_TITLE)
    return Draft("photo", "direct" if is_direct else "inbox", **shown, urls=source["photo_images"])


def _post_info(world: World, caller: Caller, post: Json, most: int) -> Json:
    title, description = post.get("title", ""), post.get("description", "")
    for name, text, limit in (("title", title, most), ("description", description, MAX_DESCRIPTION)):
        if utf16(text) > limit:
            raise errors.invalid(f"$.post_info.{name}: may have {limit} UTF-16 units at most, has {utf16(text)}")
    if "privacy_level" in post:
        _check_privacy(world, caller, post)
    own = ("title", "description", "privacy_level")
    kept = {name: value for name, value in post.items() if name not in own}
    return {"title": title, "description": description, "privacy": post.get("privacy_level", ""), "options": kept}


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _check_privacy(world: World, caller: Caller, post: Json) -> None:
    privacy = post["privacy_level"]
    if privacy not in users.privacy_options(world, caller.person):
        raise errors.refused("privacy_level_option_mismatch", "Privacy level is not among the options of the creator.")
    if not settings.of(world).audited and (privacy != users.PRIVATE or not users.is_private(world, caller.person)):
        message = "Unaudited clients can only post privately, to private accounts."
        raise errors.refused("unaudited_client_can_only_post_to_private_accounts", message)
    if post.get("brand_content_toggle") and privacy == users.PRIVATE:
        raise errors.invalid("$.post_info.brand_content_toggle: branded content cannot be private")


def _source(world: World, body: Json) -> Json:
    source: Json = body["source_info"]
    if source.get("source") == "FILE_UPLOAD":
        _check_chunks(schemas.check(world, source, schemas.FILE))
        return {"size": source["video_size"], "chunk_size": source["chunk_size"], "chunk_count": source["total_chunk_count"]}
    if source.get("source") == "PULL_FROM_URL":
        _check_url(world, schemas.check(world, source, schemas.URL)["video_url"])
        return {"urls": [source["video_url"]]}
    raise errors.invalid("$.source_info.source: must be FILE_UPLOAD or PULL_FROM_URL")


def _check_chunks(source: Json) -> None:
    size, chunk, count = source["video_size"], source["chunk_size"], source["total_chunk_count"]
    if size > MAX_VIDEO:
        raise errors.invalid("$.source_info.video_size: a video may have 4 GB at most")
    is_whole = count == 1 and chunk == size <= LARGEST_CHUNK
    in_range = SMALLEST_CHUNK <= chunk <= LARGEST_CHUNK and count <= MOST_CHUNKS
    if not is_whole and not (in_range and count == size // chunk):
        raise errors.invalid("The chunk size or the total chunk count is invalid.")


def _check_url(world: World, url: str) -> None:
    chosen = settings.of(world)
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address, parts = False, urlsplit("")
    schemes = {"https", "http"} if chosen.pull_over_http else {"https"}
    if not is_address or parts.scheme not in schemes or parts.username or parts.fragment:
        raise errors.invalid(f"$.source_info: {url!r} is no address to pull from")
    verified = chosen.verified_urls.split()
    if verified and not url.startswith(tuple(verified)):
        raise errors.refused("url_ownership_unverified", "Please verify the ownership of the URL's domain or prefix.")
