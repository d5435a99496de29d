from dataclasses import dataclass

from ocma_sandbox.graph.settings import GraphSettings
from ocma_sandbox.world import World


@dataclass
class ThreadsSettings(GraphSettings):
    """What can be set with --set threads.NAME=VALUE, beside what all of Meta's platforms have.

    `numeric_user_id`: the token answer has the user's id as a JSON number, above what a double can hold. `text_counting`:
    which characters weigh as many as they have UTF-8 bytes: emoji, or all (bytes), or none (points). `container_error`: the
    word with which every container made while it is set fails. `quota_error` and `republish_error`: codes that are not
    known for the real platform.
    """

    client_id: str = "sandbox-threads-client"
    client_secret: str = "sandbox-threads-secret"  # noqa: S105 - the sandbox's own, opens nothing real
    newest_version: float = 1.0
    numeric_user_id: bool = True
    text_counting: str = "emoji"
    max_text: int = 500
    max_links: int = 5
    max_alt_text: int = 1_000
    max_children: int = 20
    max_attachment_text: int = 10_000
    max_image_bytes: int = 8 * 1024 * 1024
    max_video_bytes: int = 1024**3
    max_image_ratio: float = 10.0
    video_max_seconds: float = 300.0
    container_seconds: int = 86_400
    container_error: str = ""
    republish_error: str = "24/4279009"
    quota_error: str = "613"
    post_limit: int = 250
    reply_limit: int = 1_000
    delete_limit: int = 100
    calls_per_impression: int = 4_800


def of(world: World) -> ThreadsSettings:
    return world.settings["threads"]
