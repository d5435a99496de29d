"""Instagram (professional accounts): what needs no code. Facts as of November 2026 (Graph API v26.0)."""

from dataclasses import replace
from datetime import timedelta

from ocma.platforms.content import Content
from ocma.platforms.instagram.measures import MEASURING
from ocma.platforms.manifest import Manifest, OAuth2, Quota, Settle, Setup
from ocma.platforms.meta.usage import LIMITS
from ocma.platforms.rules import MEGABYTE, Frame, Kind, MediaRules, Tags, Text, VideoRules, Whole, Words

NO_TEXT = Text(0, required=False)
# 30 is documented; since December 2025 those after the fifth are said to be left out, which the API may or may not do.
TAGS = Tags(hashtags=30, mentions=20, heeded=5)
VIDEO = VideoRules(
    types=("video/mp4", "video/quicktime"),
    bytes=1024 * MEGABYTE,
    seconds=(3, 900),
    frame_rate=(23, 60),
    frame=Frame(width=(None, 1920), ratio=(0.01, 10)),
    video_codecs=("h264", "hevc"),
    audio_codecs=("aac",),
    header_first=True,
)
FEED = MediaRules(
    images=10,
    image_types=("image/jpeg",),
    image_bytes=8 * MEGABYTE,
    image_frame=Frame(width=(320, 1440), ratio=(0.8, 1.91)),
    videos=10,
    video=VIDEO,
    mixed=True,
    most=10,
    alt_text=1000,
    required=True,
    fetches=True,
)
STORY = replace(
    FEED,
    images=1,
    image_frame=Frame(width=(320, 1440)),
    videos=1,
    video=replace(VIDEO, bytes=100 * MEGABYTE, seconds=(3, 60)),
    most=1,
)
FLAGS = (True, False)
COMMENTS = "instagram_business_manage_comments|instagram_manage_comments"


def kind_of(content: Content) -> str:
    """A single video is always a reel."""
    kind, files = str(content.options.get("kind", "")), [media.kind for part in content.parts for media in part.media]
    return kind if kind in {"reel", "story"} else "reel" if files == ["video"] else "post"


MANIFEST = Manifest(
    key="instagram",
    name="Instagram",
    aliases=("ig",),
    api_url="https://graph.instagram.com",
    auth_url="https://www.instagram.com",
    urls={
        "login": "https://api.instagram.com",
        "facebook": "https://graph.facebook.com",  # these two only for accounts that are connected by Facebook's login
        "dialog": "https://www.facebook.com",
    },
    # `login`: `instagram`, or `facebook` for accounts that are linked to a page. `proof`: `on` for apps that require it of
    # Instagram's own login; with Facebook's it is always sent. `deletes`: by which login posts can be deleted. `timeframe`:
    # of what is told about an account's followers.
    settings={
        "version": "v26.0",
        "login": "instagram",
        "config_id": "",
        "proof": "",
        "deletes": "facebook",
        "timeframe": "this_month",
    },
    oauth=OAuth2(
        authorize="/oauth/authorize",
        token="/oauth/access_token",  # noqa: S106 - a path
        scopes=(
            "instagram_business_basic",
            "instagram_business_content_publish",
            "instagram_business_manage_comments",
            "instagram_business_manage_insights",
        ),
        pkce=None,
        auth_method="client_secret_post",
        scope_separator=",",
        renews_with="access_token",
        renew_before=timedelta(days=10),
        renew_after=timedelta(hours=24),
        needs={
            "publish": (
                "instagram_business_basic|instagram_basic",
                "instagram_business_content_publish|instagram_content_publish",
            ),
            "reply": (COMMENTS,),
            "read": ("instagram_business_basic|instagram_basic", COMMENTS),
            "measure": (
                "instagram_business_basic|instagram_basic",
                "instagram_business_manage_insights|instagram_manage_insights",
            ),
        },
    ),
    text=Text(2200, required=False, tags=TAGS),
    comment=Text(2200, tags=TAGS),
    media=FEED,
    kinds={
        "reel": Kind(media=replace(FEED, images=0, videos=1, most=1)),
        "story": Kind(text=NO_TEXT, media=STORY),
    },
    kind_of=kind_of,
    options={
        "kind": ("post", "reel", "story"),
        "share_to_feed": FLAGS,
        "thumb_offset": Whole(0, 900_000),  # milliseconds
        "audio_name": None,
        "location_id": None,
        "collaborators": Words(3, length=30),
    },
    quotas=(Quota(100, per=timedelta(hours=24)),),  # as documented last; pages also say 50 and 25, and then Instagram refuses
    limit_headers=LIMITS,
    app_wide=frozenset({"appRateLimited"}),
    measuring=MEASURING,
    settle=Settle(looks=(5.0, 15.0, 45.0)),
    setup=Setup(
        url="https://developers.facebook.com/apps",
        client_id="INSTAGRAM_CLIENT_ID",
        client_secret="INSTAGRAM_CLIENT_SECRET",  # noqa: S106 - a variable's name
        hint="A Meta app with the Instagram product, and the Instagram app id and secret shown there (the Meta app's own only "
        "with OCMA_INSTAGRAM_LOGIN=facebook). Professional accounts only; other people's need App Review.",
    ),
)

# Facebook's login, for the accounts that are linked to a page.
BY_FACEBOOK = replace(
    MANIFEST,
    oauth=replace(
        MANIFEST.oauth,
        authorize="/{version}/dialog/oauth",
        token="/{version}/oauth/access_token",  # noqa: S106 - a path
        scopes=(
            "instagram_basic",
            "instagram_content_publish",
            "instagram_manage_comments",
            "instagram_manage_insights",
            "pages_show_list",
            "pages_read_engagement",
        ),
        refreshes=False,
        renews_with="refresh_token",
    ),
)
