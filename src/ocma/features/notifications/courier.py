"""Brings events to webhooks: spreads them into deliveries, takes those that are due, sends them. Any number of copies may run.

At least once: a delivery whose result could not be written down (a crash, a lost connection) is sent again when its lease ends,
under the same `webhook-id`. The order of deliveries is not promised.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

import structlog

from ocma.clock import Clock
from ocma.errors import OcmaError
from ocma.features.notifications import deliver
from ocma.features.notifications.deliver import Claim, Post
from ocma.infra.database import FAILURES, Database
from ocma.infra.outbound import Outbound
from ocma.infra.vault import Vault

log = structlog.get_logger(__name__)

SPREAD = 1000  # events at a time
LATE = timedelta(minutes=10)  # published so long after its time, a person is told
PAUSE = 1.0  # seconds between two looks, when nothing happens
GATHER = 0.02  # seconds in which places that become free are filled together
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Courier:
    """`concurrency` and `per_endpoint` bound what is under way at once: here, and to one endpoint everywhere.

    `patience` multiplies the waits between tries, `timeout` (seconds) is a try's.
    """

    database: Database
    vault: Vault
    outbound: Outbound
    clock: Clock
    trusted_hosts: Collection[str]
    concurrency: int = 50
    per_endpoint: int = 8
    timeout: float = 10.0
    patience: float = 1.0
    lease: timedelta = LEASE
    random: Random = field(default_factory=Random)

    def post(self) -> Post:
        return Post(
            database=self.database,
            vault=self.vault,
            client=self.outbound.client("", chosen=False),
            clock=self.clock,
            trusted_hosts=self.trusted_hosts,
            timeout=self.timeout,
            patience=self.patience,
            random=self.random,
        )


async def run(courier: Courier, stop: asyncio.Event) -> None:
    """Until `stop`; what was begun is finished, within the time limit of a try."""
    wake = asyncio.Event()
    await asyncio.gather(_spread_all(courier, wake, stop), _deliver_all(courier, wake, stop))


async def spread(courier: Courier) -> int:
    """One step, in the order of commits: new events become notifications and deliveries. Returns how many events."""
    query = "SELECT spread_events($1, $2)"
    return (await courier.database.system(query, SPREAD, LATE))[0][0]


async def claim(courier: Courier, most: int) -> Sequence[Claim]:
    """What is due now, for this process to send."""
    query = "SELECT * FROM claim_deliveries($1, $2, $3)"
    rows = await courier.database.system(query, most, courier.per_endpoint, courier.lease)
    return [Claim(row["id"], row["workspace_id"], row["attempt"]) for row in rows]


async def _spread_all(courier: Courier, wake: asyncio.Event, stop: asyncio.Event) -> None:
    while not stop.is_set():
        seen = 0
        try:
            seen = await spread(courier)
        except FAILURES as error:
            log.warning("webhooks.spread", error=type(error).__name__)
        except Exception:  # what was not foreseen must not end everybody's webhooks without a word
            log.exception("webhooks.unexpected")
        if seen:
            wake.set()
        if seen < SPREAD:
            await _wait(stop, PAUSE * courier.random.uniform(0.8, 1.2))


async def _deliver_all(courier: Courier, wake: asyncio.Event, stop: asyncio.Event) -> None:
    """`wake` is set when something may be due: events were spread, or a place became free."""
    running, post = dict[asyncio.Task[None], UUID](), courier.post()

    def over(task: asyncio.Task[None]) -> None:
        running.pop(task, None)
        wake.set()

    while not stop.is_set():
        wake.clear()
        for each in await _claim(courier, courier.concurrency - len(running)):
            task = asyncio.create_task(_deliver(post, each))
            running[task] = each.id
            task.add_done_callback(over)
        await _wait(wake, PAUSE * courier.random.uniform(0.8, 1.2), stop)
        await asyncio.sleep(GATHER)
    if running:
        await asyncio.wait(list(running))


async def _claim(courier: Courier, most: int) -> Sequence[Claim]:
    try:
        return await claim(courier, most) if most > 0 else []
    except FAILURES as error:
        log.warning("webhooks.claim", error=type(error).__name__)
        return []
    except Exception:
        log.exception("webhooks.unexpected")
        return []


async def _deliver(post: Post, claim: Claim) -> None:
    """Never raises: what could not be written down is sent again when its lease ends."""
    try:
        await deliver.deliver(post, claim)
    except (OcmaError, *FAILURES) as error:
        log.warning("webhooks.unrecorded", delivery=str(claim.id), error=type(error).__name__)
    except Exception:
        log.exception("webhooks.unexpected", delivery=str(claim.id))


async def _wait(event: asyncio.Event, seconds: float, other: asyncio.Event | None = None) -> None:
    waiting = [asyncio.create_task(each.wait()) for each in (event, other) if each is not None]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
