"""What was learned from accounts' histories, kept in this process for a while."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.features.assistant.history import Told, find_history
from ocma.infra.reader import Reader
from ocma.intelligence import engagement, timing
from ocma.intelligence.engagement import Own, Past
from ocma.intelligence.fit import Published
from ocma.intelligence.hashtags import History, Tagged
from ocma.intelligence.target import normalise
from ocma.intelligence.timing import Week

AGE = timedelta(minutes=15)
MOST = 40  # accounts


@dataclass(frozen=True, slots=True)
class Known:
    """`posts`: how many it was learned from. None: they are too few to learn that from."""

    posts: int
    own: Own | None
    week: Week | None
    tags: History
    published: tuple[Published, ...]


NOTHING = Known(0, None, None, History(()), ())


@dataclass(frozen=True, slots=True)
class Subject:
    """An account, and the zone its people live in."""

    account_id: UUID
    platform: str
    timezone: str


class Learned:
    """One per process. Whoever asks first has it learned, in a thread; the others wait for that."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader, self._clock = reader, clock
        self._kept: OrderedDict[tuple[UUID, Subject], tuple[datetime, asyncio.Task[Known]]] = OrderedDict()

    async def about(self, workspace_id: UUID, subject: Subject) -> Known:
        key, now = (workspace_id, subject), self._clock()
        at, task = self._kept.pop(key, (now, None))
        if task is None or now - at > AGE or (task.done() and (task.cancelled() or task.exception())):
            at, task = now, asyncio.create_task(self._learn(workspace_id, subject))
        self._kept[key] = at, task
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return await asyncio.shield(task)

    async def close(self) -> None:
        tasks = [task for _, task in self._kept.values()]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _learn(self, workspace_id: UUID, subject: Subject) -> Known:
        async def work(session: AsyncSession) -> list[Told]:
            return await find_history(session, workspace_id, subject.account_id, subject.platform, self._clock())

        posts = await self._reader.read(workspace_id, work)
        return await asyncio.to_thread(learn, posts, subject) if posts else NOTHING


def learn(posts: Sequence[Told], subject: Subject) -> Known:
    """`posts`: oldest first, as find_history has them."""
    past = [Past(each.draft.raw, "", each.media, each.published_at, each.engagement) for each in posts]
    lifts = normalise([each.engagement for each in posts], [each.published_at.timestamp() for each in posts]).y.tolist()
    return Known(
        posts=len(posts),
        own=engagement.learn(past, subject.timezone, subject.platform),
        week=timing.learn_week(past, subject.timezone, subject.platform),
        tags=History([Tagged(each.draft.hashtags, each.draft.words, lift=lift) for each, lift in zip(posts, lifts, strict=True)]),
        published=tuple(Published(len(each.draft.raw), lift) for each, lift in zip(posts, lifts, strict=True)),
    )
