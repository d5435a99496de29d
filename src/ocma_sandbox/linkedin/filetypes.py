"""What LinkedIn takes as an image, a video or a document, by the bytes."""

from dataclasses import dataclass

from ocma_sandbox.linkedin import settings
from ocma_sandbox.sniff import sniff
from ocma_sandbox.world import World

_TYPES = {"image": {"image/jpeg", "image/png", "image/gif"}, "video": {"video/mp4"}}
_DOCUMENTS = {
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": "application/vnd.openxmlformats-officedocument",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "application/vnd.ms-office",
}


@dataclass(frozen=True)
class Look:
    """`wrong`: why its processing fails."""

    mime_type: str | None = None
    width: int | None = None
    height: int | None = None
    wrong: str | None = None


def look(world: World, kind: str, head: bytes, size: int) -> Look:
    return _document(world, head, size) if kind == "document" else _picture(world, kind, head)


def _picture(world: World, kind: str, head: bytes) -> Look:
    found = sniff(head)
    if found is None or found.mime_type not in _TYPES[kind]:
        return Look(found.mime_type if found else None, wrong="unsupported file format")
    large = (found.width or 0) * (found.height or 0) >= settings.of(world).image_pixels
    return Look(found.mime_type, found.width, found.height, "file size too large" if large else None)


def _document(world: World, head: bytes, size: int) -> Look:
    mime_type = next((known for magic, known in _DOCUMENTS.items() if head.startswith(magic)), None)
    if mime_type is None:
        return Look(wrong="unsupported file format")
    return Look(mime_type, wrong="file size too large" if size > settings.of(world).document_max_bytes else None)
