"""Bytes on their way in: written beside the library, counted, hashed, and stopped as soon as they are too many."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from ocma.features.media.craft import invalid
from ocma.features.media.sniff import NEEDED, Format, sniff
from ocma.settings import Settings

FORMATS = "Send a JPEG, PNG, GIF or WebP picture, an MP4, MOV, WebM or Matroska video, or a PDF document."


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of a file, by kind."""

    image: int
    gif: int
    video: int
    document: int

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(settings.image_max_bytes, settings.gif_max_bytes, settings.video_max_bytes, settings.document_max_bytes)

    def check(self, found: Format, size: int) -> None:
        """Raises Invalid."""
        most = getattr(self, found.kind)
        if size > most:
            raise invalid("mediaTooLarge", f"The file is larger than {most} bytes, the most for its kind ({found.kind}).")


async def take_in(chunks: AsyncIterator[bytes], path: Path, limits: Limits) -> bytes:
    """Writes to `path`; returns the SHA-256. Raises Invalid for what is of no kind OCMA knows, or too large for its kind."""
    digest, size, head, found = hashlib.sha256(), 0, b"", None
    with await asyncio.to_thread(path.open, "wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if found is None:
                head = (head + chunk)[:NEEDED]
                found = recognised(head) if len(head) == NEEDED else None
            if found is not None:
                limits.check(found, size)
            await asyncio.to_thread(file.write, chunk)
            digest.update(chunk)
    limits.check(found or recognised(head), size)
    return digest.digest()


def recognised(head: bytes) -> Format:
    """Raises Invalid."""
    found = sniff(head)
    if found is None:
        raise invalid("mediaUnreadable", "This file is not of a kind OCMA knows.", FORMATS)
    return found


def digest_of(path: Path) -> bytes:
    """SHA-256. Blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
