from dataclasses import dataclass

from ocma_sandbox.world import World


@dataclass
class TikTokSettings:
    """What can be set with --set tiktok.NAME=VALUE. Where TikTok's real behaviour is not known, the default is the likely one.

    `client_id` is TikTok's client_key. `redirect_uris`: registered ones, separated by spaces; empty takes any.
    `app_type`: web (https addresses), desktop (loopback addresses, PKCE required) or any. `pkce_encoding` of the
    challenge: hex, base64url or any. `oauth_errors_with_200`: errors of the token endpoint carry the status 200.
    `withheld_scopes`: what every user unticks. `audited`: false makes a client that may only post privately.
    `private_accounts`, `banned_accounts`: handles. `verified_urls`: prefixes that media may be pulled from; empty
    takes any. `pull_over_http`: not only https. `pull_seconds`: for all media of a post. `photos_listed`: photo
    posts are in video/list. `moderation_seconds`: after processing, until a public post has a public id.
    `processing_fails`: the fail_reason that every processing ends with. `posts_per_day`, `shares_per_day`: per
    creator; `user_cap`: creators a day, 0 is no cap. `strict_bodies`: unknown names in a body are refused.
    `rate_factor` multiplies every limit; 0 switches the limits off.
    `audience`: people see what is published, like it and follow (ocma_sandbox.audience).
    """

    client_id: str = "sandbox-tiktok-client"
    client_secret: str = "sandbox-tiktok-secret"  # noqa: S105 - the sandbox's own, opens nothing real
    app_name: str = "OCMA"
    redirect_uris: str = ""
    app_type: str = "any"
    pkce_encoding: str = "hex"
    oauth_errors_with_200: bool = True
    withheld_scopes: str = ""
    code_seconds: int = 600
    access_token_seconds: int = 7200
    refresh_token_seconds: int = 180 * 86400
    audited: bool = True
    private_accounts: str = ""
    banned_accounts: str = ""
    verified_urls: str = ""
    pull_over_http: bool = True
    pull_seconds: float = 20.0
    upload_seconds: int = 3600
    processing_seconds: float = 1.0
    moderation_seconds: float = 0.0
    processing_fails: str = ""
    photos_listed: bool = False
    max_video_seconds: int = 600
    posts_per_day: int = 15
    shares_per_day: int = 5
    user_cap: int = 0
    strict_bodies: bool = True
    rate_factor: float = 1.0
    audience: bool = False


def of(world: World) -> TikTokSettings:
    return world.settings["tiktok"]
