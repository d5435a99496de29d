from dataclasses import dataclass

from ocma_sandbox.world import World


@dataclass
class YouTubeSettings:
    """What can be set with --set youtube.NAME=VALUE. Where YouTube's real behaviour is not known, the default is the likely one.

    `redirect_uris`: registered ones, separated by spaces; empty takes any absolute one. `testing`: the consent screen
    is in testing, refresh tokens live 7 days. `withheld_scopes`: what every user unticks. `live_refresh_tokens`: per
    account and client; the oldest beyond that dies silently. `audited`: false locks every upload private.
    `channelless_accounts`, `suspended_accounts`: handles. `processing_seconds`: until an upload is processed.
    `failure_reason`, `rejection_reason`: how the processing of every upload ends. `created_status` of the request
    that completes an upload: 200 or 201. `inserts_per_day`, `searches_per_day`, `stats_per_day`, `units_per_day`: quota of the
    project, until midnight in California; `uploads_per_day`: per channel. `rate_factor` multiplies these; 0 switches
    them off. `strict_bodies`: unknown names in a body are refused.
    `audience`: people see what is published, like it and follow (ocma_sandbox.audience).
    `hidden_subscriber_accounts`: handles whose subscribers are not told. `analytics_lag_hours`: after a day's end, until the
    Analytics API has it.
    """

    client_id: str = "sandbox-youtube-client"
    client_secret: str = "sandbox-youtube-secret"  # noqa: S105 - the sandbox's own, opens nothing real
    app_name: str = "OCMA"
    redirect_uris: str = ""
    code_seconds: int = 600
    access_token_seconds: int = 3599
    refresh_token_seconds: int = 182 * 86400
    testing: bool = False
    live_refresh_tokens: int = 100
    withheld_scopes: str = ""
    audited: bool = True
    channelless_accounts: str = ""
    suspended_accounts: str = ""
    hidden_subscriber_accounts: str = ""
    analytics_lag_hours: float = 72.0
    session_seconds: int = 7 * 86400
    processing_seconds: float = 1.0
    failure_reason: str = ""
    rejection_reason: str = ""
    created_status: int = 200
    longest_seconds: int = 12 * 3600
    inserts_per_day: int = 100
    searches_per_day: int = 100
    units_per_day: int = 10_000
    stats_per_day: int = 10_000
    uploads_per_day: int = 100
    rate_factor: float = 1.0
    strict_bodies: bool = True
    audience: bool = False


def of(world: World) -> YouTubeSettings:
    return world.settings["youtube"]
