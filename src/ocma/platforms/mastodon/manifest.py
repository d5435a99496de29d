"""Mastodon, and the servers that answer the same paths. The limits are Mastodon's defaults; a server may set its own."""

from datetime import timedelta

from ocma.platforms.manifest import LimitHeaders, Manifest, OAuth2, Quota, Setup
from ocma.platforms.mastodon.length import counted_length
from ocma.platforms.metrics import COMMENTS, FOLLOWERS, FOLLOWING, LIKES, POSTS, QUOTES, SHARES, Measure, Measuring
from ocma.platforms.rules import Frame, MediaRules, PollRules, Text, VideoRules

IMAGE_BYTES = 16_777_216
TEXT = Text(500, counted_length)

MANIFEST = Manifest(
    key="mastodon",
    name="Mastodon",
    oauth=OAuth2(
        authorize="/oauth/authorize",
        token="/oauth/token",  # noqa: S106 - a path
        revoke="/oauth/revoke",
        scopes=("read", "write:statuses", "write:media"),
        auth_method="client_secret_post",
        refreshes=False,
        per_host=True,
        needs={
            "publish": ("write:statuses",),
            "read": ("read",),
            "listen": ("read:notifications",),
            "measure": ("read:accounts|profile", "read:statuses"),
        },
    ),
    api_url="https://{host}",
    auth_url="https://{host}",
    text=TEXT,
    comment=TEXT,
    media=MediaRules(
        images=4,
        image_types=("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/avif"),
        image_bytes=IMAGE_BYTES,
        gifs=1,
        gif_bytes=IMAGE_BYTES,
        videos=1,
        video=VideoRules(
            types=("video/mp4", "video/quicktime", "video/x-m4v", "video/webm"),
            bytes=103_809_024,
            frame_rate=(None, 120),
            frame=Frame(pixels=(None, 8_294_400)),
        ),
        alt_text=1500,
    ),
    poll=PollRules(option_length=50, seconds=(300, 2_629_746), multiple=True, text=True),
    setup=Setup(hint="Nothing to set up: OCMA registers itself with each server when its first account is connected."),
    thread=100,
    options={
        "visibility": ("public", "unlisted", "private", "direct"),
        "sensitive": (True, False),
        "spoiler_text": None,
        "language": None,
    },
    quotas=(Quota(300, timedelta(minutes=5)), Quota(30, timedelta(minutes=30), on="media")),
    limit_headers=(LimitHeaders("x-ratelimit-remaining", "x-ratelimit-reset"),),
    measuring=Measuring(
        measures=(
            Measure(LIKES, "favourites_count"),
            Measure(COMMENTS, "replies_count"),
            Measure(SHARES, "reblogs_count"),
            Measure(QUOTES, "quotes_count"),
            Measure(FOLLOWERS, "followers_count", of="account"),
            Measure(FOLLOWING, "following_count", of="account"),
            Measure(POSTS, "statuses_count", of="account"),
        ),
        at_once=20,  # more are refused, though nothing documents it
    ),
)
