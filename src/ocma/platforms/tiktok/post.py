"""A post as TikTok is told of it, and what of it TikTok would refuse or drop without a word."""

from typing import Any

from ocma.platforms.content import Content, Media, Outgoing, Part
from ocma.platforms.errors import ContentRejected
from ocma.platforms.tiktok.manifest import is_photo
from ocma.platforms.tiktok.wire import Creator

SELF_ONLY = "SELF_ONLY"
BOTH = ("privacy_level", "disable_comment", "brand_content_toggle", "brand_organic_toggle")
VIDEO = (*BOTH, "disable_duet", "disable_stitch", "is_aigc", "video_cover_timestamp_ms")
PHOTO = (*BOTH, "auto_add_music", "title")
COVER = "photo_cover_index"


def video_info(content: Content, part: Part) -> dict[str, Any]:
    return _with_text("title", part.text) | {name: content.options[name] for name in VIDEO if name in content.options}


def photo_post(outgoing: Outgoing) -> dict[str, Any]:
    """The whole body."""
    options = outgoing.options
    return {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": _with_text("description", outgoing.part.text) | {name: options[name] for name in PHOTO if name in options},
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": [address(media) for media in outgoing.part.media],
            COVER: options.get(COVER, 0),
        },
    }


def address(media: Media) -> str:
    if media.url is None:
        raise _rejected(
            "addressMissing",
            "TikTok fetches photos itself, and this server has no public address.",
            "The operator sets OCMA_PUBLIC_URL to an https address that others reach.",
        )
    return media.url()


def check(content: Content, part: Part, creator: Creator) -> None:
    """Raises ContentRejected for what this creator may not, and for options that this kind of post does not have."""
    photo, options = is_photo(part), content.options
    known = {*PHOTO, COVER} if photo else set(VIDEO)
    if strange := sorted(set(options) - known):
        kind = "photos" if photo else "videos"
        raise _rejected("optionOfAnotherKind", f"TikTok has no {', '.join(strange)} for {kind}.", f"Leave it out for {kind}.")
    _check_privacy(str(options.get("privacy_level", "")), creator, branded=options.get("brand_content_toggle") is True)
    longest = creator.max_video_post_duration_sec
    for media in part.media:
        if not photo and longest and media.duration and media.duration > longest:
            detail = f"The video takes {media.duration:.0f} seconds; this account may post {longest:.0f}."
            raise _rejected("duration", detail, "Cut the video.")


def _check_privacy(chosen: str, creator: Creator, *, branded: bool) -> None:
    offered = creator.privacy_level_options
    if offered and chosen not in offered:
        detail = f"This account cannot post as {chosen or 'nothing'} at TikTok."
        raise _rejected("privacyNotOffered", detail, f"Choose `privacy_level` of {', '.join(offered)}.")
    if branded and chosen == SELF_ONLY:
        detail = "Branded content cannot be seen by its author alone."
        raise _rejected("brandedContentPrivate", detail, "Choose another `privacy_level`, or leave `brand_content_toggle` out.")


def _with_text(name: str, text: str) -> dict[str, Any]:
    return {name: text} if text.strip() else {}


def _rejected(rule: str, detail: str, remediation: str) -> ContentRejected:
    return ContentRejected(detail, platform="tiktok", rule=rule, remediation=remediation)
