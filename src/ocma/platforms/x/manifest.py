"""X: what needs no code. Facts as of August 2026 (specification 2.167)."""

from datetime import timedelta

from ocma.platforms.manifest import LimitHeaders, Manifest, OAuth2, Quota, Settle, Setup
from ocma.platforms.rules import Frame, MediaRules, PollRules, Text, VideoRules
from ocma.platforms.x.length import LIMIT, weighted_length
from ocma.platforms.x.measures import MEASURING

MEGABYTE = 1024 * 1024
TEXT = Text(limit=LIMIT, measure=weighted_length, unit="weighted characters")

MANIFEST = Manifest(
    key="x",
    name="X",
    aliases=("twitter",),
    api_url="https://api.x.com",
    auth_url="https://x.com",
    oauth=OAuth2(
        authorize="/i/oauth2/authorize",
        token="/2/oauth2/token",  # noqa: S106 - a path
        revoke="/2/oauth2/revoke",
        scopes=("tweet.read", "tweet.write", "users.read", "media.write", "offline.access"),
        rotates=True,
        needs={
            "publish": ("tweet.read", "tweet.write", "users.read"),
            "read": ("tweet.read", "users.read"),
            "measure": ("tweet.read", "users.read"),
        },
    ),
    text=TEXT,
    comment=TEXT,
    media=MediaRules(
        images=4,
        image_bytes=5 * MEGABYTE,
        gifs=1,
        gif_bytes=15 * MEGABYTE,
        videos=1,
        video=VideoRules(
            types=("video/mp4", "video/quicktime"),
            bytes=512 * MEGABYTE,
            seconds=(0.5, 140),  # longer for Premium; the account's own page tells, this API does not
            frame_rate=(None, 60),
            frame=Frame(width=(32, 1280), height=(32, 1280), ratio=(1 / 3, 3)),
            video_codecs=("h264",),
            audio_codecs=("aac",),
        ),
        alt_text=1000,
    ),
    poll=PollRules(option_length=25, seconds=(5 * 60, 10_080 * 60), steps=60, text=True),
    thread=25,  # X names no limit; this one is ours
    # Only what leaves the post in its author's timeline: a post that cannot be read back there cannot be settled.
    options={
        "reply_settings": ("following", "mentionedUsers", "subscribers", "verified"),
        "made_with_ai": (True, False),
        "paid_partnership": (True, False),
    },
    quotas=(
        Quota(100, per=timedelta(minutes=15)),
        Quota(10_000, per=timedelta(hours=24), of="app"),
        Quota(500, per=timedelta(minutes=15), on="media"),
    ),
    limit_headers=(
        LimitHeaders("x-rate-limit-remaining", "x-rate-limit-reset"),
        LimitHeaders("x-user-limit-24hour-remaining", "x-user-limit-24hour-reset"),
        LimitHeaders("x-app-limit-24hour-remaining", "x-app-limit-24hour-reset", of="app"),
    ),
    app_wide=frozenset({"usageCapped", "creditsDepleted"}),
    settle=Settle(looks=(3.0, 10.0, 30.0)),
    measuring=MEASURING,
    setup=Setup(
        url="https://developer.x.com",
        client_id="TWITTER_CLIENT_ID",
        client_secret="TWITTER_CLIENT_SECRET",  # noqa: S106 - a variable's name
        hint="A confidential client (web app) with read and write permission. X bills each post; one with a link costs more.",
    ),
)
