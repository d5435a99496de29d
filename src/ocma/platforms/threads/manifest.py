"""Threads: what needs no code. Facts as of November 2026 (path version v1.0)."""

from datetime import timedelta

from ocma.platforms.manifest import Manifest, OAuth2, Quota, Settle, Setup
from ocma.platforms.meta.usage import LIMITS
from ocma.platforms.rules import MEGABYTE, Frame, LinkRules, MediaRules, PollRules, Text, VideoRules
from ocma.platforms.threads.length import LIMIT, counted_length
from ocma.platforms.threads.measures import MEASURING

TEXT = Text(LIMIT, counted_length, "characters (an emoji counts its bytes)")
REPLIES = "threads_manage_replies"  # what threads and first comments take besides

MANIFEST = Manifest(
    key="threads",
    name="Threads",
    api_url="https://graph.threads.net",
    auth_url="https://www.threads.net",
    settings={"version": "v1.0"},
    oauth=OAuth2(
        authorize="/oauth/authorize",
        token="/oauth/access_token",  # noqa: S106 - a path
        scopes=(
            "threads_basic",
            "threads_content_publish",
            REPLIES,
            "threads_read_replies",
            "threads_manage_insights",
            "threads_delete",
        ),
        pkce=None,
        auth_method="client_secret_post",
        scope_separator=",",
        renews_with="access_token",
        renew_before=timedelta(days=10),
        renew_after=timedelta(hours=24),
        needs={
            "publish": ("threads_basic", "threads_content_publish"),
            "reply": (REPLIES,),
            "read": ("threads_basic", "threads_read_replies"),
            "measure": ("threads_basic", "threads_manage_insights"),
        },
    ),
    text=TEXT,
    comment=TEXT,
    media=MediaRules(
        images=20,
        image_types=("image/jpeg", "image/png"),
        image_bytes=8 * MEGABYTE,
        image_frame=Frame(width=(320, 1440), ratio=(0.1, 10)),
        videos=20,
        video=VideoRules(
            types=("video/mp4", "video/quicktime"),
            bytes=1024 * MEGABYTE,
            seconds=(None, 300),
            frame_rate=(23, 60),
            frame=Frame(width=(None, 1920)),
            video_codecs=("h264", "hevc"),
            audio_codecs=("aac",),
        ),
        mixed=True,
        most=20,
        alt_text=1000,
        fetches=True,
    ),
    thread=25,  # Threads names no limit; this one is ours
    poll=PollRules(options=(2, 4), option_length=25, durations=(86_400,)),
    link=LinkRules(),
    options={
        "reply_control": ("everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"),
        "topic_tag": Text(50, forbidden=".&"),
        "is_spoiler_media": (True, False),
        "quote_post_id": None,
        "location_id": None,
    },
    quotas=(Quota(250, per=timedelta(hours=24)),),
    limit_headers=LIMITS,
    app_wide=frozenset({"appRateLimited"}),
    measuring=MEASURING,
    settle=Settle(looks=(5.0, 15.0, 45.0)),
    setup=Setup(
        url="https://developers.facebook.com/apps",
        client_id="THREADS_CLIENT_ID",
        client_secret="THREADS_CLIENT_SECRET",  # noqa: S106 - a variable's name
        hint="A Meta app with the use case Threads API, and the Threads app id and secret shown there (not the Meta app's own).",
    ),
)
