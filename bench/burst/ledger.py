"""What the database says became of the publications: the product's tables, or the one that BullMQ's job records in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bench.burst import bullmq, rows
from bench.burst.rows import Holder
from bench.burst.stage import Stage
from bench.burst.systems import System

# By the primary key: ids sort by the time they were made, and nothing else in the table is as new.
UNDONE = "SELECT count(*) FROM ocma.publications WHERE id > $1 AND state IN ('scheduled', 'publishing', 'unknown')"
DONE = "SELECT count(*) AS count, max(updated_at) AS at FROM ocma.publications WHERE id > $1 AND state = 'published'"
JOBS_UNDONE = "SELECT count(*) FROM bench.jobs WHERE state <> 'published'"
JOBS_DONE = "SELECT count(*) AS count, max(published_at) AS at FROM bench.jobs WHERE state = 'published'"


@dataclass(frozen=True, slots=True)
class Due:
    """What is to happen: a marker, which is the post's text, and its instant. `since`: an id made before all of them."""

    posts: Sequence[tuple[str, datetime]]
    since: UUID

    @property
    def first(self) -> datetime:
        return min(at for _, at in self.posts)

    @property
    def last(self) -> datetime:
        return max(at for _, at in self.posts)


async def fill(stage: Stage, system: System, raw: Any, holders: Sequence[Holder], due: Due) -> None:
    if system.kind == "bullmq" and system.folder:
        return await bullmq.fill(stage, raw, system.folder, len(due.posts), len(holders), due.first)
    return await rows.add_publications(raw, holders, due.posts)


async def count_undone(system: System, raw: Any, due: Due) -> int:
    if system.kind == "bullmq":
        return await raw.fetchval(JOBS_UNDONE)
    return await raw.fetchval(UNDONE, due.since)


async def read(system: System, raw: Any, due: Due) -> tuple[int, datetime | None]:
    """How many are recorded as published, and when the last was."""
    found = await (raw.fetchrow(JOBS_DONE) if system.kind == "bullmq" else raw.fetchrow(DONE, due.since))
    return found["count"], found["at"]
