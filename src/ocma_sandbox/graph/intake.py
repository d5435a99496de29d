"""What a file that arrived turns out to be."""

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import UploadFile

from ocma_sandbox import incoming, movie
from ocma_sandbox.incoming import Incoming
from ocma_sandbox.media import Media
from ocma_sandbox.movie import Movie
from ocma_sandbox.sniff import Sniffed, sniff
from ocma_sandbox.world import World

PIECE = 1024 * 1024
HEAD = 512 * 1024
MAX_BOXES = 1000


@dataclass(frozen=True)
class Taken:
    """`found` None: nothing that we know. `movie` is empty for what is no film; `samples_first`: its header comes last."""

    size: int
    sha256: str
    found: Sniffed | None
    movie: Movie
    samples_first: bool

    @property
    def kind(self) -> str:
        return self.found.kind if self.found else "unknown"

    @property
    def mime_type(self) -> str:
        return self.found.mime_type if self.found else "application/octet-stream"

    @property
    def sides(self) -> tuple[int, int] | None:
        shape = self.movie if self.kind == "video" else self.found
        return (shape.width, shape.height) if shape and shape.width and shape.height else None

    @property
    def ratio(self) -> float | None:
        return self.sides[0] / self.sides[1] if self.sides else None


def incoming_of(world: World, key: str, media_id: str) -> Incoming:
    return Incoming(world.blobs, f"{key}-{media_id}")


async def take_file(file: Incoming, at: int, chunks: AsyncIterator[bytes]) -> None:
    await file.take(at, chunks, lambda: True)


async def chunks_of(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(PIECE):
        yield chunk


async def examine(path: Path) -> Taken:
    """Reads the whole file: in a thread, because it may be large."""
    return await asyncio.to_thread(_examine, path)


def _examine(path: Path) -> Taken:
    with path.open("rb") as file:
        found = sniff(file.read(HEAD))
    is_film = found is not None and found.kind == "video"
    facts = movie.read(path) if is_film else Movie()
    return Taken(path.stat().st_size, incoming.digest(path), found, facts, is_film and _samples_first(path))


def _samples_first(path: Path) -> bool:
    """Whether the samples of an MP4 come before its movie header, so that it cannot be played while it arrives."""
    with path.open("rb") as file:
        for _ in range(MAX_BOXES):
            start = file.read(16)
            if len(start) < 16 or start[4:8] in {b"moov", b"mdat"}:
                return start[4:8] == b"mdat"
            size, _name, long = struct.unpack(">I4sQ", start)
            whole = long if size == 1 else size
            if whole < 8:
                return False
            file.seek(whole - 16, 1)
    return False


@dataclass(frozen=True)
class Label:
    """Whose a medium is and what it is for."""

    platform: str
    media_id: str
    person_id: str
    category: str
    alt_text: str | None = None


def medium(taken: Taken, label: Label, at: float) -> Media:
    width, height = taken.sides or (None, None)
    return Media(
        platform=label.platform,
        id=label.media_id,
        person_id=label.person_id,
        mime_type=taken.mime_type,
        category=label.category,
        created_at=at,
        size=taken.size,
        sha256=taken.sha256,
        width=width,
        height=height,
        alt_text=label.alt_text,
        uploaded_at=at,
        ready_at=at,
    )
