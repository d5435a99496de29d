"""YouTube (Data API v3): what needs no code. Facts as of November 2026 (discovery revision 20261104)."""

from datetime import timedelta

from ocma.platforms.manifest import Manifest, OAuth2, Quota, Settle, Setup
from ocma.platforms.rules import MediaRules, Text, VideoRules, Words
from ocma.platforms.youtube.measures import MEASURING

SCOPE = "https://www.googleapis.com/auth/"
UPLOAD, WRITE, READ = f"{SCOPE}youtube.upload", f"{SCOPE}youtube.force-ssl", f"{SCOPE}youtube.readonly"
ANALYTICS = f"{SCOPE}yt-analytics.readonly"
REPORTERS = (ANALYTICS, f"{SCOPE}yt-analytics-monetary.readonly")
FLAGS = (True, False)
TAGS = 500  # characters, all together

MANIFEST = Manifest(
    key="youtube",
    name="YouTube",
    api_url="https://www.googleapis.com",
    auth_url="https://accounts.google.com",
    urls={"oauth": "https://oauth2.googleapis.com", "analytics": "https://youtubeanalytics.googleapis.com"},
    # How totals of videos are asked for: `batchGetStats` has a quota of its own, `videos` (1 unit) that of everything else.
    settings={"stats": "batchGetStats"},
    oauth=OAuth2(
        authorize="/o/oauth2/v2/auth",
        token="/token",  # noqa: S106 - a path
        revoke="/revoke",
        # Google wants `readonly` beside the scope for reports; it adds nothing to what `force-ssl` allows.
        scopes=(UPLOAD, WRITE, READ, ANALYTICS),
        auth_method="client_secret_post",
        authorize_extra={"access_type": "offline", "prompt": "consent"},  # without both there may be no refresh token
        # An upload alone would do with `upload`; to make the video public, and to comment, takes `force-ssl`, which includes it.
        needs={"publish": (WRITE,), "read": (f"{WRITE}|{READ}",), "measure": ("|".join(REPORTERS),)},
    ),
    text=Text(5000, bytes=5000, forbidden="<>", required=False),
    comment=Text(10_000),
    media=MediaRules(
        required=True,
        videos=1,
        video=VideoRules(
            types=(
                "video/mp4",
                "video/quicktime",
                "video/webm",
                "video/mpeg",
                "video/x-msvideo",
                "video/x-matroska",
                "video/x-ms-wmv",
                "video/x-flv",
                "video/3gpp",
            ),
            bytes=274_877_906_944,
            seconds=(None, 12 * 3600),  # 15 minutes for channels that are not verified; the API does not tell which are
        ),
        alt_text=0,
    ),
    options={
        "title": Text(100, forbidden="<>"),
        "privacyStatus": ("public", "unlisted", "private"),
        "tags": Words(most=250, length=TAGS, total=TAGS),
        "categoryId": Text(4),
        "defaultLanguage": Text(20),
        "selfDeclaredMadeForKids": FLAGS,
        "containsSyntheticMedia": FLAGS,
        "license": ("youtube", "creativeCommon"),
        "embeddable": FLAGS,
        "publicStatsViewable": FLAGS,
        "notifySubscribers": FLAGS,
    },
    required=("title",),
    quotas=(Quota(100, per=timedelta(hours=24), of="app"),),  # uploads; what else a post takes is some 50 of 10,000 units
    app_wide=frozenset({"quotaExceeded"}),
    settle=Settle(looks=(3.0, 10.0, 30.0)),
    measuring=MEASURING,
    setup=Setup(
        url="https://console.cloud.google.com/apis/credentials",
        client_id="YOUTUBE_CLIENT_ID",
        client_secret="YOUTUBE_CLIENT_SECRET",  # noqa: S106 - a variable's name
        hint="An OAuth client of type web application. Videos stay private until Google has audited the project.",
    ),
)
