"""/api/experiments: variants of a post against each other, judged by a test that may be looked at at any time."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from ocma.bootstrap import Resources
from ocma.entrypoints.api.dependencies import ResourcesDep, needs
from ocma.entrypoints.api.idempotency import IdempotentRoute
from ocma.entrypoints.api.schemas import Cursor, Limit
from ocma.features.assistant.experiments import design, ending, rounds
from ocma.features.assistant.experiments.design import Laboratory
from ocma.features.assistant.experiments.look import Sight, brief, look, view
from ocma.features.assistant.experiments.schemas import (
    ExperimentBrief,
    ExperimentState,
    ExperimentView,
    NewExperiment,
    NewRound,
    Start,
)
from ocma.features.paging import cut
from ocma.features.schema import Page
from ocma.features.workspaces.caller import Caller
from ocma.intelligence.sequential import judge

router = APIRouter(prefix="/api/experiments", tags=["experiments"], route_class=IdempotentRoute)

Reader = Annotated[Caller, needs("posts:read")]
Writer = Annotated[Caller, needs("posts:write")]
DryRun = Annotated[bool, Query(alias="dryRun")]


def _laboratory(resources: Resources) -> Laboratory:
    return Laboratory(resources.database, resources.library, resources.clock)


@router.post("", status_code=201)
async def create_experiment(
    resources: ResourcesDep, caller: Writer, body: NewExperiment, dry_run: DryRun = False
) -> ExperimentView:
    """Writes an experiment down. Every variant is checked for every account's platform; nothing is posted until it is started."""
    lab = _laboratory(resources)
    async with resources.database.transaction(caller.workspace_id) as session:
        made = await design.create(session, lab, caller, body, dry_run=dry_run)
        verdict = judge([each.key for each in made.variants], [], made.experiment.alpha)
        sight = Sight(made.experiment, made.variants, [], verdict, made.warnings, written=not dry_run)
        return view(lab, sight, dry_run=dry_run)


@router.get("")
async def list_experiments(
    resources: ResourcesDep, caller: Reader, state: ExperimentState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[ExperimentBrief]:
    """Newest first."""
    async with resources.database.transaction(caller.workspace_id) as session:
        found = await design.list_experiments(session, state=state, cursor=cursor, limit=limit + 1)
        rows, following = cut(found, limit, lambda row: (row.id,))
        return Page(data=[brief(row) for row in rows], next_cursor=following)


@router.get("/{experiment_id}")
async def show_experiment(resources: ResourcesDep, caller: Reader, experiment_id: UUID) -> ExperimentView:
    """What is known by now, and whether that decides it. However often one looks, false winners stay as rare as `alpha` says."""
    lab = _laboratory(resources)
    async with resources.database.transaction(caller.workspace_id) as session:
        return view(lab, await look(session, lab, caller, experiment_id))


@router.post("/{experiment_id}/start")
async def start_experiment(
    resources: ResourcesDep, caller: Writer, experiment_id: UUID, body: Start, dry_run: DryRun = False
) -> ExperimentView:
    """Schedules the first round: each account gets every variant once, in an order drawn by chance, `everyHours` apart."""
    lab = _laboratory(resources)
    async with resources.database.transaction(caller.workspace_id) as session, session.begin_nested() as step:
        warnings = await rounds.start(session, lab, caller, experiment_id, body)
        found = view(lab, await look(session, lab, caller, experiment_id), dry_run=dry_run)
        found.warnings = [*warnings, *found.warnings]
        if dry_run:
            await step.rollback()
        return found


@router.post("/{experiment_id}/rounds")
async def add_round(
    resources: ResourcesDep, caller: Writer, experiment_id: UUID, body: NewRound, dry_run: DryRun = False
) -> ExperimentView:
    """Schedules one more round, with new texts: no account posts the same twice."""
    lab = _laboratory(resources)
    async with resources.database.transaction(caller.workspace_id) as session, session.begin_nested() as step:
        warnings = await rounds.add_round(session, lab, caller, experiment_id, body)
        found = view(lab, await look(session, lab, caller, experiment_id), dry_run=dry_run)
        found.warnings = [*warnings, *found.warnings]
        if dry_run:
            await step.rollback()
        return found


@router.post("/{experiment_id}/stop")
async def stop_experiment(resources: ResourcesDep, caller: Writer, experiment_id: UUID) -> ExperimentView:
    """Cancels what is not out yet. Of one that is decided, too."""
    lab = _laboratory(resources)
    async with resources.database.transaction(caller.workspace_id) as session:
        await ending.stop(session, lab, caller, experiment_id)
        return view(lab, await look(session, lab, caller, experiment_id))


@router.delete("/{experiment_id}", status_code=204)
async def delete_experiment(resources: ResourcesDep, caller: Writer, experiment_id: UUID) -> None:
    """Cancels what is not out yet, and forgets the experiment. What was posted stays."""
    async with resources.database.transaction(caller.workspace_id) as session:
        await ending.delete(session, caller, experiment_id)
