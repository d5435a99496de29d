"""Files by opaque id, `workspace/id`, on local disk or in a bucket; a caller's path or name never becomes one of ours.

A file comes into being whole or not at all: it is written beside, in `scratch`, looked at there, and then taken over.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore

from ocma.errors import Invalid, NotFound, Unavailable
from ocma.ids import new_id
from ocma.settings import Settings

log = structlog.get_logger(__name__)

BLOCK = 1024 * 1024  # bytes that one read holds in memory
PIECE = 8 * 1024 * 1024  # bytes of one part of an upload to a bucket
AT_ONCE = 2  # such parts: what a file costs in memory on its way there
SCRATCH = "scratch"


@dataclass(frozen=True, slots=True)
class Stored:
    """One file as the store lists it."""

    workspace_id: UUID
    file_id: UUID
    size: int
    modified_at: datetime


class Storage:
    """`store` keeps the files. `folder` is the store's own place when it is a local one: there nothing is copied, only moved."""

    def __init__(self, store: Callable[[], ObjectStore], scratch: Path, folder: Path | None = None) -> None:
        self._open, self._scratch, self._folder = store, scratch, folder

    @cached_property
    def _store(self) -> ObjectStore:
        """Opened at first use: not every process of ours has a disk for media."""
        return self._open()

    async def write(self, workspace_id: UUID, file_id: UUID, content: bytes) -> None:
        """For what is small enough to hold."""
        with _told():
            await obstore.put_async(self._store, _key(workspace_id, file_id), content, use_multipart=False)

    async def adopt(self, workspace_id: UUID, file_id: UUID, path: Path) -> None:
        """Takes over a file from `scratch`, which is gone afterwards."""
        key = _key(workspace_id, file_id)
        with _told():
            if self._folder is not None:
                await asyncio.to_thread(_move, path, self._folder / key)
                return
            await obstore.put_async(self._store, key, path, chunk_size=PIECE, max_concurrency=AT_ONCE)
        await asyncio.to_thread(path.unlink)

    async def read(
        self, workspace_id: UUID, file_id: UUID, start: int = 0, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to, not including, `end`. Raises NotFound.

        Block by block: a reader that takes its time keeps no connection to the store open, and holds one block in memory.
        """
        key = _key(workspace_id, file_id)
        with _told():
            size = (await obstore.head_async(self._store, key))["size"]
            stop = size if end is None else min(end, size)
            for offset in range(start, stop, BLOCK):
                yield bytes(await obstore.get_range_async(self._store, key, start=offset, end=min(offset + BLOCK, stop)))

    async def delete(self, workspace_id: UUID, *file_ids: UUID) -> None:
        """What is not there need not be deleted."""
        for each in file_ids:
            with _told(), contextlib.suppress(FileNotFoundError):
                await obstore.delete_async(self._store, _key(workspace_id, each))

    @asynccontextmanager
    async def local(self, workspace_id: UUID, file_id: UUID) -> AsyncGenerator[Path]:
        """The file as one on this machine, while the block runs: for programs that seek in it."""
        if self._folder is not None:
            path = self._folder / _key(workspace_id, file_id)
            if not await asyncio.to_thread(path.is_file):
                raise _gone()
            yield path
            return
        async with self.scratch() as path:
            await pour(self.read(workspace_id, file_id), path)
            yield path

    @asynccontextmanager
    async def scratch(self) -> AsyncGenerator[Path]:
        """A new name for a file of ours; what is there at the end of the block is removed."""
        path = self._scratch / str(new_id())
        await asyncio.to_thread(self._scratch.mkdir, parents=True, exist_ok=True, mode=0o700)
        try:
            yield path
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def stored(self) -> AsyncIterator[list[Stored]]:
        """Everything there is, some hundred at a time."""
        with _told():
            async for found in obstore.list(self._store, chunk_size=500):
                yield [each for each in map(_stored, found) if each is not None]

    def clear_scratch(self, age: timedelta) -> int:
        """Removes what a process that died left behind longer ago than `age`. Blocks."""
        oldest, removed = time.time() - age.total_seconds(), 0
        half_written = self._folder.glob("*/*#*") if self._folder is not None else ()
        for path in (*self._scratch.glob("*"), *half_written):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
                    removed += 1
        return removed


def open_storage(settings: Settings) -> Storage:
    """As OCMA_MEDIA_STORAGE says; without it in the folder OCMA_MEDIA_DIR. Raises Invalid."""
    folder = settings.media_dir.absolute()
    if settings.media_storage:
        bucket = _bucket(settings)
        return Storage(lambda: bucket, folder / SCRATCH)
    return Storage(partial(_disk, folder), folder / SCRATCH, folder)


def _disk(folder: Path) -> ObjectStore:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return LocalStore(folder)


def _bucket(settings: Settings) -> ObjectStore:
    """What is left empty comes from where the vendor's own programs take it (AWS_…, the machine's role)."""
    given = {
        "endpoint": settings.s3_endpoint,
        "region": settings.s3_region,
        "access_key_id": settings.s3_access_key_id,
        "secret_access_key": settings.s3_secret_access_key.get_secret_value(),
    }
    options: Any = {name: value for name, value in given.items() if value} if settings.media_storage.startswith("s3") else {}
    client: Any = {"allow_http": settings.s3_endpoint.startswith("http://"), "timeout": "120s", "connect_timeout": "10s"}
    try:
        return obstore.store.from_url(settings.media_storage, config=options or None, client_options=client)
    except (BaseError, ValueError) as error:
        message = "OCMA_MEDIA_STORAGE does not name a store that can be used."
        remediation = "s3://bucket/folder, with OCMA_S3_ENDPOINT, OCMA_S3_REGION and keys; empty: the folder OCMA_MEDIA_DIR."
        raise Invalid(message, code="settings", remediation=remediation) from error


async def pour(chunks: AsyncIterator[bytes], path: Path) -> None:
    with await asyncio.to_thread(path.open, "wb") as file:
        async for chunk in chunks:
            await asyncio.to_thread(file.write, chunk)


def _key(workspace_id: UUID, file_id: UUID) -> str:
    return f"{workspace_id}/{file_id}"


def _stored(found: Any) -> Stored | None:
    """None: the name is not one of ours."""
    try:
        workspace_id, file_id = map(UUID, found["path"].split("/")[-2:])
    except ValueError:
        return None
    return Stored(workspace_id, file_id, found["size"], found["last_modified"])


def _move(path: Path, final: Path) -> None:
    final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.replace(final)


def _gone() -> NotFound:
    return NotFound("The file of this medium is gone.", code="mediaGone")


@contextlib.contextmanager
def _told() -> Generator[None]:
    """Failures of the store as ours; what it says is for the operator."""
    try:
        yield
    except FileNotFoundError:
        raise _gone() from None
    except BaseError as error:
        log.warning("storage.failed", error=type(error).__name__, said=str(error)[:500])
        raise Unavailable("The media storage does not answer.", retry_after=5) from error
