"""LinkedIn: what needs no code. Facts as of September 2026; LinkedIn publishes no machine-readable description of its API."""

from datetime import timedelta

from ocma.platforms.linkedin.littletext import shown_length
from ocma.platforms.linkedin.measures import MEASURING
from ocma.platforms.manifest import Manifest, OAuth2, Quota, Settle, Setup
from ocma.platforms.rules import MEGABYTE, Frame, LinkRules, MediaRules, PollRules, Text, VideoRules

OFFICE = "application/vnd.openxmlformats-officedocument"
DAY = 86_400
DURATIONS = {DAY: "ONE_DAY", 3 * DAY: "THREE_DAYS", 7 * DAY: "ONE_WEEK", 14 * DAY: "TWO_WEEKS"}
SELF_SERVE = ("openid", "profile", "email", "w_member_social")

MANIFEST = Manifest(
    key="linkedin",
    name="LinkedIn",
    api_url="https://api.linkedin.com",
    auth_url="https://www.linkedin.com",
    urls={"upload": "https://www.linkedin.com"},  # where files go with the token; to any other address they go without
    # LinkedIn keeps a version for a year (202609 until September 2027). One scope that the app has not been granted fails every
    # authorization, so the default is what every app may have.
    # `ugc_entity`: what a member's figures call a urn:li:ugcPost; LinkedIn's pages say `ugc`, some say `ugcPost`.
    settings={"version": "202609", "scopes": " ".join(SELF_SERVE), "ugc_entity": "ugc"},
    oauth=OAuth2(
        authorize="/oauth/v2/authorization",
        token="/oauth/v2/accessToken",  # noqa: S106 - a path
        revoke="/oauth/v2/revoke",
        scopes=SELF_SERVE,
        pkce=None,
        auth_method="client_secret_post",
        renew_before=timedelta(days=7),
        needs={
            "publish": ("w_member_social|w_organization_social",),
            "read": ("r_organization_social|r_member_social",),
            "measure": ("rw_organization_admin|r_organization_admin|r_member_postAnalytics",),
        },
    ),
    text=Text(3000, shown_length),
    comment=Text(1250, shown_length),
    media=MediaRules(
        images=20,
        image_types=("image/jpeg", "image/png", "image/gif"),
        image_bytes=5 * MEGABYTE,
        image_frame=Frame(pixels=(None, 36_152_319)),
        gifs=1,
        gif_bytes=5 * MEGABYTE,
        videos=1,
        video=VideoRules(bytes=500 * MEGABYTE, seconds=(3, 1800), frame=Frame(ratio=(1 / 2.4, 2.4))),
        documents=1,
        document_types=(
            "application/pdf",
            "application/msword",
            "application/vnd.ms-powerpoint",
            f"{OFFICE}.wordprocessingml.document",
            f"{OFFICE}.presentationml.presentation",
        ),
        document_bytes=100 * MEGABYTE,
        alt_text=4086,
    ),
    poll=PollRules(options=(2, 4), option_length=30, durations=tuple(DURATIONS), question=140),
    link=LinkRules(title=400, title_required=True, description=4086),
    options={
        "visibility": ("PUBLIC", "CONNECTIONS", "LOGGED_IN"),
        "reshare_disabled": (True, False),
        "title": Text(400),  # of a document or a video
    },
    quotas=(Quota(150, per=timedelta(days=1)),),
    app_wide=frozenset({"appRateLimited", "versionRetired"}),
    settle=Settle(looks=(5.0, 20.0, 60.0)),
    measuring=MEASURING,
    setup=Setup(
        url="https://www.linkedin.com/developers/apps",
        client_id="LINKEDIN_CLIENT_ID",
        client_secret="LINKEDIN_CLIENT_SECRET",  # noqa: S106 - a variable's name
        hint="Products: Sign In with LinkedIn using OpenID Connect, Share on LinkedIn. Pages need the Community Management API, "
        "which LinkedIn reviews; then name its scopes in OCMA_LINKEDIN_SCOPES.",
    ),
)
