"""Reports as they are given out: made once for all who ask the same within a minute."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.features.analytics import freshness
from ocma.features.analytics.collector import Collector
from ocma.features.analytics.first import FirstLooks
from ocma.features.analytics.history import Wish, get_history
from ocma.features.analytics.history_schemas import History
from ocma.features.analytics.ours import take_up_at
from ocma.features.analytics.report import Question, get_report
from ocma.features.analytics.report_schemas import Report
from ocma.features.analytics.sources import SOON
from ocma.infra.cache import Cache
from ocma.infra.database import Database
from ocma.infra.reader import Reader
from ocma.platforms.metrics import METRICS


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where numbers are read: `reader` may be some seconds behind `database`. `collector` None: nothing is asked of platforms."""

    cache: Cache
    reader: Reader
    database: Database
    clock: Clock
    first: FirstLooks
    collector: Callable[[], Collector] | None

    async def report(self, workspace_id: UUID, question: Question) -> bytes:
        """The JSON of a ReportAnswer."""
        made = False

        async def make() -> bytes:
            nonlocal made
            made = True
            return (await self._made(workspace_id, question)).model_dump_json(by_alias=True).encode()

        body = await self.cache.get_or(workspace_id, question.parts, freshness.TTL, make, tags=_tags(question)) or b"{}"
        return _told(body, cached=not made)

    def find_here(self, question: Question, workspace_id: UUID) -> bytes | None:
        """The same, if this process has it and need not ask anybody."""
        body = self.cache.find_here(workspace_id, question.parts, tags=_tags(question))
        return _told(body, cached=True) if body else None

    async def history(self, workspace_id: UUID, wish: Wish) -> bytes:
        """The JSON of a History."""

        async def make() -> bytes:
            return (await self._history(workspace_id, wish)).model_dump_json(by_alias=True).encode()

        return await self.cache.get_or(workspace_id, wish.parts, freshness.TTL, make, tags=wish.tags) or b"{}"

    def find_history(self, wish: Wish, workspace_id: UUID) -> bytes | None:
        return self.cache.find_here(workspace_id, wish.parts, tags=wish.tags)

    async def _history(self, workspace_id: UUID, wish: Wish) -> History:
        async def work(session: AsyncSession) -> History:
            return await get_history(session, wish)

        if wish.metric in METRICS:
            return await self.reader.read(workspace_id, work)
        async with self.database.reading(workspace_id) as session:  # who has just written a formula expects to see it
            return await work(session)

    async def _made(self, workspace_id: UUID, question: Question) -> Report:
        report = await self.fresh(workspace_id, question)
        new = [each.account_id for each in report.errors if each.code in SOON]
        if not (new and self.collector and await self.first.take(self.collector(), workspace_id, new)):
            return report
        return await self._again(workspace_id, question)

    async def fresh(self, workspace_id: UUID, question: Question) -> Report:
        """Nothing is asked of platforms; what we published where they say nothing of it is taken up before."""
        report = await self._read(workspace_id, question)
        if not report.uncounted:
            return report
        await take_up_at(self.database, workspace_id, report.uncounted, self.clock())
        return await self._again(workspace_id, question)

    async def _read(self, workspace_id: UUID, question: Question) -> Report:
        async def work(session: AsyncSession) -> Report:
            return await get_report(session, question, self.clock())

        if not question.custom:
            return await self.reader.read(workspace_id, work)
        return await self._again(workspace_id, question)  # who has just written a formula expects to see it

    async def _again(self, workspace_id: UUID, question: Question) -> Report:
        """With all that was written a moment ago."""
        async with self.database.reading(workspace_id) as session:
            return await get_report(session, question, self.clock())


def _tags(question: Question) -> list[str]:
    return [freshness.tag(question.platform, question.account_id), *([freshness.CUSTOM] if question.custom else ())]


def _told(body: bytes, *, cached: bool) -> bytes:
    """The answer, which says of itself whether it was made for whoever gets it."""
    return b'{"cached":%s,%s' % (b"true" if cached else b"false", body[1:])
