"""What a file really is, from its bytes: the type and, for images, the size in pixels."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

_JPEG_FRAMES = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})


@dataclass(frozen=True)
class Sniffed:
    mime_type: str
    width: int | None = None
    height: int | None = None

    @property
    def kind(self) -> str:
        """image, video or audio"""
        return self.mime_type.partition("/")[0]


def sniff(content: bytes) -> Sniffed | None:
    """None when it is nothing that we know, or is cut off or broken where its size should stand."""
    for magic, offset, read in _READERS:
        if content[offset : offset + len(magic)] == magic:
            try:
                return read(content)
            except (struct.error, IndexError):
                return None
    return None


def _png(content: bytes) -> Sniffed | None:
    if content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", content, 16)
    return Sniffed("image/png", width, height) if width and height else None


def _gif(content: bytes) -> Sniffed | None:
    if content[3:6] not in {b"87a", b"89a"}:
        return None
    width, height = struct.unpack_from("<HH", content, 6)
    return Sniffed("image/gif", width, height)


def _jpeg(content: bytes) -> Sniffed | None:
    position = 2
    while content[position] == 0xFF:
        marker = content[position + 1]
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", content, position + 5)
            return Sniffed("image/jpeg", width, height)
        if marker == 0xFF:  # padding before a marker
            position += 1
            continue
        (length,) = struct.unpack_from(">H", content, position + 2)
        position += 2 + length
    return None


def _riff(content: bytes) -> Sniffed | None:
    form, chunk = content[8:12], content[12:16]
    if form == b"WAVE":
        return Sniffed("audio/wav")
    if form != b"WEBP":
        return None
    if chunk == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        width, height = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
    return Sniffed("image/webp", width, height)


def _iso(content: bytes) -> Sniffed | None:
    brand = content[8:12]
    if brand in {b"avif", b"avis"}:
        return Sniffed("image/avif")
    if brand in {b"heic", b"heix", b"mif1", b"msf1"}:
        return Sniffed("image/heic")
    if brand.startswith(b"M4A"):
        return Sniffed("audio/mp4")
    return Sniffed("video/quicktime" if brand == b"qt  " else "video/mp4")


def _known(mime_type: str) -> Callable[[bytes], Sniffed]:
    return lambda _content: Sniffed(mime_type)


_READERS: tuple[tuple[bytes, int, Callable[[bytes], Sniffed | None]], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, _png),
    (b"GIF8", 0, _gif),
    (b"\xff\xd8\xff", 0, _jpeg),
    (b"RIFF", 0, _riff),
    (b"ftyp", 4, _iso),
    (b"\x1a\x45\xdf\xa3", 0, _known("video/webm")),
    (b"OggS", 0, _known("audio/ogg")),
    (b"ID3", 0, _known("audio/mpeg")),
    (b"fLaC", 0, _known("audio/flac")),
)
