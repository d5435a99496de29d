"""What a platform's manifest asks of a file, as the target of a rendition."""

from typing import Any

from ocma.features.media.facts import Facts
from ocma.features.media.target import Target
from ocma.platforms.rules import Frame, MediaRules, Range

GIF = "image/gif"


def target_of(rules: MediaRules, facts: Facts) -> Target:
    """For a file of this kind. A GIF becomes a video where none, or none so large, is taken."""
    if facts.kind == "document":
        return Target(types=rules.document_types, bytes=rules.document_bytes)
    if facts.kind == "image":
        return Target(types=rules.image_types, bytes=rules.image_bytes, **_frame(rules.image_frame))
    if facts.kind == "gif" and rules.gifs and facts.size <= rules.gif_bytes:
        return Target(types=(GIF,))
    return _video(rules) if rules.videos else Target(types=(GIF,))


def _video(rules: MediaRules) -> Target:
    video = rules.video
    least, most = video.frame_rate
    return Target(
        types=video.types,
        bytes=video.bytes,
        min_frame_rate=least,
        max_frame_rate=most,
        video_codecs=video.video_codecs,
        audio_codecs=video.audio_codecs,
        header_first=video.header_first,
        **_frame(video.frame),
    )


def _frame(frame: Frame) -> dict[str, Any]:
    """Only the upper bounds: nothing is enlarged, and nothing is cut to another shape."""
    return {"max_width": _most(frame.width), "max_height": _most(frame.height), "max_pixels": _most(frame.pixels)}


def _most(bounds: Range) -> int | None:
    return int(bounds[1]) if bounds[1] is not None else None
