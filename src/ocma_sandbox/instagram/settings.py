from dataclasses import dataclass

from ocma_sandbox.graph.settings import GraphSettings
from ocma_sandbox.world import World


@dataclass
class InstagramSettings(GraphSettings):
    """What can be set with --set instagram.NAME=VALUE, beside what all of Meta's platforms have.

    `client_id` is the app of Instagram Login, `facebook_client_id` that of Facebook Login. `wrap_token_answer` puts the
    short token into `data[]`. `publish_limit` and `container_limit` are per account and 24 hours. `container_error`: the
    subcode with which every container made while it is set fails. `republish_error`: how a container that is published
    already is refused; the real code is not known. `deletes` is whether Facebook Login may delete media.
    `hidden_like_accounts`: handles of those who hide how many like their media.
    """

    client_id: str = "sandbox-instagram-client"
    client_secret: str = "sandbox-instagram-secret"  # noqa: S105 - the sandbox's own, opens nothing real
    facebook_client_id: str = "sandbox-instagram-facebook-client"
    facebook_client_secret: str = "sandbox-instagram-facebook-secret"  # noqa: S105 - as above
    wrap_token_answer: bool = False
    pages_per_login: int = 2
    business_pages: int = 0
    page_tasks: str = "ADVERTISE,ANALYZE,CREATE_CONTENT,MESSAGING,MODERATE,MANAGE"
    publish_limit: int = 100
    container_limit: int = 400
    container_seconds: int = 86_400
    container_error: str = ""
    republish_error: str = "9007/2207027"
    deletes: bool = True
    hidden_like_accounts: str = ""
    max_caption: int = 2_200
    max_mentions: int = 20
    max_hashtags: int = 30
    max_alt_text: int = 1_000
    max_collaborators: int = 3
    max_children: int = 10
    max_image_bytes: int = 8 * 1024 * 1024
    max_reel_bytes: int = 1024**3
    max_story_bytes: int = 100 * 1024 * 1024
    min_image_ratio: float = 0.8
    max_image_ratio: float = 1.91
    reel_min_seconds: float = 3.0
    reel_max_seconds: float = 900.0
    story_max_seconds: float = 60.0
    calls_per_day: int = 4_800


def of(world: World) -> InstagramSettings:
    return world.settings["instagram"]
