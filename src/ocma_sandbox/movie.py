"""How long, how large and how fast a film is, from the headers of an MP4 or QuickTime file."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MOST = 16 * 1024 * 1024
_FOLDERS = frozenset({b"trak", b"mdia", b"minf", b"stbl"})


@dataclass(frozen=True)
class Movie:
    """What could not be read is None: a file may keep its facts elsewhere, or be another kind of film."""

    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None

    @property
    def is_upright(self) -> bool:
        return bool(self.width and self.height and self.height >= self.width)


def read(path: Path) -> Movie:
    with path.open("rb") as file:
        return read_from(file)


def read_from(file: BinaryIO) -> Movie:
    try:
        header = _header(file)
        return _movie(header) if header else Movie()
    except (struct.error, IndexError):
        return Movie()


def _header(file: BinaryIO) -> bytes | None:
    """The contents of the moov box, wherever in the file it stands."""
    while len(start := file.read(8)) == 8:
        size, name = struct.unpack(">I4s", start)
        skipped = 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            skipped = 16
        if size < skipped:
            return None
        if name == b"moov":
            return file.read(min(size - skipped, MOST))
        file.seek(size - skipped, 1)
    return None


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, position)
        if size < 8:
            return
        yield name, content[position + 8 : position + size]
        position += size


def _movie(header: bytes) -> Movie:
    tracks = [_facts(box) for name, box in _boxes(header) if name == b"trak"]
    seconds = next((_seconds(box) for name, box in _boxes(header) if name == b"mvhd"), None)
    video = next((track for track in tracks if track.get(b"hdlr", b"")[8:12] == b"vide"), None)
    if video is None:
        return Movie(seconds)
    width, height = (side >> 16 for side in struct.unpack(">II", video[b"tkhd"][-8:])) if b"tkhd" in video else (0, 0)
    return Movie(seconds, width or None, height or None, _frame_rate(video))


def _facts(track: bytes) -> dict[bytes, bytes]:
    """Every box of a track by its name, at any depth; the first of a name, as QuickTime has a second hdlr further in."""
    found: dict[bytes, bytes] = {}
    for name, box in _boxes(track):
        found = {**(_facts(box) if name in _FOLDERS else {name: box}), **found}
    return found


def _seconds(box: bytes) -> float | None:
    """Of a movie's or a medium's header: a time scale and a duration, in version 1 with 64 bits; 0 means in fragments."""
    scale, length = struct.unpack_from(">IQ", box, 20) if box[0] == 1 else struct.unpack_from(">II", box, 12)
    return length / scale if scale and length else None


def _frame_rate(video: dict[bytes, bytes]) -> float | None:
    if b"mdhd" not in video or b"stsz" not in video:
        return None
    seconds, (_, frames) = _seconds(video[b"mdhd"]), struct.unpack_from(">II", video[b"stsz"], 4)
    return frames / seconds if seconds and frames else None
