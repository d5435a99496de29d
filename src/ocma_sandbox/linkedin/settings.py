from dataclasses import dataclass

from ocma_sandbox.world import World

_APPROVED = (
    "openid profile email w_member_social w_organization_social r_organization_social rw_organization_admin "
    "r_organization_admin r_member_postAnalytics r_member_profileAnalytics w_member_social_feed "
    "w_organization_social_feed r_organization_social_feed"
)


@dataclass
class LinkedInSettings:
    """What can be set with --set linkedin.NAME=VALUE. Where LinkedIn's behaviour is not known, the default is the likely one.

    `approved_scopes`: what the app may ask for; one other scope fails the whole authorization. `withheld_scopes` are
    approved but do not come with the token. `scope_change_revokes`: consent to other scopes than before ends the
    member's earlier tokens. `scope_separator` is that of the token's answer. `organizations`: pages of each member,
    called NAME_page_1 and so on, where the member has `organization_role` (empty: none any more).
    `extra_versions` and `retired_versions` correct the list of API versions, separated by spaces.
    `early_posts_vanish`: a post whose media are still being processed is accepted, and gone when the processing ends.
    `omit_post_id` answers 201 without x-restli-id. `conflicts`: so many publishes are answered with 409 first.
    `listing_lag_seconds`: how long a post is live before the author's list shows it.
    `rate_factor` multiplies every daily limit; 0 switches them off.
    `audience`: people see what is published, like it and follow (ocma_sandbox.audience). `statistics_lag_hours`: how late
    statistics of pages and analytics of members are.
    """

    client_id: str = "sandbox-linkedin-client"
    client_secret: str = "sandbox-linkedin-secret"  # noqa: S105 - the sandbox's own, opens nothing real
    app_name: str = "OCMA"
    redirect_uris: str = ""
    approved_scopes: str = _APPROVED
    withheld_scopes: str = ""
    scope_change_revokes: bool = True
    scope_separator: str = ","
    pkce_refused: bool = False
    refresh_tokens: bool = True
    rotate_refresh_tokens: bool = False
    code_seconds: int = 1800
    access_token_seconds: int = 60 * 86400
    refresh_token_seconds: int = 365 * 86400
    organizations: int = 2
    organization_role: str = "ADMINISTRATOR"
    extra_versions: str = ""
    retired_versions: str = ""
    protocol_header_required: bool = True
    commentary_limit: int = 3000
    comment_limit: int = 1250
    alt_text_limit: int = 4086
    poll_question_limit: int = 140
    poll_option_limit: int = 30
    truncate_unescaped: bool = True
    duplicate_window_seconds: int = 600
    duplicates_of_deleted: bool = False
    omit_post_id: bool = False
    conflicts: int = 0
    listing_lag_seconds: float = 0.0
    processing_seconds: float = 1.0
    processing_fails: bool = False
    early_posts_vanish: bool = True
    upload_seconds: int = 86400
    image_upload_needs_token: bool = True
    image_pixels: int = 36_152_320
    video_min_bytes: int = 75 * 1024
    video_max_bytes: int = 500 * 1024 * 1024
    document_max_bytes: int = 100 * 1024 * 1024
    part_bytes: int = 4 * 1024 * 1024
    member_posts_per_day: int = 150
    app_calls_per_day: int = 100_000
    rate_factor: float = 1.0
    audience: bool = False
    statistics_lag_hours: float = 0.0


def of(world: World) -> LinkedInSettings:
    return world.settings["linkedin"]
