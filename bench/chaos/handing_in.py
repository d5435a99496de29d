"""The posts are handed in while everything is being killed: most to the planning function, some through the HTTP API.

Either way a hand-in that was not confirmed is repeated under its key until it is: that neither loses nor doubles it is part of
what is tested.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bench.chaos.company import Company, Refused, Unanswered, until_done
from bench.chaos.plan import Wish

from ocma.bootstrap import Resources
from ocma.errors import Invalid, OcmaError
from ocma.features.publishing.schemas import Schedule
from ocma.features.scheduling.schedule import Calendar, schedule
from ocma.features.workspaces.caller import operator
from ocma.infra.database import FAILURES

Json = dict[str, Any]
PLANNERS = 8
AGAIN = 0.3  # seconds
CODES = {"accountInactive", "accountMissing"}


class Disconnected(Exception):
    """Refused for now: one of the accounts has to be connected again first."""


@dataclass
class Desk:
    """Where posts are handed in. `begin`: the storm's first moment."""

    resources: Resources
    company: Company
    begin: datetime
    planned: int = 0
    repeats: Counter[str] = field(default_factory=Counter[str])

    async def take_all(self, wishes: Sequence[Wish]) -> None:
        """Returns when every one is confirmed."""
        line = iter([wish for wish in wishes if not wish.by_api])  # the planners share it: each wish is taken once
        async with asyncio.TaskGroup() as group:
            for _ in range(PLANNERS):
                group.create_task(self._plan_each(line))
            for wish in wishes:
                if wish.by_api:
                    group.create_task(self._send(wish))

    async def _plan_each(self, line: Any) -> None:
        for wish in line:
            again = (*FAILURES, OcmaError, Disconnected)
            _, repeats = await until_done(lambda wish=wish: self._plan(wish), again, AGAIN)
            self._confirmed(wish, "planning function", repeats)

    async def _plan(self, wish: Wish) -> None:
        """What the API's door calls, without the door."""
        resources, workspace = self.resources, self.company.workspaces[wish.workspace]
        calendar = Calendar(resources.database, resources.library, resources.clock)
        wanted = Schedule.model_validate(self._body(wish))
        try:
            await schedule(calendar, operator(workspace.id), wanted, f"chaos:{wish.number}")
        except Invalid as error:
            if {each.code for each in error.issues} <= CODES:
                raise Disconnected from error
            raise RuntimeError(f"{error.detail} {error.issues}") from error

    async def _send(self, wish: Wish) -> None:
        """A definite no leaves nothing behind, so the next try is a new request with a new key."""
        await asyncio.sleep(wish.told)
        for turn in range(1000):
            try:
                key = f"chaos-{wish.number}-{turn}"
                _, repeats = await until_done(lambda key=key: self._post(wish, key), (Unanswered,), AGAIN)
            except Disconnected:
                await asyncio.sleep(1)
            else:
                return self._confirmed(wish, "API", repeats)
        raise RuntimeError(f"post {wish.number} was refused too often")

    async def _post(self, wish: Wish, key: str) -> None:
        workspace = self.company.workspaces[wish.workspace]
        try:
            await self.company.ask(workspace, "POST", "/api/queue/schedule", key=key, json=self._body(wish))
        except Refused as error:
            if any(f'"{code}"' in str(error) for code in CODES):
                raise Disconnected from error
            raise

    def _confirmed(self, wish: Wish, how: str, repeats: int) -> None:
        self.planned += len(wish.seats)
        self.repeats[how] += repeats

    def _body(self, wish: Wish) -> Json:
        workspace = self.company.workspaces[wish.workspace]
        ids: list[UUID] = [self.company.accounts[seat] for seat in wish.seats]
        return {
            "content": wish.parts[0],
            "thread": list(wish.parts[1:]),
            "accountIds": [str(each) for each in ids],
            "mediaIds": [workspace.medium_id] if wish.picture else [],
            "scheduledAt": (self.begin + timedelta(seconds=wish.due)).isoformat(),
        }
