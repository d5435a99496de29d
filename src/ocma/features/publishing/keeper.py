"""Keeps the leases of what this process works on, and knows when one may have been lost."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic

import structlog

from ocma.features.publishing.claims import Claim, extend
from ocma.infra.database import FAILURES, Database

log = structlog.get_logger(__name__)


class Keeper:
    """The local deadline lies before the database's, so a process that slept through its lease does not send."""

    def __init__(self, database: Database, lease: timedelta) -> None:
        self._database, self._lease = database, lease
        self._deadlines: dict[Claim, float] = {}  # a claim anew of the same publication is another one

    def hold(self, claims: Sequence[Claim], since: float) -> None:
        """`since`: monotonic time before the lease was asked for."""
        for claim in claims:
            self._deadlines[claim] = since + self._lease.total_seconds()

    def let_go(self, claim: Claim) -> None:
        self._deadlines.pop(claim, None)

    def __len__(self) -> int:
        """Claims in this process's hands."""
        return len(self._deadlines)

    def holds(self, claim: Claim) -> bool:
        return monotonic() < self._deadlines.get(claim, 0.0)

    async def run(self) -> None:
        """Until cancelled: extends every lease three times in its length."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            if self._deadlines:
                try:
                    await self._extend()
                except Exception:  # leases that end are taken back; a keeper that ended would end them all
                    log.exception("lease.unexpected")

    async def _extend(self) -> None:
        since, claims = monotonic(), list(self._deadlines)
        try:
            kept = await extend(self._database, claims, self._lease)
        except FAILURES as error:
            log.warning("lease.extend", error=type(error).__name__)
            return
        self.hold([claim for claim in kept if claim in self._deadlines], since)
