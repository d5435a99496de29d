"""What a file is, by how it begins: never by its name, nor by what the sender calls it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "gif", "video", "document"]

NEEDED = 64  # bytes from the start of a file
_IMAGE_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
_AUDIO_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P "})
_ATOMS = frozenset({b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})  # QuickTime from before `ftyp`


@dataclass(frozen=True, slots=True)
class Format:
    """`kind` as far as the first bytes tell: whether a GIF moves is seen later. `demuxer` is what reads a video."""

    kind: Kind
    mime_type: str
    demuxer: str = ""


JPEG, PNG = Format("image", "image/jpeg"), Format("image", "image/png")
GIF, WEBP = Format("gif", "image/gif"), Format("image", "image/webp")
MP4, MOV = Format("video", "video/mp4", "mov"), Format("video", "video/quicktime", "mov")
WEBM, MKV = Format("video", "video/webm", "matroska"), Format("video", "video/x-matroska", "matroska")
PDF = Format("document", "application/pdf")
_STARTS = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"GIF87a", GIF), (b"GIF89a", GIF), (b"%PDF-", PDF))


def sniff(head: bytes) -> Format | None:
    """None: nothing OCMA knows."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(b"\x1aE\xdf\xa3"):
        return WEBM if b"webm" in head[:NEEDED] else MKV
    return _box(head[4:8], head[8:12])


def _box(atom: bytes, brand: bytes) -> Format | None:
    if atom == b"ftyp":
        return None if brand in _IMAGE_BRANDS | _AUDIO_BRANDS else MOV if brand == b"qt  " else MP4
    return MOV if atom in _ATOMS else None
