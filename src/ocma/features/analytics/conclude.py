"""What a look has found is written down, all of it in one transaction, and when the next one is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import OcmaError
from ocma.features.accounts import tokens
from ocma.features.analytics import freshness, timeline
from ocma.features.analytics import plan as plans
from ocma.features.analytics.budget import next_day
from ocma.features.analytics.cadence import on_grid
from ocma.features.analytics.collector import Collector
from ocma.features.analytics.look import Findings
from ocma.features.analytics.models import Measurement
from ocma.features.analytics.plan import Plan
from ocma.features.analytics.record import Figure, is_sound, record
from ocma.features.publishing.outcomes import describe
from ocma.platforms.errors import AccountRestricted
from ocma.platforms.metrics import Reading

FIRST, LONGEST = timedelta(minutes=5), timedelta(hours=6)  # until the next try after a failure; it doubles
INSTANT = timedelta(microseconds=1)
NAMES = 20  # that are told of


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one look. `error` is the measurement's: None when nothing was left out."""

    account_id: UUID
    platform: str
    samples: int
    posts: int
    error: dict[str, Any] | None
    next_at: datetime | None


async def conclude(collector: Collector, plan: Plan, found: Findings) -> Outcome | None:
    """None: somebody else has claimed the account meanwhile, and nothing was written."""
    async with collector.recording, collector.database.transaction(plan.claim.workspace_id) as session:
        ours = await plans.lock(session, plan.claim)
        if ours is None:
            return None
        account, row = ours
        now = collector.clock().astimezone(UTC)
        at = max(now, row.fetched_at + INSTANT) if row.fetched_at else now
        samples, unsound = await _write(session, plan, found, at)
        row.error = _error(plan, found, unsound, now)
        await _settle(collector, session, plan, found, row, now)
        row.fetched_at = at
        if account.status != "active":
            row.next_at = None
    await _tell(collector, plan, found, samples)
    if collector.cache:
        await freshness.forget_account(collector.cache, account.workspace_id, account.id, account.platform)
    return Outcome(account.id, account.platform, samples, len(found.asked), row.error, row.next_at)


async def _write(session: AsyncSession, plan: Plan, found: Findings, at: datetime) -> tuple[int, list[Reading]]:
    """Returns how many samples, and what could not be meant."""
    account = plan.account
    ids = {each.platform_post_id: each.id for each in plan.posts}
    seen = await timeline.see(session, account, found.seen, plan.measuring, at)
    ids |= seen
    sound = [each for each in found.readings if is_sound(each) and (not each.post or each.post in ids)]
    figures = [Figure(ids[each.post] if each.post else None, each) for each in sound]
    samples = await record(session, account.workspace_id, account.id, figures, at)
    await timeline.looked_at(session, account.id, found.asked, plan.measuring, at)
    await timeline.are_gone(session, account.id, sorted(found.gone), at)
    if plan.purse and found.reserved:
        paid = await timeline.are_paid(session, list(seen.values()), plan.purse.day)
        await plan.purse.give_back(session, found.reserved - paid)
    kept = {id(each) for each in sound}
    return samples, [each for each in found.readings if id(each) not in kept]


async def _settle(
    collector: Collector, session: AsyncSession, plan: Plan, found: Findings, row: Measurement, now: datetime
) -> None:
    """When the account comes again."""
    row.account_at = now if found.account else row.account_at
    row.listed_at = now if found.listed else row.listed_at
    row.days_until = max(filter(None, (row.days_until, _whole_until(found, now))), default=None)
    if found.ended is not None:
        row.tries += 1
        return postpone(row, now + _wait(collector, found.ended, row.tries))
    row.tries, row.succeeded_at = 0, now
    soon = now + timedelta(seconds=1)
    turns = [on_grid(soon, plan.account.id, collector.every)]
    if due := await timeline.find_next(session, plan.account.id):
        turns.append(on_grid(max(due, next_day(now) if plan.unpaid else soon), plan.account.id))
    return postpone(row, min(turns))


def postpone(row: Measurement, until: datetime | None) -> None:
    row.next_at, row.lease_until = until, None


def _whole_until(found: Findings, now: datetime) -> datetime | None:
    """The end of the last single day of the account's that the platform has counted."""
    ends = [
        each.end for each in found.readings if not each.post and each.measure.kind == "delta" and each.end and each.end <= now
    ]
    return max(ends, default=None)


def _wait(collector: Collector, error: OcmaError, tries: int) -> timedelta:
    """Longer each time, and never before the platform's own word."""
    backoff = min(FIRST * 2 ** min(tries - 1, 10), LONGEST) * collector.random.uniform(0.8, 1.2)
    return max(backoff, timedelta(seconds=error.retry_after or 0.0))


def _error(plan: Plan, found: Findings, unsound: list[Reading], now: datetime) -> dict[str, Any] | None:
    """What was left out, the gravest first; the rest is `also`."""
    told = [describe(found.ended, now)] if found.ended else []
    if found.cut or plan.unpaid:
        told.append(_spent(plan, now))
    told += [{**describe(error, now), "question": question} for question, error in found.notes]
    if found.refused:
        told.append(_named("metricsRefused", "The platform gives these no more", sorted(found.refused), now))
    if unsound:
        names = sorted({each.measure.name for each in unsound})
        told.append(_named("readingsUnsound", "What came for these cannot be meant and was left out", names, now))
    if not told:
        return None
    return {**told[0], "also": told[1:]} if told[1:] else told[0]


def _named(code: str, what: str, names: list[str], now: datetime) -> dict[str, Any]:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return {"code": code, "detail": f"{what}: {', '.join(names[:NAMES])}{more}.", "at": now.isoformat()}


def _spent(plan: Plan, now: datetime) -> dict[str, Any]:
    most = f"{plan.purse.most} USD" if plan.purse else "nothing"
    what = f"{plan.unpaid} posts wait" if plan.unpaid else "Posts are not listed"
    return {
        "code": "budgetSpent",
        "detail": f"What this workspace may spend on reading posts there in a UTC day ({most}) is spent. {what} for the next.",
        "remediation": "Raise the workspace's metricsBudgetUsd for the platform, or OCMA_METRICS_DAILY_USD.",
        "until": next_day(now).isoformat(),
        "at": now.isoformat(),
    }


async def _tell(collector: Collector, plan: Plan, found: Findings, samples: int) -> None:
    """Whom else it concerns: the breaker, whoever owns the account, the operator."""
    if found.ended is not None:
        await collector.gates.unanswered(plan.account, found.ended)
    if isinstance(found.ended, AccountRestricted):
        await tokens.mark(collector.desk, plan.account, "restricted", found.ended.rule, found.version)
    told = found.notes or found.cut or plan.unpaid
    collector.meters.looked(plan.account.platform, "failed" if found.ended else "partial" if told else "whole", samples)
