"""What the demo shows: three pictures and a film of a sunrise, drawn in the moment they are needed."""

import io
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
NIGHT, DAWN, DAY = (18, 32, 74), (255, 149, 84), (120, 190, 255)
PICTURE_SIZE, FILM_SIZE = (1200, 675), (640, 360)
SECONDS, RATE = 4, 25
SAMPLES, TONE, LOUDNESS = 48_000, 220, 0.1  # a second, Hertz, of 1


@dataclass(frozen=True, slots=True)
class Picture:
    """`height` of the sun: 0 just below the horizon, 1 at the top."""

    name: str
    alt_text: str
    sky: tuple[Colour, Colour]
    height: float
    kind: str = "image"
    mime_type: str = "image/jpeg"  # all platforms take it

    def draw(self, caption: str) -> bytes:
        buffer = io.BytesIO()
        _with_sun(_sky(PICTURE_SIZE, self.sky, caption), self.height).save(buffer, "JPEG", quality=90)
        return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Film:
    name: str
    alt_text: str
    sky: tuple[Colour, Colour]
    kind: str = "video"
    mime_type: str = "video/mp4"

    def draw(self, caption: str) -> bytes:
        """H.264 and AAC in an MP4."""
        buffer = io.BytesIO()
        with av.open(buffer, "w", format="mp4") as out:
            picture, sound = _tracks(out)
            for frame in self._frames(caption):
                out.mux(picture.encode(frame))
            out.mux(picture.encode(None))
            for hum in _hum(sound.codec_context.frame_size):
                out.mux(sound.encode(hum))
            out.mux(sound.encode(None))
        return buffer.getvalue()

    def _frames(self, caption: str) -> Iterator[av.VideoFrame]:
        sky, count = _sky(FILM_SIZE, self.sky, caption), SECONDS * RATE
        for number in range(count):
            frame = av.VideoFrame.from_image(_with_sun(sky, number / count))
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            yield frame


File = Picture | Film
PICTURES = (
    Picture(
        "dawn.jpg",
        "A gradient from deep blue to orange, like a sunrise, with a white disc above the horizon.",
        (NIGHT, DAWN),
        0.2,
    ),
    Picture("morning.jpg", "A gradient from light blue to orange with a white disc half way up.", (DAY, DAWN), 0.5),
    Picture("noon.jpg", "A gradient from blue to white with a white disc high above.", (DAY, (255, 255, 255)), 0.8),
)
FILM = Film("sunrise.mp4", "A white disc rises over a gradient from deep blue to orange; a low hum.", (NIGHT, DAWN))


def _tracks(out: OutputContainer) -> tuple[VideoStream, AudioStream]:
    picture = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "18"})
    (picture.width, picture.height), picture.pix_fmt = FILM_SIZE, "yuv420p"
    return picture, out.add_stream("aac", rate=SAMPLES, layout="mono")


def _hum(size: int) -> Iterator[av.AudioFrame]:
    wave = array("f", (LOUDNESS * math.sin(math.tau * TONE * each / SAMPLES) for each in range(SECONDS * SAMPLES)))
    for at in range(0, len(wave) - size + 1, size):
        frame = av.AudioFrame(format="fltp", layout="mono", samples=size)
        frame.sample_rate, frame.pts, frame.time_base = SAMPLES, at, Fraction(1, SAMPLES)
        frame.planes[0].update(wave[at : at + size].tobytes())
        yield frame


def _sky(size: tuple[int, int], colours: tuple[Colour, Colour], caption: str) -> Image.Image:
    width, height = size
    column = Image.new("RGB", (1, height))
    for y in range(height):
        share = y / (height - 1)
        column.putpixel((0, y), tuple(round(a + (b - a) * share) for a, b in zip(*colours, strict=True)))
    image, margin = column.resize((width, height)), height // 16
    pen = ImageDraw.Draw(image)
    pen.text((margin, margin), f"OCMA\n{caption}", fill="white", font_size=margin, stroke_width=1, stroke_fill="black")
    return image


def _with_sun(sky: Image.Image, height: float) -> Image.Image:
    image = sky.copy()
    x, y, radius = image.width // 2, round(image.height * (1 - height)), image.height // 8
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill="white")
    return image


def draw(caption: str) -> dict[File, bytes]:
    """All of it."""
    return {each: each.draw(caption) for each in (*PICTURES, FILM)}
