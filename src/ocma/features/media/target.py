"""What a place takes, and what would become of a file that is made to fit there. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ocma.features.media.facts import Facts

EDITION = 1  # of the way renditions are made; another one makes all of them anew
STILLS = ("image/jpeg", "image/png", "image/webp")


@dataclass(frozen=True, slots=True)
class Target:
    """Bounds are inclusive; None and () mean anything. Pixels, bytes, frames a second, bits a second.

    What is never mended has no place here: too few pixels, the wrong shape, the wrong length. Enlarged, cropped or cut, a file
    would show something else than its author chose; checks refuse it instead.
    """

    types: tuple[str, ...] = ()
    bytes: int | None = None
    max_width: int | None = None
    max_height: int | None = None
    max_pixels: int | None = None
    min_frame_rate: float | None = None
    max_frame_rate: float | None = None
    video_codecs: tuple[str, ...] = ()
    audio_codecs: tuple[str, ...] = ()
    max_bit_rate: int | None = None
    header_first: bool = False
    keeps_private: bool = False

    @property
    def hash(self) -> str:
        """The same for the same wishes; a rendition is stored under it."""
        wanted = json.dumps([EDITION, asdict(self)], sort_keys=True)
        return hashlib.sha256(wanted.encode()).hexdigest()


def shortfalls(facts: Facts, target: Target) -> list[str]:
    """What has to change: type, bytes, dimensions, frameRate, codec, bitRate, header, orientation, colour, private."""
    return list(_shortfalls(facts, target))


def _shortfalls(facts: Facts, target: Target) -> Iterator[str]:
    if target.types and facts.mime_type not in target.types:
        yield "type"
    if target.bytes is not None and facts.size > target.bytes:
        yield "bytes"
    if facts.width and fit(facts, target) != (facts.width, facts.height):
        yield "dimensions"
    if facts.kind == "video":
        yield from _of_video(facts, target)
    elif facts.kind == "image" and not facts.animated:
        yield from _of_image(facts, target)


def _of_video(facts: Facts, target: Target) -> Iterator[str]:
    rate = facts.frame_rate
    if rate is not None and not within(rate, target.min_frame_rate, target.max_frame_rate, slack=0.01):
        yield "frameRate"
    picture_fits = not target.video_codecs or facts.video_codec in target.video_codecs
    sound_fits = not target.audio_codecs or facts.audio_codec in (None, *target.audio_codecs)
    if not (picture_fits and sound_fits):
        yield "codec"
    if target.video_codecs and not facts.plain:
        yield "colour"
    if _bit_rate(facts) > (target.max_bit_rate or float("inf")):
        yield "bitRate"
    if target.header_first and facts.header_last:
        yield "header"


def _of_image(facts: Facts, target: Target) -> Iterator[str]:
    if facts.rotation or facts.mirrored:
        yield "orientation"
    if not facts.plain:
        yield "colour"
    if facts.private and not target.keeps_private:
        yield "private"


def _bit_rate(facts: Facts) -> float:
    return facts.size * 8 / facts.duration if facts.duration else 0.0


def fit(facts: Facts, target: Target) -> tuple[int, int]:
    """Width and height within the bounds, in the same shape, never larger than it is."""
    scale = min(
        1.0,
        (target.max_width or facts.width) / facts.width,
        (target.max_height or facts.height) / facts.height,
        ((target.max_pixels or facts.width * facts.height) / (facts.width * facts.height)) ** 0.5,
    )
    return scaled(facts.width, facts.height, scale) if scale < 1 else (facts.width, facts.height)


def scaled(width: int, height: int, scale: float) -> tuple[int, int]:
    return max(1, int(width * scale + 1e-6)), max(1, int(height * scale + 1e-6))


def predict(facts: Facts, target: Target) -> Facts:
    """What the rendition will be, before it is made: the checks of a post look at this. `size` is its upper bound."""
    if not shortfalls(facts, target) or not can_change(facts, target):
        return facts
    width, height = fit(facts, target)
    size = min(facts.size, target.bytes) if target.bytes is not None else facts.size
    same = replace(facts, mime_type=output_type(facts, target), width=width, height=height, size=size, rotation=0, mirrored=False)
    if same.mime_type != "video/mp4":
        return replace(same, private=False, plain=True)
    return replace(
        same,
        kind="video",
        animated=False,
        frame_rate=output_rate(facts, target),
        width=width // 2 * 2 or 2,
        height=height // 2 * 2 or 2,
        header_last=False,
    )


def can_change(facts: Facts, target: Target) -> bool:
    """Pictures that move are not made anew frame by frame: they become a video where one is taken, or stay as they are."""
    return bool(output_type(facts, target))


def output_type(facts: Facts, target: Target) -> str:
    """The type a rendition has. Empty: there is none that both sides know."""
    if facts.kind == "document":
        return ""
    if facts.kind != "image":
        return "video/mp4" if not target.types or "video/mp4" in target.types else ""
    if facts.animated:  # WebP and PNG
        return ""
    known = [each for each in STILLS if each in (target.types or STILLS)]
    if facts.mime_type in known:
        return facts.mime_type
    with_alpha = [each for each in known if each != "image/jpeg"]
    return (with_alpha if facts.alpha and with_alpha else [*known, ""])[0]


def output_rate(facts: Facts, target: Target) -> float | None:
    """None: it stays as it is."""
    rate = facts.frame_rate
    if rate is None or within(rate, target.min_frame_rate, target.max_frame_rate, slack=0.01):
        return rate
    return target.max_frame_rate if target.max_frame_rate and rate > target.max_frame_rate else target.min_frame_rate


def within(value: float, least: float | None, most: float | None, slack: float = 0.0) -> bool:
    return value >= (least or 0.0) - slack and value <= (most if most is not None else float("inf")) + slack


def read_target(found: Mapping[str, Any]) -> Target:
    """From JSON, where tuples are lists."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    return Target(**values)
