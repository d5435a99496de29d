"""The media library: keep, find, describe, drop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from uuid import UUID

import httpx2
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.errors import Invalid, Issue, NotFound
from ocma.features.media.models import Medium
from ocma.features.media.probe import probe
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.ids import new_id
from ocma.infra.database import Database
from ocma.infra.outbound import Outbound
from ocma.infra.storage import Storage
from ocma.platforms.content import Media

FETCH_LIMIT = 60.0  # seconds for a whole file


class Library:
    """Bytes in `storage`, facts in the database."""

    def __init__(self, database: Database, storage: Storage, outbound: Outbound, clock: Clock, limit: int) -> None:
        self._database, self._storage, self._outbound, self._clock = database, storage, outbound, clock
        self.limit = limit  # bytes

    async def keep(self, caller: Caller, chunks: AsyncIterator[bytes], alt_text: str | None = None) -> Medium:
        """Stores and probes one file. Raises Invalid when it is not a picture, or too large."""
        medium_id = new_id()
        path = await self._storage.write(caller.workspace_id, medium_id, chunks, self.limit)
        try:
            found = await asyncio.to_thread(probe, path)
        except Invalid:
            await self._storage.delete(caller.workspace_id, medium_id)
            raise
        medium = Medium(
            id=medium_id,
            workspace_id=caller.workspace_id,
            kind=found.kind,
            mime_type=found.mime_type,
            size=found.size,
            width=found.width,
            height=found.height,
            sha256=found.sha256,
            alt_text=alt_text or None,
            created_by=caller.name,
            created_at=self._clock(),
        )
        async with self._database.transaction(caller.workspace_id) as session:
            session.add(medium)
            await audit.record(session, caller, "media.added", str(medium_id), {"mimeType": found.mime_type, "size": found.size})
        return medium

    async def fetch(self, caller: Caller, url: str, path: str) -> Medium:
        """Takes over a file from a URL a user gave, through the guarded way out. Raises Invalid that names `path`."""
        client = self._outbound.client("", chosen=False)
        try:
            async with asyncio.timeout(FETCH_LIMIT), client.stream("GET", url) as response:
                if not response.is_success:
                    raise _unfetchable(path, f"answered {response.status_code}")
                return await self._keep_fetched(caller, response.aiter_bytes(), path)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise _unfetchable(path, "cannot be reached") from error

    async def _keep_fetched(self, caller: Caller, chunks: AsyncIterator[bytes], path: str) -> Medium:
        try:
            return await self.keep(caller, chunks)
        except Invalid as error:  # it speaks of an upload's `file`
            issues = [replace(each, path=path) for each in error.issues]
            raise Invalid(error.detail, code=error.rule, issues=issues, remediation=error.remediation) from error

    def read(self, medium: Medium) -> AsyncIterator[bytes]:
        return self._storage.read(medium.workspace_id, medium.id)

    async def drop(self, caller: Caller, medium_id: UUID) -> None:
        async with self._database.transaction(caller.workspace_id) as session:
            await session.delete(await get_medium(session, medium_id))
            await audit.record(session, caller, "media.deleted", str(medium_id), {})
        await self._storage.delete(caller.workspace_id, medium_id)

    def outgoing(self, medium: Medium) -> Media:
        """As connectors see it."""
        return Media(
            id=str(medium.id),
            kind="gif" if medium.kind == "gif" else "image",
            mime_type=medium.mime_type,
            size=medium.size,
            open=lambda: self.read(medium),
            width=medium.width,
            height=medium.height,
            alt_text=medium.alt_text,
        )


def _unfetchable(path: str, why: str) -> Invalid:
    message = f"The file {why}."
    remediation = "Give a public https URL of the file itself, or upload it to /api/media."
    return Invalid(message, code="mediaUnreachable", issues=[Issue(path, "mediaUnreachable", message, remediation)])


async def get_medium(session: AsyncSession, medium_id: UUID) -> Medium:
    medium = await session.get(Medium, medium_id)
    if medium is None:
        raise NotFound("There is no such medium in this workspace.")
    return medium


async def list_media(session: AsyncSession, *, after: UUID | None = None, limit: int = 100) -> Sequence[Medium]:
    query = select(Medium).order_by(Medium.id.desc()).limit(limit)
    return (await session.scalars(query.where(Medium.id < after) if after else query)).all()


async def find_media(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Medium]:
    """Those of `ids` that exist."""
    if not ids:
        return {}
    return {row.id: row for row in await session.scalars(select(Medium).where(Medium.id.in_(ids)))}


async def describe(session: AsyncSession, medium_id: UUID, alt_text: str | None) -> Medium:
    medium = await get_medium(session, medium_id)
    medium.alt_text = alt_text or None
    return medium
