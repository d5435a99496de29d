"""TikTok (TikTok for Developers, Content Posting API v2): what needs no code. Facts as of November 2026."""

from dataclasses import replace
from datetime import timedelta

from ocma.platforms.content import Content, Part
from ocma.platforms.manifest import Manifest, OAuth2, Quota, Settle, Setup
from ocma.platforms.metrics import COMMENTS, FOLLOWERS, FOLLOWING, LIKES, POSTS, SHARES, VIEWS, Measure, Measuring
from ocma.platforms.rules import MEGABYTE, Frame, Kind, MediaRules, Text, VideoRules, Whole

BASIC, PROFILE, STATS = "user.info.basic", "user.info.profile", "user.info.stats"
PUBLISH, LIST = "video.publish", "video.list"
FLAGS = (True, False)


def utf16_length(text: str) -> int:
    """In UTF-16 units: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def kind_of(content: Content) -> str:
    return "photo" if any(is_photo(part) for part in content.parts) else "video"


def is_photo(part: Part) -> bool:
    return any(media.kind != "video" for media in part.media)


def _text(limit: int) -> Text:
    return Text(limit, utf16_length, "UTF-16 units", required=False)


MEDIA = MediaRules(
    required=True,
    images=35,
    image_types=("image/jpeg", "image/webp"),
    image_bytes=20_000_000,
    image_frame=Frame(width=(None, 1920), height=(None, 1920), pixels=(None, 1920 * 1080)),
    videos=1,
    video=VideoRules(
        types=("video/mp4", "video/quicktime", "video/webm"),
        bytes=4096 * MEGABYTE,
        seconds=(None, 600),  # and no more than the creator may: asked before each post
        frame_rate=(23, 60),
        frame=Frame(width=(360, 4096), height=(360, 4096)),
        video_codecs=("h264", "hevc", "vp8", "vp9"),
    ),
    alt_text=0,
)

# TikTok gives totals of public videos, and no days.
OF_POSTS = (
    Measure(VIEWS, "view_count"),
    Measure(LIKES, "like_count"),
    Measure(COMMENTS, "comment_count"),
    Measure(SHARES, "share_count"),
)
OF_ACCOUNT = (
    Measure(FOLLOWERS, "follower_count", "account"),
    Measure(FOLLOWING, "following_count", "account"),
    Measure(LIKES, "likes_count", "account"),
    Measure(POSTS, "video_count", "account"),
)

MANIFEST = Manifest(
    key="tiktok",
    name="TikTok",
    api_url="https://open.tiktokapis.com",
    auth_url="https://www.tiktok.com",
    # How the PKCE challenge is written: hex for desktop apps, none for web apps; `auto` tells them by the redirect address.
    settings={"pkce": "auto"},
    oauth=OAuth2(
        authorize="/v2/auth/authorize/",
        token="/v2/oauth/token/",  # noqa: S106 - a path
        revoke="/v2/oauth/revoke/",
        scopes=(BASIC, PROFILE, STATS, LIST, PUBLISH),
        scope_separator=",",
        client_id_name="client_key",
        auth_method="client_secret_post",
        pkce="hex",
        rotates=True,
        needs={"publish": (PUBLISH,), "read": (BASIC, LIST), "measure": (STATS, LIST)},
    ),
    text=_text(2200),
    media=MEDIA,
    kinds={"video": Kind(), "photo": Kind(text=_text(4000), media=replace(MEDIA, fetches=True))},
    kind_of=kind_of,
    options={
        "privacy_level": ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"),
        "disable_comment": FLAGS,
        "disable_duet": FLAGS,
        "disable_stitch": FLAGS,
        "brand_content_toggle": FLAGS,
        "brand_organic_toggle": FLAGS,
        "is_aigc": FLAGS,
        "video_cover_timestamp_ms": Whole(0, 600_000),
        "title": _text(90),
        "auto_add_music": FLAGS,
        "photo_cover_index": Whole(0, 34),
    },
    required=("privacy_level",),
    # 6 a minute is documented. Of posts a day TikTok only says "typically 15", all apps together.
    quotas=(Quota(6, per=timedelta(minutes=1)), Quota(15, per=timedelta(hours=24))),
    settle=Settle(looks=(5.0, 15.0, 40.0)),
    measuring=Measuring((*OF_POSTS, *OF_ACCOUNT), at_once=20),
    setup=Setup(
        url="https://developers.tiktok.com/apps",
        client_id="TIKTOK_CLIENT_KEY",
        client_secret="TIKTOK_CLIENT_SECRET",  # noqa: S106 - a variable's name
        hint="The id is the app's client key. Until TikTok has audited the app it posts only to private accounts, as SELF_ONLY.",
    ),
)
