"""Files only their owner may read: passwords, keys, and what holds them."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

MODE = 0o600


def write(path: Path, text: str) -> None:
    """Replaces the file in one step, on disk before this returns: readers see the old text or the new, never a half."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        _write_new(fresh, text)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    _sync_folder(path.parent)


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """What the file holds; the first time, what `make` gives."""
    if not path.exists():
        write(path, make())
    return path.read_text(encoding="utf-8")


def new_password() -> str:
    """Letters, digits, `-` and `_` only: fits into URLs, SQL and configuration lines without quoting."""
    return secrets.token_urlsafe(24)


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
