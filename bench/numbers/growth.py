"""Ninety days of one account, in a small table and in a large one."""

import statistics
import time
from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

from ocma.bootstrap import Resources
from ocma.features.analytics.history import Wish, get_history
from ocma.features.analytics.period import period
from ocma.features.analytics.report import Question, get_report


def p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


async def measure(resources: Resources, workspace_id: UUID, accounts: Sequence[UUID], rounds: int) -> dict[str, list[float]]:
    """Seconds of each question, about an account drawn at random; nothing comes from a cache of ours."""
    random, seconds = Random(1), dict[str, list[float]](report=[], history=[])
    for _ in range(rounds):
        account_id = random.choice(accounts)
        for name, took in (await _both(resources, workspace_id, account_id)).items():
            seconds[name].append(took)
    return {name: each[rounds // 5 :] for name, each in seconds.items()}  # the first ones meet plans not made yet


async def _both(resources: Resources, workspace_id: UUID, account_id: UUID) -> dict[str, float]:
    within = period(resources.clock(), "90d", None, None)
    asked = Question(within, account_id=account_id)

    async def report(session: Any) -> Any:
        return await get_report(session, asked, resources.clock())

    async def history(session: Any) -> Any:
        return await get_history(session, Wish(account_id, "views", "day", within))

    return {"report": await _timed(resources, workspace_id, report), "history": await _timed(resources, workspace_id, history)}


async def _timed(resources: Resources, workspace_id: UUID, work: Any) -> float:
    began = time.perf_counter()
    await resources.reader.read(workspace_id, work)
    return time.perf_counter() - began
