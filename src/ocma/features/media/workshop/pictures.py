"""Still pictures: look inside, and make anew within bounds."""

import io
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from ocma.features.media.facts import Facts
from ocma.features.media.sniff import Format
from ocma.features.media.target import STILLS, Target, fit, output_type, scaled, shortfalls
from ocma.features.media.workshop.refusal import Refusal, unreadable

MOST_PIXELS = 80_000_000
NAMES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
TURNS = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}  # EXIF orientation -> degrees clockwise
MIRRORED = frozenset({2, 4, 5, 7})
ORIENTATION = 0x0112
HARMLESS = frozenset({ORIENTATION, 0x011A, 0x011B, 0x0128, 0x0213, 0x8769})  # how it is shown and printed
TELLING = frozenset({"xmp", "XML:com.adobe.xmp", "photoshop", "comment"})
PLAIN_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})
QUALITIES = (92, 86, 80, 72, 64, 55)
SHRINK = 0.85
STEPS = 12  # down to a seventh of its width
WHITE = (255, 255, 255)

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def look(path: Path, found: Format) -> Facts:
    with _opened(path, found.mime_type) as image:
        image.verify()  # that it is whole, which showing it would forgive
    with _opened(path, found.mime_type) as image:
        width, height = image.size
        animated = bool(getattr(image, "is_animated", False)) and image.format != "MPO"
        tags = image.getexif()
        turn = tags.get(ORIENTATION, 1)
        image.load()
        if TURNS.get(turn) in {90, 270}:
            width, height = height, width
        return Facts(
            kind="gif" if animated and found.kind == "gif" else "image",
            mime_type=found.mime_type,
            size=path.stat().st_size,
            width=width,
            height=height,
            rotation=TURNS.get(turn, 0),
            mirrored=turn in MIRRORED,
            animated=animated,
            alpha=_is_translucent(image),
            private=_is_private(image, tags),
            plain=image.mode in PLAIN_MODES and _is_srgb(image),
        )


def render(source: Path, facts: Facts, target: Target, output: Path) -> None:
    """Raises Refusal when not even the smallest version fits."""
    wanted = output_type(facts, target)
    with _opened(source, facts.mime_type) as image:
        if wanted == facts.mime_type == "image/jpeg" and shortfalls(facts, target) == ["private"]:
            image.save(output, "JPEG", quality="keep", optimize=True)  # the same picture, without what it tells
            if target.bytes is None or output.stat().st_size <= target.bytes:
                return
        upright = _to_srgb(ImageOps.exif_transpose(image))
    size = fit(facts, target)
    drawn = upright.resize(size, Image.Resampling.LANCZOS) if size != upright.size else upright
    for content in _attempts(drawn, wanted, target):
        if target.bytes is None or len(content) <= target.bytes:
            output.write_bytes(content)
            return
    raise Refusal(f"This picture cannot be made smaller than {target.bytes} bytes.", code="mediaTooLarge")


def _attempts(image: Image.Image, mime_type: str, target: Target) -> Iterator[bytes]:
    """Ever smaller versions: first of lower quality, then, where that is not enough, of fewer pixels."""
    if mime_type == "image/png":
        yield _encode(image, mime_type, 0)
        smaller = ("image/webp",) if _is_translucent(image) else ("image/webp", "image/jpeg")
        mime_type = next((each for each in smaller if each in (target.types or STILLS)), mime_type)
    width, height = image.size
    for step in range(STEPS):
        size = scaled(width, height, SHRINK**step)
        drawn = image.resize(size, Image.Resampling.LANCZOS) if step else image
        for quality in QUALITIES if mime_type != "image/png" else (0,):
            yield _encode(drawn, mime_type, quality)


def _encode(image: Image.Image, mime_type: str, quality: int) -> bytes:
    file = io.BytesIO()
    if mime_type == "image/jpeg":
        _flat(image).save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    elif mime_type == "image/webp":
        image.save(file, "WEBP", quality=quality, method=4)
    else:
        image.save(file, "PNG", optimize=True)
    return file.getvalue()


@contextmanager
def _opened(path: Path, mime_type: str) -> Generator[Image.Image]:
    """Refuses what claims more pixels than memory should hold before any is read."""
    try:
        with Image.open(path, formats=(NAMES[mime_type],)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _bomb(image.width, image.height)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refusal(f"A picture of more than {MOST_PIXELS} pixels is too large.", code="mediaTooLarge") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError) as error:
        raise unreadable() from error


def _bomb(width: int, height: int) -> Refusal:
    return Refusal(f"A picture of {width} × {height} pixels is too large.", code="mediaTooLarge")


def _is_translucent(image: Image.Image) -> bool:
    if image.mode not in {"RGBA", "LA", "PA"} and "transparency" not in image.info:
        return False
    lowest: Any = image.convert("RGBA").getchannel("A").getextrema()[0]
    return lowest < 255


def _is_private(image: Image.Image, tags: Image.Exif) -> bool:
    """Where and when it was taken, with what, by whom: anything beyond how it is shown."""
    taken = bool(tags.get_ifd(0x8769) or tags.get_ifd(0x8825))
    return taken or bool(set(tags) - HARMLESS) or bool(TELLING & set(image.info)) or bool(getattr(image, "text", None))


def _is_srgb(image: Image.Image) -> bool:
    profile = _profile(image)
    return profile is None or "srgb" in ImageCms.getProfileDescription(profile).lower()


def _profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """None: it has none that can be read."""
    content = image.info.get("icc_profile")
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(content)) if content else None
    except (OSError, ImageCms.PyCMSError):
        return None


def _to_srgb(image: Image.Image) -> Image.Image:
    """RGB or RGBA with sRGB's colours, and nothing beside the pixels."""
    profile, alpha = _profile(image), _is_translucent(image)
    if profile is not None and not _is_srgb(image) and not alpha:
        try:
            converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, ValueError):  # a profile for another kind of pixels than these
            converted = None
        image = converted or image
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.point(lambda value: value / 256).convert("L")
    drawn = image.convert("RGBA" if alpha else "RGB")
    drawn.info = {}
    return drawn


def _flat(image: Image.Image) -> Image.Image:
    """On white, as most readers see it."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    return ground
