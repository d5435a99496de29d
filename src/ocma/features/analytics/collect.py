"""Figures are read from platforms and written down. Any number of workers may do it.

An account is claimed with a lease; its figures are written in one transaction that names the claim's fence, so two workers never
write the same look. A crash costs that look: when the lease ends somebody else takes the account up.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, or_, update

from ocma.errors import OcmaError
from ocma.features.analytics import plan as plans
from ocma.features.analytics.collector import Collector
from ocma.features.analytics.conclude import Outcome, conclude, postpone
from ocma.features.analytics.look import look
from ocma.features.analytics.models import Measurement
from ocma.features.analytics.plan import DAILY, Claim, Plan
from ocma.infra.database import FAILURES

log = structlog.get_logger(__name__)

GRACE = 10.0  # seconds
PAUSE = 5.0  # seconds between two looks for what is due, when nothing is


async def run(collector: Collector, stop: asyncio.Event) -> None:
    """Until `stop`; what is under way then has a moment more. What that is too short for is taken up when its lease ends."""
    running = set[asyncio.Task[Outcome | None]]()
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            claims = await _claim(collector, collector.concurrency - len(running))
            running |= {asyncio.create_task(collect(collector, each)) for each in claims}
            pause = PAUSE * collector.random.uniform(0.8, 1.2)
            await asyncio.wait({stopping, *running}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            running = {each for each in running if not each.done()}
        if running:
            await asyncio.wait(running, timeout=GRACE)
    finally:
        for each in (stopping, *running):
            each.cancel()
        await asyncio.gather(stopping, *running, return_exceptions=True)


async def claim_due(collector: Collector, most: int) -> list[Claim]:
    """Accounts whose turn it is, for this process to look at."""
    query = "SELECT * FROM claim_measurements($1, $2, $3)"
    rows = await collector.database.system(query, most, collector.lease, collector.clock())
    return [Claim(row["workspace_id"], row["account_id"], row["fence"]) for row in rows]


async def claim_these(
    collector: Collector, workspace_id: UUID, account_ids: Sequence[UUID], *, now: bool, pause: timedelta | None = None
) -> list[Claim]:
    """Those of a workspace that nobody looks at this moment, nor has for `pause`; without `now` only those whose turn it is."""
    is_free = or_(Measurement.lease_until.is_(None), Measurement.lease_until < func.clock_timestamp())
    turn = Measurement.next_at.is_not(None) if now else Measurement.next_at <= collector.clock()
    taken = update(Measurement).where(Measurement.account_id.in_(account_ids), is_free, turn)
    if pause is not None:
        taken = taken.where(or_(Measurement.fetched_at.is_(None), Measurement.fetched_at < func.clock_timestamp() - pause))
    taking = taken.values(fence=Measurement.fence + 1, lease_until=func.clock_timestamp() + collector.lease)
    async with collector.database.transaction(workspace_id) as session:
        rows = await session.execute(taking.returning(Measurement.account_id, Measurement.fence))
        return [Claim(workspace_id, row.account_id, row.fence, now) for row in rows]


async def collect(collector: Collector, claim: Claim) -> Outcome | None:
    """One account. Never raises: what could not be written down is read again when the lease ends. None: nothing was asked, or
    nothing written.
    """
    try:
        plan = await _plan(collector, claim)
        if plan is None:
            return None
        found = await look(collector, plan)
        outcome = await conclude(collector, plan, found)
    except (OcmaError, *FAILURES) as error:
        log.warning("metrics.unrecorded", account=str(claim.account_id), error=type(error).__name__)
        return None
    except Exception:  # what was not foreseen must not end everybody's figures without a word
        log.exception("metrics.unexpected", account=str(claim.account_id))
        return None
    if outcome is None:
        log.warning("metrics.claimLost", account=str(claim.account_id), fence=claim.fence)
    return outcome


async def _plan(collector: Collector, claim: Claim) -> Plan | None:
    """None: there is nothing to ask now, and it is settled when it is asked again."""
    async with collector.recording, collector.database.transaction(claim.workspace_id) as session:
        ours = await plans.lock(session, claim)
        if ours is None:
            return None
        account, row = ours
        if account.status != "active":
            postpone(row, None)
            return None
    if wait := await collector.gates.bars(account):
        return await _postpone(collector, claim, wait.at + timedelta(seconds=collector.random.uniform(1, 30)))
    async with collector.recording, collector.database.transaction(claim.workspace_id) as session:
        ours = await plans.lock(session, claim)
        plan = await plans.make(collector, session, *ours, claim) if ours else None
    return plan if plan or not ours else await _postpone(collector, claim, _later(collector))


def _later(collector: Collector) -> datetime:
    """A platform of which OCMA reads no figures may have some with the next release."""
    return collector.clock().astimezone(UTC) + DAILY * collector.random.uniform(0.8, 1.2)


async def _postpone(collector: Collector, claim: Claim, until: datetime) -> None:
    async with collector.recording, collector.database.transaction(claim.workspace_id) as session:
        if ours := await plans.lock(session, claim):
            postpone(ours[1], until)


async def _claim(collector: Collector, most: int) -> list[Claim]:
    try:
        return await claim_due(collector, most) if most > 0 else []
    except FAILURES as error:
        log.warning("metrics.claim", error=type(error).__name__)
    except Exception:
        log.exception("metrics.unexpected")
    return []
