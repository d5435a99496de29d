from dataclasses import dataclass

from ocma_sandbox.world import World


@dataclass
class XSettings:
    """What can be set with --set x.NAME=VALUE. Where X's real behaviour is not known, the default is the likely one.

    `redirect_uris`: registered ones, separated by spaces; empty takes any absolute one. `client_secret` empty makes
    a public client. `naming`: field names when a request names none, post (spec 2.167) or tweet (2.166).
    `rate_factor` multiplies every limit; 0 switches the limits off.
    `audience`: people see what is published, like it and follow (ocma_sandbox.audience).
    """

    client_id: str = "sandbox-x-client"
    client_secret: str = "sandbox-x-secret"  # noqa: S105 - the sandbox's own, opens nothing real
    app_name: str = "OCMA"
    redirect_uris: str = ""
    code_seconds: int = 30
    access_token_seconds: int = 7200
    refresh_token_seconds: int = 180 * 86400
    duplicate_window_seconds: int = 86400
    reply_restriction: bool = True
    quotes_allowed: bool = False
    media_link_in_text: bool = True
    naming: str = "post"
    processing_seconds: float = 1.0
    upload_seconds: int = 1_295_999
    media_seconds: int = 86400
    rate_factor: float = 1.0
    audience: bool = False


def of(world: World) -> XSettings:
    return world.settings["x"]
