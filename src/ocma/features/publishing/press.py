"""What publishing works with, in one hand."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from ocma.clock import Clock
from ocma.features.accounts.desk import Desk
from ocma.features.media.library import Library
from ocma.features.publishing.gates import Gates
from ocma.features.publishing.journal import Journal
from ocma.features.publishing.keeper import Keeper
from ocma.features.publishing.lanes import Lanes
from ocma.infra.database import Database
from ocma.infra.meters import Meters
from ocma.infra.tracing import Tracing


async def no_stage(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Press:
    """`timeout` is in seconds, of one publishing call; `patience` multiplies a platform's waits before it is asked again.

    `stopping`: finish the publication at hand and give back the others. `reached` is told each stage of each part
    (`prepare`, `stored` after each step, `prepared`, `send`, `answered` or `refused`, `recorded`); fault tests stop there.
    """

    database: Database
    desk: Desk
    library: Library
    keeper: Keeper
    journal: Journal
    gates: Gates
    lanes: Lanes
    clock: Clock
    lease: timedelta
    timeout: float
    patience: float = 1.0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    random: Random = field(default_factory=Random)
    meters: Meters = field(default_factory=Meters)
    reached: Callable[[str], Awaitable[None]] = no_stage
    tracing: Tracing | None = None
