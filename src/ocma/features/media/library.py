"""The media library: keep, find, describe, drop."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Invalid, NotFound
from ocma.features.media import remote
from ocma.features.media.facts import Facts
from ocma.features.media.intake import take_in
from ocma.features.media.models import Medium, Rendition
from ocma.features.media.shelf import Shelf
from ocma.features.media.target import predict
from ocma.features.media.wishes import target_of
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.ids import new_id
from ocma.infra.outbound import Outbound
from ocma.platforms.content import Media, Opens
from ocma.platforms.rules import MediaRules


@dataclass(frozen=True, slots=True)
class File:
    """Bytes that can be served: a medium's or a rendition's."""

    workspace_id: UUID
    id: UUID
    mime_type: str
    size: int
    sha256: bytes


class Library:
    """Bytes in the shelf's storage, facts in the database. `reachable`: platforms can fetch from us."""

    def __init__(self, shelf: Shelf, outbound: Outbound, *, reachable: bool) -> None:
        self.shelf, self._outbound, self._reachable = shelf, outbound, reachable

    async def keep(
        self, caller: Caller, chunks: AsyncIterator[bytes], alt_text: str | None = None, medium_id: UUID | None = None
    ) -> Medium:
        """Stores and probes one file. Raises Invalid when it is none OCMA knows, or too large; nothing stays behind then."""
        async with self.shelf.storage.scratch() as path:
            digest = await take_in(chunks, path, self.shelf.limits)
            facts = await self.shelf.workshop.look(path)
            medium = _medium(caller, medium_id or new_id(), facts, digest)
            medium.alt_text, medium.created_at = alt_text or None, self.shelf.clock()
            await self.shelf.storage.adopt(caller.workspace_id, medium.id, path)
        async with self.shelf.database.transaction(caller.workspace_id) as session:
            session.add(medium)
            told = {"mimeType": facts.mime_type, "size": facts.size}
            await audit.record(session, caller, "media.added", str(medium.id), told)
        return medium

    async def fetch(self, caller: Caller, url: str, path: str) -> Medium:
        """Takes over a file from a URL a user gave, through the guarded way out. Raises Invalid that names `path`."""
        most = max(asdict(self.shelf.limits).values())
        async with remote.opened(self._outbound, url, path, most) as chunks:
            try:
                return await self.keep(caller, chunks)
            except Invalid as error:  # it speaks of an upload's `file`
                issues = [replace(each, path=path) for each in error.issues]
                raise Invalid(error.detail, code=error.rule, issues=issues, remediation=error.remediation) from error

    def read(self, file: Medium | File, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        return self.shelf.storage.read(file.workspace_id, file.id, start, end)

    async def drop(self, caller: Caller, medium_id: UUID) -> None:
        """With all that was made of it."""
        async with self.shelf.database.transaction(caller.workspace_id) as session:
            medium = await get_medium(session, medium_id)
            made = list(await session.scalars(select(Rendition.id).where(Rendition.medium_id == medium_id)))
            await session.delete(medium)
            await audit.record(session, caller, "media.deleted", str(medium_id), {})
        await self.shelf.storage.delete(caller.workspace_id, medium_id, *made)

    def outgoing(self, medium: Medium, rendition: Rendition | None = None) -> Media:
        """As connectors see it; with a rendition, that one's bytes."""
        made = rendition.known if rendition else None
        facts = made or medium.known
        file_id = rendition.id if rendition and made else medium.id
        return _media(
            medium, facts, partial(self.shelf.storage.read, medium.workspace_id, file_id), self._address(medium, file_id)
        )

    def foreseen(self, rules: MediaRules, medium: Medium) -> Media:
        """As connectors will see it where these rules hold: what checks look at before a rendition is made."""
        facts = predict(medium.known, target_of(rules, medium.known))
        return _media(medium, facts, partial(self.read, medium), self._address(medium, medium.id))

    def _address(self, medium: Medium, file_id: UUID) -> Callable[[], str] | None:
        links = self.shelf.links
        return (lambda: links.make(medium.workspace_id, file_id)[0]) if self._reachable else None


def _medium(caller: Caller, medium_id: UUID, facts: Facts, digest: bytes) -> Medium:
    return Medium(
        id=medium_id,
        workspace_id=caller.workspace_id,
        kind=facts.kind,
        mime_type=facts.mime_type,
        size=facts.size,
        width=facts.width or None,
        height=facts.height or None,
        facts=asdict(facts),
        sha256=digest,
        created_by=caller.name,
    )


def _media(medium: Medium, facts: Facts, read: Opens, url: Callable[[], str] | None) -> Media:
    return Media(
        id=str(medium.id),
        kind=facts.kind,
        mime_type=facts.mime_type,
        size=facts.size,
        open=read,
        width=facts.width or None,
        height=facts.height or None,
        alt_text=medium.alt_text,
        duration=facts.duration,
        video_codec=facts.video_codec,
        audio_codec=facts.audio_codec,
        frame_rate=facts.frame_rate,
        url=url,
    )


async def get_medium(session: AsyncSession, medium_id: UUID) -> Medium:
    medium = await session.get(Medium, medium_id)
    if medium is None:
        raise NotFound("There is no such medium in this workspace.")
    return medium


async def get_file(session: AsyncSession, file_id: UUID) -> File:
    """A medium's or a rendition's bytes. Raises NotFound."""
    medium = await session.get(Medium, file_id)
    if medium is not None:
        return File(medium.workspace_id, medium.id, medium.mime_type, medium.size, medium.sha256)
    made = await session.get(Rendition, file_id)
    facts = made.known if made else None
    if made is None or facts is None:
        raise NotFound("There is no such file.", code="noSuchFile")
    return File(made.workspace_id, made.id, facts.mime_type, facts.size, made.sha256 or b"")


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
