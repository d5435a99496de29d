"""Looks at experiments."""

from ocma.bootstrap import Resources
from ocma.entrypoints.worker.engine import Handler
from ocma.features.assistant.experiments import rota
from ocma.features.assistant.experiments.design import Laboratory


def handlers(resources: Resources) -> dict[str, Handler]:
    """Every task of experiments this process can work, by name."""
    lab = Laboratory(resources.database, resources.library, resources.clock)

    async def look(message: list[rota.Turn]) -> None:
        await rota.look_all(lab, message)

    return {rota.TASK: look}


async def hand_out(resources: Resources) -> None:
    """For a dispatcher, once a minute. Several do it: each experiment's turn goes to one of them."""
    for message in await rota.claim(resources.database):
        await resources.tasks.send(rota.TASK, message)
