"""The outermost boxes of an MP4 or a QuickTime film, without what is in them."""

import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

MOST = 1000
LEAST = 8  # bytes: a size, and a name
LONG = 1  # as a size: the size itself follows the name, in 8 bytes


def is_header_last(path: Path) -> bool:
    """Do the samples come before the header that says what they are? Then nothing can be shown before the end is there."""
    with path.open("rb") as file:
        first = next((name for name in islice(_names(file), MOST) if name in {b"moov", b"mdat"}), b"")
    return first == b"mdat"


def _names(file: BinaryIO) -> Iterator[bytes]:
    """A size of 0 means to the end of the file; what is smaller than a box itself is none."""
    while len(start := file.read(LEAST)) == LEAST:
        size, name = struct.unpack(">I4s", start)
        yield name
        taken = LEAST
        if size == LONG and len(long := file.read(8)) == 8:
            (size,), taken = struct.unpack(">Q", long), LEAST + 8
        if size < taken:
            return
        file.seek(size - taken, 1)
