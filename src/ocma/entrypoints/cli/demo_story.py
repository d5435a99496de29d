"""What the demo posts: all the ways in which a post can be scheduled, each text different from every earlier run's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from PIL import Image, ImageDraw

X, MASTODON = "x", "mastodon"
NAMES = {X: "X", MASTODON: "Mastodon"}
PLATFORMS = tuple(NAMES)
ALT_TEXT = "A gradient from deep blue to orange, like a sunrise, with a white disc above the horizon."
SIZE = (1200, 675)
DAWN, DUSK = (18, 32, 74), (255, 149, 84)


@dataclass(frozen=True, slots=True)
class Draft:
    """`delay` None: now. More than one part: a thread."""

    title: str
    platforms: Sequence[str]
    parts: Sequence[str]
    delay: timedelta | None = None
    alt_text: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What must stand on a platform's books, once: one part of a draft on one platform."""

    platform: str
    text: str
    alt_text: str | None


def drafts(stamp: str) -> list[Draft]:
    """`stamp` is in every text: platforms refuse a text that is live already."""
    thread = [f"{number}/3 · {text} ({stamp})" for number, text in enumerate(_THREAD, 1)]
    return [
        Draft("a post, now", [X], [f"Hello from OCMA: written and sent at once. ({stamp})"]),
        Draft("in 10 seconds", [MASTODON], [f"Scheduled ten seconds ahead. ({stamp})"], timedelta(seconds=10)),
        Draft("a thread of three", [X], thread, timedelta(seconds=3)),
        Draft("with an image", [MASTODON], [f"A picture with alternative text. ({stamp})"], timedelta(seconds=4), ALT_TEXT),
        Draft("on both platforms", [X, MASTODON], [f"One post, two platforms. ({stamp})"], timedelta(seconds=7)),
    ]


_THREAD = (
    "Before OCMA sends anything, it writes down that it will.",
    "No answer? It asks the platform instead of sending again.",
    "So a post is never lost and never published twice.",
)


def pieces(draft: Draft, platform: str) -> Iterator[Piece]:
    """The picture hangs on the first part."""
    for index, text in enumerate(draft.parts):
        yield Piece(platform, text, draft.alt_text if index == 0 else None)


def stamp(now: datetime) -> str:
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"


def picture(caption: str) -> bytes:
    """A PNG, drawn now."""
    width, height = SIZE
    column = Image.new("RGB", (1, height))
    for y in range(height):
        share = y / (height - 1)
        column.putpixel((0, y), tuple(round(a + (b - a) * share) for a, b in zip(DAWN, DUSK, strict=True)))
    image = column.resize(SIZE)
    pen = ImageDraw.Draw(image)
    pen.ellipse((width // 2 - 90, height // 2 - 20, width // 2 + 90, height // 2 + 160), fill="white")
    pen.text((48, 48), f"OCMA\n{caption}", fill="white", font_size=40)
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
