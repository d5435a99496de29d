"""Facebook Pages: what needs no code. Facts as of November 2026 (Graph API v26.0)."""

from dataclasses import replace

from ocma.platforms.facebook.measures import MEASURING
from ocma.platforms.manifest import Manifest, OAuth2, Settle, Setup
from ocma.platforms.meta.usage import LIMITS
from ocma.platforms.rules import MEGABYTE, Frame, Kind, LinkRules, MediaRules, Text, VideoRules

VIDEO = VideoRules(types=("video/mp4", "video/quicktime"), bytes=10_240 * MEGABYTE, seconds=(1, 4 * 3600))
UPRIGHT = Frame(width=(540, None), height=(960, None), ratio=(0.55, 0.575))  # 9:16, with room for odd pixels
SHORT = replace(VIDEO, bytes=1024 * MEGABYTE, frame=UPRIGHT, frame_rate=(24, 60))
PICTURES = MediaRules(
    images=10,
    image_types=("image/jpeg", "image/png"),
    image_bytes=4 * MEGABYTE,  # beyond, some are refused
    videos=1,
    video=VIDEO,
    alt_text=1000,
)

MANIFEST = Manifest(
    key="facebook",
    name="Facebook",
    aliases=("facebook_page", "fb"),
    api_url="https://graph.facebook.com",
    auth_url="https://www.facebook.com",
    urls={"upload": "https://rupload.facebook.com"},
    settings={"version": "v26.0", "config_id": ""},
    oauth=OAuth2(
        authorize="/{version}/dialog/oauth",
        token="/{version}/oauth/access_token",  # noqa: S106 - a path
        scopes=(
            "pages_show_list",
            "pages_manage_posts",
            "pages_read_engagement",
            "pages_manage_engagement",
            "pages_read_user_content",
            "read_insights",
        ),
        pkce=None,
        auth_method="client_secret_post",
        scope_separator=",",
        refreshes=False,
        needs={
            "publish": ("pages_show_list", "pages_manage_posts", "pages_read_engagement"),
            "read": ("pages_read_engagement", "pages_read_user_content"),
            "measure": ("read_insights", "pages_read_engagement", "pages_read_user_content"),
        },
    ),
    text=Text(63_206),
    comment=Text(8000),
    media=PICTURES,
    link=LinkRules(),
    kinds={
        "reel": Kind(media=MediaRules(videos=1, video=replace(SHORT, seconds=(3, 90)), required=True, least=1)),
        "story": Kind(
            text=Text(0, required=False),
            media=replace(PICTURES, images=1, video=replace(SHORT, seconds=(1, 60)), required=True, least=1, most=1),
        ),
    },
    options={"kind": ("post", "reel", "story")},
    limit_headers=LIMITS,
    app_wide=frozenset({"appRateLimited"}),
    measuring=MEASURING,
    settle=Settle(looks=(5.0, 15.0, 45.0)),  # reads may lag behind writes
    setup=Setup(
        url="https://developers.facebook.com/apps",
        client_id="FACEBOOK_APP_ID",
        client_secret="FACEBOOK_APP_SECRET",  # noqa: S106 - a variable's name
        hint="An app of type Business with Facebook Login. For other people's pages: App Review and business verification.",
    ),
)
