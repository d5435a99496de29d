"""Somebody in each company who does what a person has to: connects accounts again, requeues what failed."""

import asyncio
from collections import Counter
from contextlib import suppress
from uuid import UUID

from bench.chaos.company import Company, Refused, Unanswered
from bench.chaos.ledger import DOWN, Ledger, Row

LOOK = 1.5  # seconds between two looks


class Attendant:
    """`told`: what failed, by the reason that its user reads; `silent`: what failed without one."""

    def __init__(self, company: Company, ledger: Ledger) -> None:
        self._company, self._ledger = company, ledger
        self._seats = {account_id: seat for seat, account_id in company.accounts.items()}
        self._workspaces = {workspace.id: workspace for workspace in company.workspaces}
        self.disconnected: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.silent: set[UUID] = set()

    async def attend(self) -> None:
        """Until cancelled. What cannot be done now is done at the next look."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                inactive, failed = await self._ledger.inactive(), await self._ledger.failed()
            except DOWN:
                continue
            for account_id, reason in inactive.items():
                with suppress(Unanswered, Refused):
                    await self._company.connect(self._seats[account_id])
                    self.disconnected[reason] += 1
            for row in failed:
                with suppress(Unanswered, Refused):
                    await self._requeue(row)

    async def _requeue(self, row: Row) -> None:
        await self._company.ask(self._workspaces[row.workspace_id], "POST", f"/api/queue/dead/{row.id}/requeue")
        self._note(row)

    def _note(self, row: Row) -> None:
        error = row.error or {}
        if not (error.get("code") and error.get("detail")):
            self.silent.add(row.id)
        self.told[str(error.get("code", "unsaid"))] += 1
