"""Experiments that run are looked at in turn, though nobody asks. The test holds at any look, so these do no harm."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from ocma.errors import OcmaError
from ocma.features.assistant.experiments.design import Laboratory
from ocma.features.assistant.experiments.look import look
from ocma.features.workspaces.caller import itself
from ocma.infra.database import FAILURES, Database

log = structlog.get_logger(__name__)

TASK = "experiments.look"
EVERY = timedelta(minutes=10)  # figures come by the hour
BATCH, TOGETHER = 100, 10  # experiments that are handed out at a time, and those of them in a message

Turn = tuple[str, str]


async def claim(database: Database) -> list[list[Turn]]:
    """Messages of (workspace, experiment). Of several who ask, one gets each; who has it and dies leaves it for the next turn."""
    rows = await database.system("SELECT workspace_id, id FROM claim_looks($1, $2)", EVERY, BATCH)
    turns = [(str(workspace), str(experiment)) for workspace, experiment in rows]
    return [turns[start : start + TOGETHER] for start in range(0, len(turns), TOGETHER)]


async def look_all(lab: Laboratory, message: Sequence[Turn]) -> None:
    """Never raises for one of them: its turn comes again. A message that comes twice decides nothing twice."""
    for workspace, experiment in message:
        caller = itself(UUID(workspace))
        try:
            async with lab.database.transaction(caller.workspace_id) as session:
                await look(session, lab, caller, UUID(experiment))
        except (OcmaError, *FAILURES) as error:
            log.warning("experiment.look", experiment=experiment, error=type(error).__name__)
