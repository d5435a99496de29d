"""A look at an experiment: what is known by now, and whether that decides it. Looking as often as one likes costs nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.assistant.experiments.design import Laboratory, get_experiment, list_variants
from ocma.features.assistant.experiments.models import Experiment, ExperimentVariant
from ocma.features.assistant.experiments.outcomes import Place, count, find_places, outcomes, why
from ocma.features.assistant.experiments.schemas import (
    ExperimentBrief,
    ExperimentView,
    LiftView,
    PostView,
    VariantView,
)
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.intelligence.sequential import Standing, Verdict, fewest_blocks, judge


@dataclass(frozen=True, slots=True)
class Sight:
    """`written` False: the experiment itself is only thought of."""

    row: Experiment
    variants: Sequence[ExperimentVariant]
    places: Sequence[Place]
    verdict: Verdict
    warnings: Sequence[str] = field(default_factory=list[str])
    written: bool = True


async def look(session: AsyncSession, lab: Laboratory, caller: Caller, experiment_id: UUID) -> Sight:
    """Counts what is known by now, and decides if that is enough. What was decided stays."""
    row = await get_experiment(session, experiment_id)
    variants = await list_variants(session, row.id)
    places = await find_places(session, row.id)
    if row.state == "running":
        await count(session, row, places, lab.clock())
    keys = [each.key for each in variants]
    verdict = await asyncio.to_thread(judge, keys, outcomes(places), row.alpha)  # of hundreds of blocks it takes a while
    if row.state == "running" and (decision := _decision(lab, row, len(variants), places, verdict)):
        row.state, row.decision, row.ended_at = "decided", decision, lab.clock()
        await session.flush()
        await audit.record(session, caller, "experiment.decided", str(row.id), decision)
    return Sight(row, variants, places, verdict)


def _decision(
    lab: Laboratory, row: Experiment, variants: int, places: Sequence[Place], verdict: Verdict
) -> dict[str, str | float | int | None] | None:
    """None: it goes on."""
    if verdict.winner is not None:
        (best,) = (each for each in verdict.standings if each.variant == verdict.winner)
        return {"winner": best.variant, "reason": "better", "p": best.p, "blocks": verdict.blocks}
    has_room = len(places) + variants * len(row.account_ids) <= row.max_posts
    if has_room or any(why(row, each, lab.clock()) == "waiting" for each in places):
        return None
    return {"winner": None, "reason": "maxPosts", "p": None, "blocks": verdict.blocks}


def view(lab: Laboratory, sight: Sight, *, dry_run: bool = False) -> ExperimentView:
    row, alpha = sight.row, sight.row.alpha
    fewest = fewest_blocks(len(sight.variants), alpha)
    known = dict(zip((each.variant for each in sight.verdict.standings), sight.verdict.standings, strict=True))
    common: dict[str, Any] = brief(row).model_dump() | ({} if sight.written else {"id": None})
    return ExperimentView(
        **common,
        blocks=sight.verdict.blocks,
        fewest_blocks=fewest,
        variants=[_variant(each, known[each.key], sight.places) for each in sight.variants],
        allocation=[_post(lab, row, each, dry_run=dry_run) for each in sight.places],
        warnings=[*sight.warnings, *_advice(sight, fewest)],
        dry_run=dry_run,
    )


def brief(row: Experiment) -> ExperimentBrief:
    return ExperimentBrief.model_validate(row)


def _advice(sight: Sight, fewest: int) -> list[str]:
    """While it is not over."""
    row, planned = sight.row, len({each.post.block for each in sight.places}) or len(sight.row.account_ids)
    if row.state not in {"draft", "running"} or planned >= fewest:
        return []
    has = "there are" if sight.places else "the first round has"
    why_not = f"fewer than {fewest} cannot name a winner, though one variant won them all"
    return [f"A block is an account in a round: {why_not}, and {has} {planned}. Add rounds, or accounts."]


def _variant(variant: ExperimentVariant, standing: Standing, places: Sequence[Place]) -> VariantView:
    own = [each.post for each in places if each.post.variant == variant.key]
    values = [each.value for each in own if each.value is not None]
    lift = standing.lift
    return VariantView(
        key=variant.key,
        content=variant.content["parts"][0]["text"],
        posts=len(own),
        counted=len(values),
        mean=fmean(values) if values else None,
        median=median(values) if values else None,
        lift=LiftView(blocks=lift.blocks, estimate=lift.estimate, low=lift.low, high=lift.high) if lift else None,
        p=standing.p,
        e_value=standing.wealth,
    )


def _post(lab: Laboratory, row: Experiment, place: Place, *, dry_run: bool) -> PostView:
    post, publication = place.post, place.publication
    return PostView(
        round=post.round,
        block=post.block,
        place=post.place,
        variant=post.variant,
        account_id=post.account_id,
        platform=publication.platform,
        job_id=None if dry_run else publication.post_id,
        publication_id=None if dry_run else publication.id,
        scheduled_at=publication.scheduled_at,
        status=publication.state,  # pyright: ignore[reportArgumentType] - the table's CHECK holds it to State
        published_at=place.live.published_at if place.live else publication.published_at,
        value=post.value,
        measured_at=post.measured_at,
        why=why(row, place, lab.clock()),
    )
