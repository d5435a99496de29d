"""Files that come in pieces, over connections that break: what arrived stays, and the sender goes on from there.

The pieces are files of their own in the store, so any of our processes can take the next one. When all are there they become the
medium, which has the upload's id.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update

from ocma.errors import Conflict, Invalid, NotFound, OcmaError, QuotaExceeded
from ocma.features.media.craft import invalid
from ocma.features.media.intake import recognised
from ocma.features.media.library import Library
from ocma.features.media.models import Medium, Upload
from ocma.features.media.sniff import NEEDED
from ocma.features.workspaces.caller import Caller
from ocma.ids import new_id

PIECE = 4 * 1024 * 1024  # bytes that one upload holds in memory
MOST_PIECES = 10_000
MOST_OPEN = 100  # uploads of a workspace at a time
FINISHING = timedelta(minutes=10)


class Uploads:
    """Every step is committed before it is told: what a sender was told to have arrived is there after any crash."""

    def __init__(self, library: Library) -> None:
        self._library, self._shelf = library, library.shelf

    async def begin(self, caller: Caller, size: int, metadata: str = "", alt_text: str | None = None) -> Upload:
        """Raises QuotaExceeded when too many are open."""
        now = self._shelf.clock()
        upload = Upload(
            id=new_id(),
            workspace_id=caller.workspace_id,
            size=size,
            received=0,
            state="receiving",
            metadata_line=metadata,
            alt_text=alt_text or None,
            created_by=caller.name,
            created_at=now,
            expires_at=now + self._shelf.rest,
        )
        async with self._shelf.database.transaction(caller.workspace_id) as session:
            still_open = select(func.count()).where(Upload.state == "receiving", Upload.expires_at > now)
            if (await session.scalar(still_open) or 0) >= MOST_OPEN:
                message = f"{MOST_OPEN} uploads of this workspace are open."
                raise QuotaExceeded(message, code="uploadsOpen", retry_after=60, remediation="Finish or delete some of them.")
            session.add(upload)
        return upload

    async def get(self, workspace_id: UUID, upload_id: UUID) -> Upload:
        """Raises NotFound, for one that ran out too."""
        async with self._shelf.database.transaction(workspace_id) as session:
            upload = await session.get(Upload, upload_id)
        if upload is None or upload.expires_at < self._shelf.clock():
            raise NotFound("There is no such upload in this workspace, or it ran out.", code="uploadGone")
        return upload

    async def append(self, caller: Caller, upload_id: UUID, offset: int, chunks: AsyncIterator[bytes]) -> Upload:
        """Takes what comes, up to the size that was told; when that is reached, makes the medium.

        Raises Conflict when `offset` is not where the upload stands, Invalid for what cannot become a medium.
        """
        upload = await self.get(caller.workspace_id, upload_id)
        _check_place(upload, offset)
        async for piece in _pieces(chunks):
            if upload.received == 0:
                await self._recognise(upload, piece)
            upload = await self._take(upload, piece)
        return await self.finish(upload.workspace_id, upload.id)

    async def finish(self, workspace_id: UUID, upload_id: UUID) -> Upload:
        """Makes the medium, if all is there and nobody else does it. May be called at any time, any number of times."""
        upload = await self._claim(workspace_id, upload_id)
        if upload is None:
            return await self.get(workspace_id, upload_id)
        try:
            if not await self._is_kept(upload):
                await self._library.keep(_caller(upload), self._whole(upload), upload.alt_text, upload.id)
        except (Invalid, NotFound) as error:
            await self._refuse(upload, error)
            raise
        except BaseException:
            await self._change(upload, finish_until=None)
            raise
        return await self._close(upload, state="ready")

    async def abort(self, workspace_id: UUID, upload_id: UUID) -> None:
        """Forgets it; what has become a medium stays one."""
        async with self._shelf.database.transaction(workspace_id) as session:
            upload = await session.get(Upload, upload_id)
            if upload is None:
                raise NotFound("There is no such upload in this workspace, or it ran out.", code="uploadGone")
            await session.delete(upload)
        await self._shelf.storage.delete(workspace_id, *upload.parts)

    async def _recognise(self, upload: Upload, piece: bytes) -> None:
        """Refused at the first bytes, not after the last."""
        try:
            self._shelf.limits.check(recognised(piece[:NEEDED]), upload.size)
        except Invalid as error:
            if len(piece) >= min(NEEDED, upload.size):  # else too little to tell
                await self._refuse(upload, error)
                raise

    async def _take(self, upload: Upload, piece: bytes) -> Upload:
        """Stores the piece first, then says so, if the upload still stands where it did."""
        if len(piece) > upload.size - upload.received:
            raise invalid("mediaTooLarge", f"More came than the {upload.size} bytes that were told.")
        if len(upload.parts) >= MOST_PIECES:
            await self._refuse(upload, error := invalid("tooManyPieces", "The pieces are too small.", "Send larger ones."))
            raise error
        part = new_id()
        await self._shelf.storage.write(upload.workspace_id, part, piece)
        expected = (Upload.received == upload.received, Upload.state == "receiving")
        async with self._shelf.database.transaction(upload.workspace_id) as session:
            found = await session.scalar(
                update(Upload)
                .where(Upload.id == upload.id, *expected)
                .values(
                    received=upload.received + len(piece),
                    parts=func.array_append(Upload.parts, part),
                    expires_at=self._shelf.clock() + self._shelf.rest,
                )
                .returning(Upload)
            )
        if found is None:
            await self._shelf.storage.delete(upload.workspace_id, part)
            raise Conflict("Somebody else is sending this upload too.", code="offsetMismatch")
        return found

    async def _claim(self, workspace_id: UUID, upload_id: UUID) -> Upload | None:
        now = self._shelf.clock()
        free = or_(Upload.finish_until.is_(None), Upload.finish_until < now)
        whole = (Upload.id == upload_id, Upload.state == "receiving", Upload.received == Upload.size, free)
        async with self._shelf.database.transaction(workspace_id) as session:
            return await session.scalar(update(Upload).where(*whole).values(finish_until=now + FINISHING).returning(Upload))

    async def _is_kept(self, upload: Upload) -> bool:
        """A process that died may have come as far as that."""
        async with self._shelf.database.transaction(upload.workspace_id) as session:
            return await session.get(Medium, upload.id) is not None

    async def _whole(self, upload: Upload) -> AsyncGenerator[bytes]:
        for part in upload.parts:
            async for block in self._shelf.storage.read(upload.workspace_id, part):
                yield block

    async def _refuse(self, upload: Upload, error: OcmaError) -> None:
        told = {"code": error.rule, "message": error.detail, "remediation": error.remediation}
        await self._close(upload, state="refused", error=told)

    async def _close(self, upload: Upload, **values: object) -> Upload:
        """The pieces go once it is written that nobody needs them."""
        closed = await self._change(upload, **values, parts=[], finish_until=None)
        await self._shelf.storage.delete(upload.workspace_id, *upload.parts)
        return closed

    async def _change(self, upload: Upload, **values: object) -> Upload:
        async with self._shelf.database.transaction(upload.workspace_id) as session:
            changed = update(Upload).where(Upload.id == upload.id).values(**values).returning(Upload)
            return (await session.scalars(changed)).one()


def _check_place(upload: Upload, offset: int) -> None:
    if upload.state == "refused":
        raise Conflict("This upload was refused.", code="uploadRefused", remediation="Begin a new one.")
    if offset != upload.received:
        message = f"This upload stands at {upload.received} bytes, not at {offset}."
        raise Conflict(message, code="offsetMismatch", remediation="Ask where it stands (HEAD), and go on from there.")


async def _pieces(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """PIECE bytes each, the last one what is left."""
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


def _caller(upload: Upload) -> Caller:
    """Whoever began it: the medium is theirs, whoever puts it together."""
    return Caller(upload.workspace_id, upload.created_by, None, "key", frozenset())
