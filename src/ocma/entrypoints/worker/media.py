"""Media work: renditions that were asked for, and chores."""

from uuid import UUID

from ocma.bootstrap import Resources
from ocma.entrypoints.worker.engine import Handler
from ocma.errors import NotFound
from ocma.features.media import chores, renditions
from ocma.features.media.chores import Chore


def handlers(resources: Resources) -> dict[str, Handler]:
    """Every media task this process can work, by name."""

    async def render(workspace_id: str, rendition_id: str) -> None:
        try:
            await resources.renditions.make(UUID(workspace_id), UUID(rendition_id), wait=False)
        except NotFound:  # deleted meanwhile
            return

    async def tidy(message: list[Chore]) -> None:
        await chores.do_all(resources.uploads, message)

    async def sweep() -> None:
        await chores.sweep(resources.library.shelf)

    return {renditions.TASK: render, chores.TASK: tidy, chores.SWEEP: sweep}


async def hand_out(resources: Resources) -> None:
    """For a dispatcher, once a minute. Several do it: whatever comes twice is done once."""
    found = await chores.find_chores(resources.database)
    if tidying := [each for each in found if each[0] != chores.RENDITION]:
        await resources.tasks.send(chores.TASK, tidying)
    for kind, workspace_id, file_id in found:
        if kind == chores.RENDITION:
            await resources.tasks.send(renditions.TASK, workspace_id, file_id)
    if await resources.redis.set(chores.SWEEP, 1, nx=True, ex=int(chores.SWEEP_EVERY.total_seconds())):
        await resources.tasks.send(chores.SWEEP)
