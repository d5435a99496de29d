"""Films of a few bytes: all the headers that say how long, how large and how fast, and no picture."""

import struct


def box(name: bytes, *content: bytes) -> bytes:
    whole = b"".join(content)
    return struct.pack(">I4s", 8 + len(whole), name) + whole


def _header(name: bytes, seconds: float, length: int) -> bytes:
    """A movie's or a medium's: flags, two times, the time scale, the duration, and what nobody reads here."""
    return box(name, struct.pack(">5I", 0, 0, 0, 1000, int(seconds * 1000)).ljust(length, b"\0"))


def movie(
    seconds: float = 2, size: tuple[int, int] = (720, 1280), rate: float = 30, *, total: int = 0, brand: bytes = b"isom"
) -> bytes:
    """An MP4 (with the brand `qt  `, a QuickTime film) of `total` bytes, or as few as it takes."""
    track = box(
        b"trak",
        box(b"tkhd", bytes(76) + struct.pack(">II", *(side << 16 for side in size))),
        box(
            b"mdia",
            _header(b"mdhd", seconds, 24),
            box(b"hdlr", bytes(8) + b"vide" + bytes(13)),
            box(b"minf", box(b"stbl", box(b"stsz", struct.pack(">III", 0, 0, int(seconds * rate))))),
        ),
    )
    head = box(b"ftyp", brand, bytes(4), brand) + box(b"moov", _header(b"mvhd", seconds, 100), track)
    return head + box(b"mdat", bytes(max(0, total - len(head) - 8)))
