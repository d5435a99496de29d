import shutil
import tempfile
from pathlib import Path


class Blobs:
    """Uploaded bytes on disk, so that memory stays small; without a folder, in one that goes with the process."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def write(self, name: str, content: bytes) -> None:
        """`name` is made of our own ids, with slashes for folders."""
        path = self._root() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def find(self, name: str) -> Path | None:
        path = self._root() / name
        return path if path.is_file() else None

    def parts(self, name: str) -> list[Path]:
        """The files in a folder, in the order of their numbers."""
        folder = self._root() / name
        return sorted(folder.iterdir(), key=lambda path: int(path.name)) if folder.is_dir() else []

    def remove(self, name: str) -> None:
        shutil.rmtree(self._root() / name, ignore_errors=True)

    def clear(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._temporary:
            self._temporary.cleanup()
            self._temporary = None

    def close(self) -> None:
        if self._temporary:
            self._temporary.cleanup()

    def _root(self) -> Path:
        if self._folder:
            return self._folder
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="ocma-sandbox-")
        return Path(self._temporary.name)
