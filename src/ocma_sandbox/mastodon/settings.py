from dataclasses import dataclass

from ocma_sandbox.world import World


@dataclass
class MastodonSettings:
    """What can be set with --set mastodon.NAME=VALUE; the limits are those that the instance tells its clients.

    `media_async`: which uploads are answered with 202 and processed for `processing_seconds`: video, always or never.
    `processing_fails` makes every processing end badly. `rate_factor` multiplies every limit; 0 switches them off.
    A stream says that it lives every `heartbeat_seconds` (0: never); who lets more than `stream_backlog` events wait is cut.
    `audience`: people see what is published, like it and follow (ocma_sandbox.audience).
    """

    title: str = "OCMA sandbox"
    version: str = "4.6.1"
    api_version: int = 11
    max_characters: int = 500
    max_media_attachments: int = 4
    characters_reserved_per_url: int = 23
    description_limit: int = 1500
    image_size_limit: int = 16_777_216
    image_matrix_limit: int = 33_177_600
    video_size_limit: int = 103_809_024
    video_matrix_limit: int = 8_294_400
    video_frame_rate_limit: int = 120
    max_poll_options: int = 4
    max_characters_per_option: int = 50
    min_poll_expiration: int = 300
    max_poll_expiration: int = 2_629_746
    media_async: str = "video"
    processing_seconds: float = 1.0
    processing_fails: bool = False
    code_seconds: int = 600
    idempotency_seconds: int = 3600
    schedule_offset_seconds: int = 300
    rate_factor: float = 1.0
    heartbeat_seconds: float = 15.0
    stream_backlog: int = 1000
    audience: bool = False


def of(world: World) -> MastodonSettings:
    return world.settings["mastodon"]
