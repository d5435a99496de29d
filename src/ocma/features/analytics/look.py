"""One account is asked for its figures. What was answered counts, whatever went wrong after it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from ocma.errors import OcmaError, Unavailable
from ocma.features.analytics.collector import Collector
from ocma.features.analytics.plan import PAGE, Plan
from ocma.features.analytics.timeline import Due
from ocma.features.publishing.line import Line
from ocma.platforms.connector import Access
from ocma.platforms.errors import (
    AccountRestricted,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.metrics import Measured, Reading, Seen, Target

log = structlog.get_logger(__name__)

# After these nothing more is asked; any other refusal is of the one question.
ENDS = (Throttled, PlatformUnavailable, OutcomeUnknown, ReauthorizationRequired, AccountRestricted, Unavailable)
MOST = 5000  # posts of one listing
SHARE = 0.8  # of its lease that a look may take before it asks no more


@dataclass(slots=True)
class Findings:
    """What was answered. `notes`: what was not, by question. `ended`: why no more was asked.

    `reserved`: posts paid for to be listed; `cut`: there was no money for the rest.
    """

    account: bool = False
    listed: bool = False
    asked: list[Due] = field(default_factory=list[Due])
    readings: list[Reading] = field(default_factory=list[Reading])
    seen: list[Seen] = field(default_factory=list[Seen])
    gone: set[str] = field(default_factory=set[str])
    refused: set[str] = field(default_factory=set[str])
    notes: list[tuple[str, OcmaError]] = field(default_factory=list[tuple[str, OcmaError]])
    ended: OcmaError | None = None
    reserved: int = 0
    cut: bool = False
    version: int | None = None

    def take(self, measured: Measured) -> None:
        self.readings += measured.readings
        self.refused |= set(measured.refused)
        self.gone |= set(measured.gone)


def _unheard(_: object) -> None:
    """Headers of publishing calls: there are none."""


async def look(collector: Collector, plan: Plan) -> Findings:
    """Raises what our own database does; what a platform does is in the findings."""
    line = Line(collector.desk, plan.account, plan.token, _unheard)
    found = Findings()
    try:
        async with asyncio.timeout(collector.lease.total_seconds() * SHARE):
            await _ask_all(collector, plan, line, found)
    except TimeoutError:
        found.ended = PlatformUnavailable(platform=plan.account.platform, rule="tooSlow")
    except OcmaError as error:
        found.ended = error
    found.version = line.version
    return found


async def _ask_all(collector: Collector, plan: Plan, line: Line, found: Findings) -> None:
    if plan.since is not None:
        await _question(collector, plan, line, found, "account", lambda access: _account(plan, access, found))
        found.account = True
    if plan.listed_since is not None and await _reserve(collector, plan, found):
        await _question(collector, plan, line, found, "list", lambda access: _list(collector, plan, access, found))
        found.listed = not found.cut
    for start in range(0, len(plan.posts), plan.measuring.at_once):
        batch = plan.posts[start : start + plan.measuring.at_once]
        await _question(collector, plan, line, found, "posts", lambda access, batch=batch: _posts(plan, access, batch, found))
        found.asked += batch


async def _question(
    collector: Collector, plan: Plan, line: Line, found: Findings, name: str, ask: Callable[[Access], Awaitable[None]]
) -> None:
    """A refusal of this question is noted; raises one that ends the look."""
    try:
        async with asyncio.timeout(collector.patience):
            await _with_access(plan, line, ask)
    except TimeoutError as error:
        raise PlatformUnavailable(platform=plan.account.platform, rule="tooSlow") from error
    except ENDS:
        raise
    except OcmaError as error:
        found.notes.append((name, error))
    except Exception as error:
        log.exception("metrics.unreadable", account=str(plan.account.id), platform=plan.account.platform, question=name)
        unread = PlatformError("OCMA could not read the answer.", platform=plan.account.platform, rule="answerUnreadable")
        unread.__cause__ = error
        found.notes.append((name, unread))


async def _with_access(plan: Plan, line: Line, ask: Callable[[Access], Awaitable[None]]) -> None:
    """A refused token is renewed once; a new one that is refused as well is the platform's trouble, as in publishing."""
    access = await line.access()
    try:
        await ask(access)
    except ReauthorizationRequired:
        access = await line.renew()
        try:
            await ask(access)
        except ReauthorizationRequired as error:
            raise PlatformUnavailable(platform=plan.account.platform, rule="freshTokenRefused", status=error.status) from error


async def _account(plan: Plan, access: Access, found: Findings) -> None:
    since: datetime = plan.since or plan.account.connected_at
    found.take(await plan.connector.measure_account(access, since))


async def _posts(plan: Plan, access: Access, batch: Sequence[Due], found: Findings) -> None:
    targets = [Target(each.platform_post_id, each.published_at) for each in batch]
    found.take(await plan.connector.measure_posts(access, targets))


async def _list(collector: Collector, plan: Plan, access: Access, found: Findings) -> None:
    """What came before it broke off is kept; the same posts come again, which does no harm."""
    since = plan.listed_since or plan.account.connected_at
    begun = len(found.seen)
    async with aclosing(plan.connector.list_posts(access, since)) as posts:
        while len(found.seen) - begun < MOST and await _reserve(collector, plan, found):
            if (each := await _next(posts)) is None:
                return
            found.seen.append(each)
            found.readings += [replace(reading, post=each.id) for reading in each.readings]


async def _next(posts: AsyncGenerator[Seen]) -> Seen | None:
    return await anext(posts, None)


async def _reserve(collector: Collector, plan: Plan, found: Findings) -> bool:
    """May one more post be asked for? Where that is billed a page is paid for before; what it did not hold is given back."""
    if plan.purse is None or len(found.seen) < found.reserved:
        return True
    async with collector.recording, collector.database.transaction(plan.account.workspace_id) as session:
        found.cut = not await plan.purse.take(session, PAGE, whole=True)
    found.reserved += 0 if found.cut else PAGE
    return not found.cut
