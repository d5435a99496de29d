"""A real video of any size: some seconds of noise, encoded once, and their packets written again and again."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image

RATE, SECONDS, SIZE = 30, 4, (1280, 720)
BITS = 60_000_000  # a second, at least


def write(path: Path, size: int) -> None:
    """An MP4 of `size` bytes at least."""
    seed = path.with_suffix(".seed.mp4")
    with av.open(str(seed), "w") as out:
        stream = out.add_stream("mpeg4", rate=RATE, options={"qmin": "1", "qmax": "2"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *SIZE, "yuv420p", BITS
        for number in range(RATE * SECONDS):
            frame = av.VideoFrame.from_image(Image.effect_noise(SIZE, 100).convert("RGB"))
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    _repeat(seed, path, size)
    seed.unlink()


def _repeat(seed: Path, path: Path, size: int) -> None:
    written, turn = 0, 0
    with av.open(str(seed)) as first, av.open(str(path), "w") as out:
        copied = out.add_stream_from_template(first.streams.video[0])
        while written < size:
            for packet in _packets(seed, turn):
                written += packet.size
                packet.stream = copied
                out.mux(packet)
            turn += 1


def _packets(seed: Path, turn: int) -> Iterator[Any]:
    with av.open(str(seed)) as source:
        stream = source.streams.video[0]
        shift = int(turn * SECONDS / stream.time_base) if stream.time_base else 0
        for packet in source.demux(stream):
            if packet.dts is None or packet.pts is None:
                continue
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            yield packet
