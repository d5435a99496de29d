"""What is in a file: its bytes decide, not its name."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, UnidentifiedImageError

from ocma.errors import Invalid, Issue

MIME_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
MOST_PIXELS = 80_000_000


@dataclass(frozen=True, slots=True)
class Probed:
    """Pixels and bytes; an animated GIF is of kind `gif`, a still one an image."""

    kind: Literal["image", "gif"]
    mime_type: str
    size: int
    width: int
    height: int
    sha256: bytes


def probe(path: Path) -> Probed:
    """Raises Invalid for anything that is not a whole JPEG, PNG, GIF or WebP."""
    try:
        with Image.open(path, formats=tuple(MIME_TYPES)) as image:
            width, height, name = image.width, image.height, str(image.format)
            animated = name == "GIF" and getattr(image, "is_animated", False)
            if width * height > MOST_PIXELS:
                message = f"An image of {width} × {height} pixels is too large."
                raise Invalid(message, code="mediaTooLarge", issues=[Issue("file", "mediaTooLarge", message)])
            image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        message, remediation = "This file is not an image OCMA knows.", "Send a JPEG, PNG, GIF or WebP file."
        issue = Issue("file", "mediaUnreadable", message, remediation)
        raise Invalid(message, code="mediaUnreadable", issues=[issue], remediation=remediation) from error
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return Probed("gif" if animated else "image", MIME_TYPES[name], path.stat().st_size, width, height, digest)
