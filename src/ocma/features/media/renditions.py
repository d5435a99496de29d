"""Media made to fit a platform: once for each set of wishes, when somebody needs it or asks for it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Invalid, Issue, NotFound
from ocma.features.media.facts import Facts
from ocma.features.media.intake import digest_of
from ocma.features.media.library import get_medium
from ocma.features.media.models import Medium, Rendition
from ocma.features.media.shelf import Shelf
from ocma.features.media.target import Target, can_change, read_target, shortfalls
from ocma.features.media.wishes import target_of
from ocma.ids import new_id
from ocma.platforms.rules import MediaRules

log = structlog.get_logger(__name__)

TASK = "media.render"
LEASE = timedelta(seconds=60)
BEAT = 2.0  # seconds between two signs of life, with the progress
TRIES = 3  # a file that takes workers down with it is left alone then
OVER = frozenset({"ready", "refused"})


class Renditions:
    """Rows say what is wanted and how far it is; whoever holds a row's lease makes the file."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def fitted(self, workspace_id: UUID, media: Iterable[Medium], rules: MediaRules) -> dict[UUID, Rendition]:
        """Makes what is missing for a platform with these rules, and waits for it. Media that fit as they are are left out.

        Raises Invalid when one cannot be made to fit.
        """
        made: dict[UUID, Rendition] = {}
        for each in media:
            found = await self.order(each, target_of(rules, each.known))
            if found is not None:
                made[each.id] = _usable(await self.make(workspace_id, found.id))
        return made

    async def order(self, medium: Medium, target: Target) -> Rendition | None:
        """The row of this rendition, new or not. None: the medium fits as it is, or cannot be changed and goes out as it is."""
        if not shortfalls(medium.known, target) or not can_change(medium.known, target):
            return None
        now = self._shelf.clock()
        values = {
            "id": new_id(),
            "workspace_id": medium.workspace_id,
            "medium_id": medium.id,
            "wishes_hash": target.hash,
            "wishes": asdict(target),
            "created_at": now,
            "updated_at": now,
        }
        same = (Rendition.medium_id == medium.id, Rendition.wishes_hash == target.hash)
        async with self._shelf.database.transaction(medium.workspace_id) as session:
            await session.execute(insert(Rendition).values(values).on_conflict_do_nothing())
            return (await session.scalars(select(Rendition).where(*same))).one()

    async def make(self, workspace_id: UUID, rendition_id: UUID, *, wait: bool = True) -> Rendition:
        """Makes it, or waits for whoever does, and returns it ready or refused. Raises NotFound when its medium was deleted.

        `wait` false: when somebody else is at it, it is returned as it is.
        """
        while True:
            row = await self.get(workspace_id, rendition_id)
            if row.state in OVER:
                return row
            if (taken := await self._claim(row)) is not None:
                return await self._work(taken)
            if not wait:
                return row
            await asyncio.sleep(BEAT)

    async def get(self, workspace_id: UUID, rendition_id: UUID) -> Rendition:
        async with self._shelf.database.transaction(workspace_id) as session:
            row = await session.get(Rendition, rendition_id)
        if row is None:
            raise NotFound("There is no such rendition.", code="renditionGone")
        return row

    async def _claim(self, row: Rendition) -> Rendition | None:
        now = self._shelf.clock()
        free = or_(Rendition.lease_until.is_(None), Rendition.lease_until < now)
        values = {"state": "making", "lease_until": now + LEASE, "tries": Rendition.tries + 1, "updated_at": now}
        claim = update(Rendition).where(Rendition.id == row.id, Rendition.state.not_in(OVER), free).values(values)
        async with self._shelf.database.transaction(row.workspace_id) as session:
            return await session.scalar(claim.returning(Rendition))

    async def _work(self, row: Rendition) -> Rendition:
        if row.tries > TRIES:
            return await self._change(row, state="refused", error=_told(_hopeless()))
        async with self._shelf.database.transaction(row.workspace_id) as session:
            medium = await get_medium(session, row.medium_id)
        try:
            return await self._made(row, medium.known)
        except Invalid as error:
            return await self._change(row, state="refused", error=_told(error))
        except BaseException:
            await self._change(row, lease_until=None, state="waiting", tries=row.tries - 1)  # not the file's doing
            raise

    async def _made(self, row: Rendition, facts: Facts) -> Rendition:
        target, storage = read_target(row.wishes), self._shelf.storage
        async with storage.local(row.workspace_id, row.medium_id) as source, storage.scratch() as output:
            async with self._alive(row) as so_far:
                made = await self._shelf.workshop.render(source, facts, target, output, so_far.tell)
            if left := shortfalls(made, target):
                raise _short(left)
            digest = await asyncio.to_thread(digest_of, output)
            await self._adopt(row, output)
        return await self._change(row, state="ready", progress=1.0, facts=asdict(made), sha256=digest)

    async def _adopt(self, row: Rendition, output: Path) -> None:
        await self._shelf.storage.adopt(row.workspace_id, row.id, output)

    @asynccontextmanager
    async def _alive(self, row: Rendition) -> AsyncGenerator["_Progress"]:
        """While the block runs, the lease does not run out, and how far it is can be read."""
        so_far = _Progress()

        async def beat() -> None:
            while True:
                await asyncio.sleep(BEAT)
                with contextlib.suppress(SQLAlchemyError, OSError):
                    await self._change(row, lease_until=self._shelf.clock() + LEASE, progress=so_far.part)

        task = asyncio.create_task(beat())
        try:
            yield so_far
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _change(self, row: Rendition, **values: Any) -> Rendition:
        """Raises NotFound when the medium was deleted meanwhile; then nothing of it stays in the store."""
        over = {"lease_until": None} if values.get("state") in OVER else {}
        change = update(Rendition).where(Rendition.id == row.id).values(**values, **over, updated_at=self._shelf.clock())
        async with self._shelf.database.transaction(row.workspace_id) as session:
            changed = await session.scalar(change.returning(Rendition))
        if changed is None:
            await self._shelf.storage.delete(row.workspace_id, row.id)
            raise NotFound("The medium was deleted.", code="mediaGone")
        return changed


class _Progress:
    """How much of the file is made, 0 to 1."""

    def __init__(self) -> None:
        self.part = 0.0

    async def tell(self, part: float) -> None:
        self.part = part


async def list_renditions(session: AsyncSession, medium_id: UUID) -> list[Rendition]:
    return list(await session.scalars(select(Rendition).where(Rendition.medium_id == medium_id).order_by(Rendition.id)))


def _usable(row: Rendition) -> Rendition:
    if row.state == "refused":
        error = row.error or {}
        message = str(error.get("message"))
        issue = Issue("mediaIds", str(error.get("code")), message, error.get("remediation"))
        raise Invalid(message, code=issue.code, issues=[issue], remediation=issue.remediation)
    return row


def _told(error: Invalid) -> dict[str, Any]:
    return {"code": error.rule, "message": error.detail, "remediation": error.remediation}


def _hopeless() -> Invalid:
    return Invalid("This file could not be converted.", code="renditionFailed", remediation="Convert it, and upload it anew.")


def _short(left: list[str]) -> Invalid:
    message = f"This file cannot be made to fit: {', '.join(left)}."
    return Invalid(message, code="renditionFailed", remediation="Convert it, and upload it anew.")
