"""What a file turned out to be, when somebody looked inside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ocma.features.media.sniff import Kind


@dataclass(frozen=True, slots=True)
class Facts:
    """`width` and `height` in pixels as it is shown, 0 for a document; `rotation` (clockwise: 0, 90, 180 or 270) is in them.
    `mirrored`: the file says that it is to be shown the other way round.

    `duration` in seconds, `frame_rate` in frames a second, codecs by their common names (`h264`, `hevc`, `vp9`, `aac`, `opus`);
    None: not known, or there is none. `private`: it says more than it shows (where and with what it was taken). `plain`: its
    colours are sRGB (or 4:2:0 with 8 bits for a video), which everybody can show. `header_last`: an MP4 that cannot be played
    before its end is there.
    """

    kind: Kind
    mime_type: str
    size: int
    width: int
    height: int
    rotation: int = 0
    mirrored: bool = False
    animated: bool = False
    alpha: bool = False
    private: bool = False
    plain: bool = True
    duration: float | None = None
    frame_rate: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    header_last: bool = False

    @property
    def aspect(self) -> float:
        return self.width / self.height


def read_facts(found: Mapping[str, Any]) -> Facts:
    return Facts(**{name: found[name] for name in Facts.__dataclass_fields__ if name in found})
