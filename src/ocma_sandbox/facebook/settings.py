from dataclasses import dataclass

from ocma_sandbox.graph.settings import GraphSettings
from ocma_sandbox.world import World


@dataclass
class FacebookSettings(GraphSettings):
    """What can be set with --set facebook.NAME=VALUE, beside what all of Meta's platforms have.

    `pages_per_login`: pages that a user sees in the list of theirs; `business_pages`: more that only a business portfolio
    lists. `page_tasks`: what the user may do with a page. `config_scopes`: what a `config_id` in place of a scope asks
    for. `max_photo_bytes` is the size above which a photo is refused (1366046).
    """

    client_id: str = "sandbox-facebook-client"
    client_secret: str = "sandbox-facebook-secret"  # noqa: S105 - the sandbox's own, opens nothing real
    pages_per_login: int = 2
    business_pages: int = 0
    page_tasks: str = "ADVERTISE,ANALYZE,CREATE_CONTENT,MESSAGING,MODERATE,MANAGE"
    config_scopes: str = "pages_show_list,pages_manage_posts,pages_read_engagement"
    expires_in_missing: bool = False
    duplicates_refused: bool = True
    max_message: int = 63_206
    max_comment: int = 8_000
    max_photos: int = 10
    max_photo_bytes: int = 4 * 1024 * 1024
    max_video_bytes: int = 10 * 1024**3
    max_video_url_bytes: int = 1024**3
    chunk_bytes: int = 1024 * 1024
    reels_per_day: int = 30
    reel_min_seconds: float = 3.0
    reel_max_seconds: float = 90.0
    story_max_seconds: float = 60.0
    page_calls: int = 4_800
    app_calls: int = 200


def of(world: World) -> FacebookSettings:
    return world.settings["facebook"]
