"""What a look at an account is to ask: settled before anything is asked, so that what it costs is paid for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.accounts import tokens
from ocma.features.accounts.models import Account, AccountToken
from ocma.features.analytics import ours, timeline
from ocma.features.analytics.budget import Purse, open_purse
from ocma.features.analytics.cadence import on_grid
from ocma.features.analytics.collector import Collector
from ocma.features.analytics.models import Measurement
from ocma.features.analytics.ours import BACK
from ocma.features.analytics.timeline import Due
from ocma.platforms.connector import Measures
from ocma.platforms.metrics import Measuring
from ocma.platforms.registry import get_connector

PAGE = 100  # posts that a platform may give, and bill, at once
CALLS = 20  # of posts, at a look: what is left comes ten minutes later
DAILY = timedelta(days=1)  # how often posts are listed
REVISED = timedelta(days=3)  # single days are asked for again so long, as platforms correct them


@dataclass(frozen=True, slots=True)
class Claim:
    """`fence`: once somebody else has claimed the account, our figures are not written."""

    workspace_id: UUID
    account_id: UUID
    fence: int
    now: bool = False  # whatever the account's turn


@dataclass(frozen=True, slots=True)
class Plan:
    """`since`: from when on single days are asked for; None: the account itself is not due. `listed_since` likewise.

    `posts` are due and paid for, the freshest first; `unpaid` were due as well. `purse` None: the platform bills nothing.
    """

    claim: Claim
    account: Account
    token: AccountToken | None
    connector: Measures
    measuring: Measuring
    since: datetime | None
    listed_since: datetime | None
    posts: Sequence[Due] = ()
    unpaid: int = 0
    purse: Purse | None = None


async def lock(session: AsyncSession, claim: Claim) -> tuple[Account, Measurement] | None:
    """The measurement, until the transaction ends, and the account as it is then; None: somebody else's by now.

    The account itself is not locked: publishing writes to it. Whoever stops or resumes it waits for the measurement.
    """
    ours = select(Measurement).where(Measurement.account_id == claim.account_id, Measurement.fence == claim.fence)
    row = await session.scalar(ours.with_for_update())
    account = await session.get(Account, claim.account_id) if row is not None else None
    return (account, row) if account is not None and row is not None else None


async def make(collector: Collector, session: AsyncSession, account: Account, row: Measurement, claim: Claim) -> Plan | None:
    """None: this platform has no figures that OCMA reads. Takes up what we have published meanwhile."""
    connector, now = get_connector(account.platform), collector.clock().astimezone(UTC)
    measuring = connector.manifest.measuring
    if not isinstance(connector, Measures):
        return None
    listing = claim.now or row.listed_at is None or row.listed_at + DAILY <= now
    await ours.take_up(session, account, row, now, far=listing)
    token = await tokens.find_row(session, account.id)
    is_due = (
        claim.now or row.account_at is None or on_grid(row.account_at + timedelta(seconds=1), account.id, collector.every) <= now
    )
    plan = Plan(
        claim,
        account,
        token,
        connector,
        measuring,
        since=_since(row, measuring, now) if is_due else None,
        listed_since=(row.listed_at - DAILY if row.listed_at else now - BACK) if listing else None,
    )
    return await _with_posts(collector, session, plan, now)


def _since(row: Measurement, measuring: Measuring, now: datetime) -> datetime:
    """Whole days are asked for anew while the platform may still correct them, and after a gap as far back as it has them."""
    back = min(measuring.days or timedelta(0), BACK if row.days_until is None else measuring.days or timedelta(0))
    wanted = now - back if row.days_until is None else row.days_until - max(measuring.late, REVISED)
    return max(wanted, now - back)


async def _with_posts(collector: Collector, session: AsyncSession, plan: Plan, now: datetime) -> Plan:
    posts = await timeline.list_due(session, plan.account.id, now, CALLS * plan.measuring.at_once)
    reads = plan.measuring.reads
    purse = await open_purse(session, plan.account.workspace_id, plan.account.platform, reads, collector.daily_usd, now)
    if purse is None or not posts:
        return replace(plan, posts=posts, purse=purse)
    costly = [each for each in posts if each.billed_on != purse.day]
    paid = costly[: await purse.take(session, len(costly), leave=PAGE if plan.listed_since else 0)]
    await timeline.are_paid(session, [each.id for each in paid], purse.day)
    unpaid = {each.id for each in costly[len(paid) :]}
    return replace(plan, posts=[each for each in posts if each.id not in unpaid], unpaid=len(unpaid), purse=purse)
