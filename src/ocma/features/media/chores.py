"""What nobody waits for: uploads that ran out, work whose worker died, files that belong to nothing."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from ocma.errors import OcmaError
from ocma.features.media.models import Medium, Rendition, Upload
from ocma.features.media.shelf import Shelf
from ocma.features.media.uploads import Uploads
from ocma.infra.database import Database
from ocma.infra.storage import Stored

log = structlog.get_logger(__name__)

TASK = "media.chores"
SWEEP = "media.sweep"
BATCH = 100
EXPIRED, WHOLE, RENDITION = "expired", "whole", "rendition"  # as media_chores() calls them
SWEEP_EVERY = timedelta(days=1)
YOUNG = timedelta(days=1)  # a file is stored before its row is written

Chore = tuple[str, str, str]


async def find_chores(database: Database) -> list[Chore]:
    """(kind, workspace, id): uploads that ran out, those that came in whole, and renditions that nobody makes."""
    found = await database.system("SELECT kind, workspace_id, id FROM media_chores($1)", BATCH)
    return [(str(kind), str(workspace), str(file_id)) for kind, workspace, file_id in found]


async def do_all(uploads: Uploads, message: Sequence[Chore]) -> None:
    """Never raises for one of them: it comes again."""
    for kind, workspace, file_id in message:
        do = uploads.abort if kind == EXPIRED else uploads.finish
        try:
            await do(UUID(workspace), UUID(file_id))
        except OcmaError as error:
            log.info("media.chore", kind=kind, id=file_id, error=error.rule)


async def sweep(shelf: Shelf) -> int:
    """Deletes files that no row names, and what dead processes left half-done. Returns how many."""
    removed = await asyncio.to_thread(shelf.storage.clear_scratch, YOUNG)
    async for found in shelf.storage.stored():
        old = [each for each in found if each.modified_at < shelf.clock() - YOUNG]
        for workspace_id in {each.workspace_id for each in old}:
            removed += await _sweep_one(shelf, workspace_id, [each for each in old if each.workspace_id == workspace_id])
    log.info("media.swept", removed=removed)
    return removed


async def _sweep_one(shelf: Shelf, workspace_id: UUID, found: Sequence[Stored]) -> int:
    ids = {each.file_id for each in found}
    async with shelf.database.transaction(workspace_id) as session:
        known = set(await session.scalars(select(Medium.id).where(Medium.id.in_(ids))))
        known |= set(await session.scalars(select(Rendition.id).where(Rendition.id.in_(ids))))
        for parts in await session.scalars(select(Upload.parts).where(Upload.parts.overlap(list(ids)))):
            known |= set(parts)
    await shelf.storage.delete(workspace_id, *(ids - known))
    return len(ids - known)
