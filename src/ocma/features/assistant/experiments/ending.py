"""An experiment stopped or deleted by a person: what is not out yet does not go out."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Conflict
from ocma.features.assistant.experiments.design import Laboratory, get_experiment
from ocma.features.assistant.experiments.look import look
from ocma.features.assistant.experiments.models import Experiment
from ocma.features.assistant.experiments.outcomes import find_places
from ocma.features.publishing import jobs
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller


async def stop(session: AsyncSession, lab: Laboratory, caller: Caller, experiment_id: UUID) -> None:
    """After a last look, which may decide it; what is decided stays so. Raises Conflict for a draft, or when all is over."""
    row = (await look(session, lab, caller, experiment_id)).row
    if row.state == "draft":
        raise Conflict("This experiment was never started.", code="notRunning", remediation="Delete it, if you do not need it.")
    if row.state == "stopped":
        raise Conflict("This experiment was stopped before.", code="notRunning")
    cancelled = await _cancel(session, caller, row)
    if row.state == "decided" and not cancelled:
        raise Conflict("This experiment is decided, and nothing of it is waiting to go out.", code="notRunning")
    if row.state == "running":
        row.state, row.ended_at = "stopped", lab.clock()
        await session.flush()
    await audit.record(session, caller, "experiment.stopped", str(row.id), {"cancelled": cancelled})


async def delete(session: AsyncSession, caller: Caller, experiment_id: UUID) -> None:
    """Posts that are out stay where they are."""
    row = await get_experiment(session, experiment_id)
    cancelled = await _cancel(session, caller, row)
    name = row.name
    await session.delete(row)
    await session.flush()
    await audit.record(session, caller, "experiment.deleted", str(experiment_id), {"name": name, "cancelled": cancelled})


async def _cancel(session: AsyncSession, caller: Caller, row: Experiment) -> int:
    """How many posts will not go out."""
    waiting = [each.publication.post_id for each in await find_places(session, row.id) if each.publication.state == "scheduled"]
    return await jobs.cancel_all(session, caller, waiting)
