"""Files on local disk, by opaque id; a caller's path or name never becomes one of ours."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from ocma.errors import Invalid, Issue, NotFound

CHUNK = 256 * 1024


class Storage:
    """`root`/workspace/id. Writes go to a side file first, so a half-written one is never seen."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, workspace_id: UUID, file_id: UUID) -> Path:
        return self._root / str(workspace_id) / str(file_id)

    async def write(self, workspace_id: UUID, file_id: UUID, chunks: AsyncIterator[bytes], limit: int) -> Path:
        """Streams into place. Raises Invalid beyond `limit` bytes; nothing stays behind then."""
        final = self.path(workspace_id, file_id)
        await asyncio.to_thread(final.parent.mkdir, parents=True, exist_ok=True, mode=0o700)
        side = final.with_suffix(".part")
        try:
            await _write(side, chunks, limit)
            await asyncio.to_thread(side.replace, final)
        finally:
            await asyncio.to_thread(side.unlink, missing_ok=True)
        return final

    async def read(self, workspace_id: UUID, file_id: UUID) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread(self.path(workspace_id, file_id).open, "rb")
        except FileNotFoundError:
            raise NotFound("The file of this medium is gone.", code="mediaGone") from None
        with file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk

    async def delete(self, workspace_id: UUID, file_id: UUID) -> None:
        await asyncio.to_thread(self.path(workspace_id, file_id).unlink, missing_ok=True)


async def _write(path: Path, chunks: AsyncIterator[bytes], limit: int) -> None:
    size = 0
    with await asyncio.to_thread(path.open, "wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                message = f"The file is larger than {limit} bytes."
                raise Invalid(message, code="mediaTooLarge", issues=[Issue("file", "mediaTooLarge", message)])
            await asyncio.to_thread(file.write, chunk)
