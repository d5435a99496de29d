"""Small files of every kind, made here."""

import io
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image, ImageDraw


def film(
    path: Path, *, seconds=1.0, rate=25, size=(320, 180), codec="libx264", sound="aac", noise=False, container=None, flags=""
) -> Path:
    """A box that moves over changing colour, with silence. `flags`: of the container, such as `+faststart`."""
    with av.open(str(path), "w", format=container, options={"movflags": flags} if flags else {}) as out:
        picture = out.add_stream(codec, rate=rate)
        picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
        voice = out.add_stream(sound, rate=48_000, layout="stereo") if sound else None
        for number in range(int(seconds * rate)):
            frame = av.VideoFrame.from_image(_drawn(size, number, noise=noise))
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        if voice:
            silence(out, voice, seconds)
    return path


def _drawn(size, number, *, noise):
    image = Image.effect_noise(size, 90).convert("RGB") if noise else Image.new("RGB", size, (number * 5 % 256, 80, 120))
    left = number % max(1, size[0] - 12)
    ImageDraw.Draw(image).rectangle([left, 2, left + 10, 12], fill="white")
    return image


def silence(out, voice, seconds):
    samples, at = voice.codec_context.frame_size or 960, 0
    while at < seconds * 48_000:
        frame = av.AudioFrame(format=voice.codec_context.format.name, layout="stereo", samples=samples)
        frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux(voice.encode(frame))
        at += samples
    out.mux(voice.encode(None))


def turned(path: Path) -> bytes:
    """The same MP4, told to be shown a quarter turn clockwise: the picture track's matrix, as phones write it."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 4 + 20 + 16
    struct.pack_into(">9i", content, at, 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    return bytes(content)


def gif(frames=4, size=(48, 32)) -> bytes:
    file = io.BytesIO()
    first, *others = [_drawn(size, number * 3, noise=False) for number in range(frames)]
    first.save(file, "GIF", save_all=True, append_images=others, duration=80, loop=0)
    return file.getvalue()


def picture(kind="PNG", size=(64, 48), mode="RGB", **how) -> bytes:
    file = io.BytesIO()
    colour = "teal" if mode in {"RGB", "L"} else (0, 128, 128, 90) if mode == "RGBA" else (10, 20, 30, 40)
    Image.new(mode, size, colour).save(file, kind, **how)
    return file.getvalue()


def noise(kind="JPEG", size=(800, 600), **how) -> bytes:
    file = io.BytesIO()
    channels = [Image.effect_noise(size, 120) for _ in range(3)]
    Image.merge("RGB", channels).save(file, kind, **how)
    return file.getvalue()


def bomb() -> bytes:
    """A PNG of some bytes that says it is 60,000 pixels wide and high."""
    return _png(60_000, 60_000)


def _png(width, height):
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
