from dataclasses import dataclass

from ocma_sandbox.world import World


@dataclass
class BlueskySettings:
    """What can be set with --set bluesky.NAME=VALUE.

    `app_password` opens a session on every account, and so does `password`, the accounts' own one, for which
    `email_auth_factor` asks the code `email_code`. `taken_down` and `deactivated` name accounts, separated by spaces.
    `deny_scopes`: what a user unticks on the consent page. `http_clients`: a client's metadata may also stand at a
    plain HTTP address, as in development. `blob_seconds`: how long a blob waits for a record that refers to it.
    `indexing_seconds`: how far the views (app.bsky.feed.get…) lag behind the repositories. `video_wraps`: uploadVideo
    answers {jobStatus}, as its description says, instead of the bare status that the live service was seen to answer.
    `video_fails`: a failureCode with which every processing ends. `rate_factor` multiplies every limit; 0 switches the
    limits off.
    `audience`: people see what is published, like it and follow (ocma_sandbox.audience).
    """

    handle_domain: str = "bsky.test"
    app_password: str = "abcd-efgh-2345-6789"  # noqa: S105 - the sandbox's own, opens nothing real
    password: str = "sandbox-password"  # noqa: S105 - as above
    email_auth_factor: bool = False
    email_code: str = "12345-67890"
    email_confirmed: bool = True
    taken_down: str = ""
    deactivated: str = ""
    session_access_seconds: int = 120 * 60
    session_refresh_seconds: int = 90 * 86400
    refresh_grace_seconds: int = 2 * 3600
    par_seconds: int = 300
    code_seconds: int = 300
    access_token_seconds: int = 3600
    public_session_seconds: int = 14 * 86400
    confidential_refresh_seconds: int = 90 * 86400
    confidential_session_seconds: int = 730 * 86400
    nonce_seconds: int = 180
    assertion_seconds: int = 60
    client_cache_seconds: int = 600
    http_clients: bool = True
    deny_scopes: str = ""
    blob_limit: int = 52_428_800
    blob_seconds: int = 3600
    indexing_seconds: float = 0.0
    processing_seconds: float = 1.0
    video_did: str = "did:web:video.bsky.app"
    video_limit: int = 300_000_000
    video_blob_limit: int = 300_000_000
    video_daily_count: int = 25
    video_daily_bytes: int = 10_000_000_000
    video_part_bytes: int = 5_242_880
    video_open_uploads: int = 5
    video_upload_seconds: int = 86400
    video_wraps: bool = False
    video_fails: str = ""
    rate_factor: float = 1.0
    audience: bool = False


def of(world: World) -> BlueskySettings:
    return world.settings["bluesky"]
