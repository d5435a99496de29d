"""Reads that may be some seconds old, such as reports: from the replica while it keeps up, else from the primary."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar
from uuid import UUID

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import NotFound
from ocma.infra.database import FAILURES, Database
from ocma.infra.meters import Meters
from ocma.infra.replica import Replica

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


class Reader:
    """`replica` None: everything is read from the primary."""

    def __init__(self, primary: Database, replica: Replica | None, meters: Meters) -> None:
        self._primary, self.replica, self._meters = primary, replica, meters

    async def read(self, workspace_id: UUID, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        """What `work` makes of a transaction in which nothing can be written, as `ocma_app`, of this workspace.

        `work` is called again with another session when the replica fails in the middle, or when it raises NotFound there:
        what is missing may have come a moment ago. Not for what somebody who has just written expects to see.
        """
        if self.replica is None:
            return await self._read(workspace_id, work)
        because = await self.replica.ready()
        if because is None:
            try:
                answer = await self.replica.read(workspace_id, work)
            except NotFound:
                because = "absent"
            except FAILURES as error:
                because = "failed"
                log.warning("replica.failed", error=type(error).__name__)
            else:
                self._meters.read("replica")
                return answer
        self._meters.read("primary", because)
        return await self._read(workspace_id, work)

    async def _read(self, workspace_id: UUID, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        async with self._primary.reading(workspace_id) as session:
            return await work(session)


def describe(replica: Replica) -> Iterable[Metric]:
    """As it was at the last look. What is not known is not shown."""
    if not replica.known:
        return
    yield GaugeMetricFamily(
        "ocma_replica_used", "Whether reports are read from the replica of the database.", value=replica.fault is None
    )
    lag = GaugeMetricFamily("ocma_replica_lag_seconds", "How far the replica is behind, at most.")
    if replica.behind is not None:
        lag.add_metric([], replica.behind)
    yield lag
