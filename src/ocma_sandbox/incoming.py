import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from ocma_sandbox.blobs import Blobs


class Overtaken(Exception):
    """A later request took over this file: what still comes here is dropped."""


class Incoming:
    """A file that arrives in pieces, over one request or many; memory holds one network read of it."""

    def __init__(self, blobs: Blobs, name: str) -> None:
        """`name` is made of our own ids; the file lies in a folder of its own, so that it can be removed."""
        self._blobs, self._folder, self._name = blobs, name, f"{name}/0"

    @property
    def path(self) -> Path:
        """The file, made when new."""
        found = self._blobs.find(self._name)
        if found is None:
            self._blobs.write(self._name, b"")
            return self.path
        return found

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    async def take(self, at: int, stream: AsyncIterator[bytes], is_current: Callable[[], bool]) -> None:
        """Writes behind the first `at` bytes; what stood there is dropped.

        Raises `Overtaken` when `is_current` says no, and what `stream` raises when the client goes: what came until
        then stays in the file.
        """
        with self._opened(at) as file:
            async for piece in stream:
                if not is_current():
                    raise Overtaken
                file.write(piece)

    def _opened(self, at: int) -> contextlib.closing[BinaryIO]:
        # unbuffered: the size of the file is always what was stored
        file = self.path.open("r+b", buffering=0)
        file.truncate(at)
        file.seek(at)
        return contextlib.closing(file)

    def remove(self) -> None:
        self._blobs.remove(self._folder)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
