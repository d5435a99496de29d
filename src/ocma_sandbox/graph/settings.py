from dataclasses import dataclass


@dataclass
class GraphSettings:
    """What can be set for each of Meta's platforms with --set PLATFORM.NAME=VALUE.

    `redirect_uris`: registered ones, separated by spaces; empty takes any absolute one. `deny_scopes`: what a user
    unticks, separated by commas; the authorize address takes the same as a parameter. `https_only` refuses media
    addresses that are not https, as the real platforms do. `videos_must_parse` refuses a video without a movie header.
    `read_lag_seconds`: how long a new post is not seen in reads. `refuse_publish`: `code` or `code/subcode` with which
    every publishing call is refused. `rate_factor` multiplies every call limit; 0 switches the limits off. `audience`: posts
    are seen. `insights_lag_hours`: how late insights are. `least_followers`: with fewer, insights keep something back.
    """

    client_id: str = ""
    client_secret: str = ""
    app_name: str = "OCMA"
    redirect_uris: str = ""
    code_seconds: int = 600
    short_token_seconds: int = 3600
    long_token_seconds: int = 5_184_000
    deny_scopes: str = ""
    require_appsecret_proof: bool = False
    https_only: bool = False
    fetch_seconds: float = 10.0
    processing_seconds: float = 1.0
    videos_must_parse: bool = False
    read_lag_seconds: float = 0.0
    refuse_publish: str = ""
    newest_version: float = 26.0
    rate_factor: float = 1.0
    audience: bool = False
    insights_lag_hours: float = 0.0
    least_followers: int = 100
