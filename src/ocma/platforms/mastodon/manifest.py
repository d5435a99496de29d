"""Mastodon, and the servers that answer the same paths. The limits are Mastodon's defaults; a server may set its own."""

from datetime import timedelta

from ocma.platforms.manifest import LimitHeaders, Manifest, MediaRules, OAuth2, Quota, Setup, Text
from ocma.platforms.mastodon.length import counted_length

IMAGE_BYTES = 16_777_216

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
    ),
    api_url="https://{host}",
    auth_url="https://{host}",
    text=Text(500, counted_length),
    media=MediaRules(
        images=4,
        image_types=("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/avif"),
        image_bytes=IMAGE_BYTES,
        gifs=1,
        gif_bytes=IMAGE_BYTES,
        videos=1,
        alt_text=1500,
    ),
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
)
