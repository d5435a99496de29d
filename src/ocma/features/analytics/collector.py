"""What collecting works with, in one hand."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random

from ocma.clock import Clock
from ocma.features.accounts.desk import Desk
from ocma.features.publishing.gates import Gates
from ocma.infra.cache import Cache
from ocma.infra.database import Database
from ocma.infra.meters import Meters

EVERY = timedelta(hours=1)
LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Collector:
    """`every`: how often an account's own figures are read. `concurrency`: accounts at a time, here. `patience`: seconds for one
    question to a platform. `daily_usd`: what a workspace may spend on reading, where that is billed, unless it says otherwise.
    `cache`: where answers are that a look makes old.

    `recording` keeps us from taking all connections that publishing needs.
    """

    database: Database
    desk: Desk
    gates: Gates
    clock: Clock
    every: timedelta = EVERY
    concurrency: int = 8
    daily_usd: Decimal = Decimal("0.50")
    lease: timedelta = LEASE
    patience: float = 120.0
    meters: Meters = field(default_factory=Meters)
    cache: Cache | None = None
    random: Random = field(default_factory=Random)
    recording: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
