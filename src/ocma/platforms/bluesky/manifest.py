"""Bluesky and other servers of AT Protocol. Limits are those of the lexicons as of August 2026."""

from datetime import timedelta

from ocma.platforms.bluesky.text import graphemes
from ocma.platforms.manifest import LimitHeaders, Manifest, OAuth2, Quota, Setup
from ocma.platforms.metrics import COMMENTS, FOLLOWERS, FOLLOWING, LIKES, POSTS, QUOTES, SAVES, SHARES, Measure, Measuring
from ocma.platforms.rules import LinkRules, MediaRules, Text, VideoRules, Words

TEXT = Text(300, graphemes, "graphemes", bytes=3000)
GENERIC = "transition:generic"  # about what an app password may; what is finer, not every server knows

MANIFEST = Manifest(
    key="bluesky",
    name="Bluesky",
    aliases=("bsky", "atproto"),
    oauth=OAuth2(
        authorize="",  # each account's server names its own: flow.py
        token="",
        scopes=("atproto", GENERIC),
        auth_method="private_key_jwt",
        rotates=True,
        per_host=True,
        host="bsky.social",
        renew_before=timedelta(minutes=5),  # tokens last 15 to 60
        needs=dict.fromkeys(("publish", "read", "measure"), ("atproto", GENERIC)),
    ),
    api_url="https://{host}",
    auth_url="https://{host}",
    urls={"plc": "https://plc.directory", "video": "https://video.bsky.app", "web": "https://bsky.app"},
    settings={"video_by": "service"},  # or "blob": a file like others, for servers that the video service does not know
    text=TEXT,
    comment=TEXT,
    media=MediaRules(
        images=10,
        image_types=("image/jpeg", "image/png", "image/webp"),
        image_bytes=2_000_000,
        videos=1,
        video=VideoRules(bytes=300_000_000, seconds=(None, 180)),
        alt_text=2000,  # no limit is documented; the app's own
    ),
    link=LinkRules(title=300, title_required=True, description=1000),
    thread=100,  # Bluesky names no limit; this one is ours
    options={
        "langs": Words(most=3, length=35),
        "tags": Words(most=8, length=64),
        "labels": Words(most=4, length=40),
    },
    quotas=(
        Quota(1666, per=timedelta(hours=1)),  # 5,000 and 35,000 points, of which a post takes 3
        Quota(11_666, per=timedelta(hours=24)),
        Quota(1000, per=timedelta(hours=24), on="media"),
    ),
    limit_headers=(LimitHeaders("ratelimit-remaining", "ratelimit-reset"),),
    measuring=Measuring(
        measures=(
            Measure(LIKES, "likeCount"),
            Measure(COMMENTS, "replyCount"),
            Measure(SHARES, "repostCount"),
            Measure(QUOTES, "quoteCount"),
            Measure(SAVES, "bookmarkCount"),
            Measure(FOLLOWERS, "followersCount", of="account"),
            Measure(FOLLOWING, "followsCount", of="account"),
            Measure(POSTS, "postsCount", of="account"),
        ),
        at_once=25,
    ),
    setup=Setup(
        url="https://atproto.com/specs/oauth",
        client_secret="BLUESKY_CLIENT_KEY",  # noqa: S106 - a variable's name
        hint="Nothing to register: servers read who OCMA is at OCMA_PUBLIC_URL (https). With a key, logins last for years.",
    ),
)
