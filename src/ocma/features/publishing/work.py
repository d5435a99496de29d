"""A message's publications, worked side by side; those of one account one after the other."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from time import monotonic
from uuid import UUID

import structlog

from ocma.features.publishing import claims, ledger
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.gates import Wait
from ocma.features.publishing.ledger import ClaimLost
from ocma.features.publishing.load import Work, load
from ocma.features.publishing.press import Press
from ocma.features.publishing.publish import publish
from ocma.features.publishing.settle import settle
from ocma.infra.database import FAILURES

log = structlog.get_logger(__name__)

TASK = "publications.work"


async def work_batch(press: Press, message: Sequence[tuple[str, int]]) -> None:
    """`message` is (publication id, fence) pairs. What was taken already, or is claimed anew, is passed over."""
    if press.tracing is None:
        return await _work_batch(press, message)
    with press.tracing.batch(len(message)):
        return await _work_batch(press, message)


async def _work_batch(press: Press, message: Sequence[tuple[str, int]]) -> None:
    since = monotonic()
    taken = await claims.take(press.database, [(UUID(each), fence) for each, fence in message], press.lease)
    press.keeper.hold(taken, since)
    works: list[Work] = []
    try:
        works = await load(press, taken)
        waits = await press.gates.admit(works)
        await _rest(press, [(each, waits[each.claim.id]) for each in works if each.claim.id in waits])
        by_account = sorted((each for each in works if each.claim.id not in waits), key=lambda each: each.claim.account_id)
        groups = [list(group) for _, group in groupby(by_account, key=lambda each: each.claim.account_id)]
        await asyncio.gather(*(_work_account(press, group) for group in groups))
    finally:
        for claim in taken:
            press.keeper.let_go(claim)
        await press.gates.done(works)


async def _work_account(press: Press, group: list[Work]) -> None:
    for index, each in enumerate(group):
        queue, road = press.lanes.enter(each.account.platform, each.account.host)
        async with queue, road:
            if press.stopping.is_set():
                await claims.extend(press.database, [each.claim], timedelta(0))
            elif wait := press.gates.halted(each):
                await _rest(press, _in_order(group[index:], wait))
                return
            else:
                await _work_one(press, each)


def _in_order(group: list[Work], wait: Wait) -> list[tuple[Work, Wait]]:
    """An account's posts keep their order while they wait."""
    return [(each, replace(wait, seconds=wait.seconds + index * 0.001)) for index, each in enumerate(group)]


async def _rest(press: Press, waiting: list[tuple[Work, Wait]]) -> None:
    """What may not go yet is put back until it may."""
    if waiting:
        log.info("publications.snoozed", count=len(waiting), reason=waiting[0][1].reason)
        await ledger.snooze(press, waiting)
        for work, wait in waiting:
            press.keeper.let_go(work.claim)
            press.meters.put_back(work.claim.platform, wait.reason, work.claim.account_id, wait.seconds)


async def _work_one(press: Press, work: Work) -> None:
    """Never raises: what cannot be written down is taken back by the sweeper when the lease ends."""
    act = settle if work.claim.state == "unknown" else publish
    try:
        if press.tracing is None:
            await act(press, work)
        else:
            with press.tracing.publication(work.claim.id, work.claim.platform, work.claim.fence, act.__name__):
                await act(press, work)
    except ClaimLost as lost:
        await press.gates.told(work, lost)
        log.warning("publication.claimLost", publication=str(work.claim.id), fence=work.claim.fence)
    except FAILURES as error:
        log.warning("publication.unrecorded", publication=str(work.claim.id), error=type(error).__name__)
    except Exception:
        log.exception("publication.unexpected", publication=str(work.claim.id))
    finally:
        press.keeper.let_go(work.claim)


def messages(found: Sequence[Claim], size: int = 100) -> list[list[tuple[str, int]]]:
    """Batches per platform; an account's publications are never spread over two."""
    batches: list[list[tuple[str, int]]] = []
    order = sorted(found, key=lambda each: (each.platform, each.account_id))
    for _, platform in groupby(order, key=lambda each: each.platform):
        batch: list[tuple[str, int]] = []
        for _, account in groupby(platform, key=lambda each: each.account_id):
            batch += [(str(each.id), each.fence) for each in sorted(account, key=lambda each: (each.due_at, each.id))]
            if len(batch) >= size:
                batches.append(batch)
                batch = []
        batches += [batch] if batch else []
    return batches
