"""Rounds: every account has each variant once, in an order that chance alone chooses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Conflict, Invalid, Issue
from ocma.features.assistant.experiments.design import (
    Contents,
    Laboratory,
    check,
    empty_draft,
    fingerprint,
    get_experiment,
    list_variants,
    written,
)
from ocma.features.assistant.experiments.models import Experiment, ExperimentPost
from ocma.features.assistant.experiments.schemas import NewRound, Start
from ocma.features.posts.models import Post
from ocma.features.publishing.models import Publication
from ocma.features.publishing.plan import Draft, plan_all
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller

HORIZON = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Slots:
    """`round` from 1; blocks are numbered through all rounds, from `block` on."""

    round: int
    block: int
    starts_at: datetime
    every: timedelta

    def at(self, place: int) -> datetime:
        return self.starts_at + self.every * place


def draw(seed: int, round_: int, account_id: UUID, keys: Iterable[str]) -> list[str]:
    """The order of the variants on an account in a round: each order is as likely as any other, and the seed gives it again."""
    order = sorted(keys)
    Random(f"{seed}/{round_}/{account_id}").shuffle(order)  # noqa: S311 - drawn from a seed that is kept, to be checked by others
    return order


async def start(session: AsyncSession, lab: Laboratory, caller: Caller, experiment_id: UUID, wanted: Start) -> list[str]:
    """Plans the first round. Raises Conflict unless it is a draft, Invalid with all that stands against it; returns warnings."""
    row = await get_experiment(session, experiment_id)
    if row.state != "draft":
        raise Conflict(f"This experiment is {row.state}; it was started before.", code="notDraft")
    contents = {each.key: each.content for each in await list_variants(session, row.id)}
    paths = {key: f"variants.{index}" for index, key in enumerate(contents)}
    warnings = await _add_round(session, lab, caller, row, contents, wanted, paths)
    row.state, row.started_at = "running", lab.clock()
    await session.flush()
    await audit.record(session, caller, "experiment.started", str(row.id), {"posts": len(contents) * len(row.account_ids)})
    return warnings


async def add_round(session: AsyncSession, lab: Laboratory, caller: Caller, experiment_id: UUID, wanted: NewRound) -> list[str]:
    """Plans one more, with new texts. Raises Conflict unless it runs and has room, Invalid with all that stands against it."""
    row = await get_experiment(session, experiment_id)
    if row.state != "running":
        remediation = "Start it first." if row.state == "draft" else "Make another experiment."
        raise Conflict(f"This experiment is {row.state}; it takes no round.", code="notRunning", remediation=remediation)
    keys = [each.key for each in await list_variants(session, row.id)]
    _check_keys(keys, wanted)
    contents = {key: written(wanted.variants[key]) for key in keys}
    paths = {key: f"variants.{key}" for key in keys}
    await _check_new(session, row, contents, paths)
    warnings = await _add_round(session, lab, caller, row, contents, wanted, paths)
    await audit.record(session, caller, "experiment.extended", str(row.id), {"posts": len(keys) * len(row.account_ids)})
    return warnings


def _check_keys(keys: Sequence[str], wanted: NewRound) -> None:
    remediation = f"Its variants: {', '.join(keys)}."
    odd = {key: f"There is no variant `{key}`." for key in wanted.variants if key not in keys}
    odd |= {key: f"The variant `{key}` has no text." for key in keys if key not in wanted.variants}
    if odd:
        issues = [Issue(f"variants.{key}", "variantsDiffer", message, remediation) for key, message in odd.items()]
        raise Invalid("A round has a text for every variant.", code="variantsDiffer", issues=issues)


async def _check_new(session: AsyncSession, row: Experiment, contents: Contents, paths: Mapping[str, str]) -> None:
    """No account posts the same twice: platforms refuse it, for how long most of them do not say."""
    used = select(Post.content).join(Publication, Publication.post_id == Post.id)
    used = used.join(ExperimentPost, ExperimentPost.publication_id == Publication.id)
    rows = await session.scalars(used.where(ExperimentPost.experiment_id == row.id).distinct())
    before = {fingerprint(each) for each in rows}
    message, remediation = "This was posted in an earlier round.", "Write another one that stands for the same variant."
    again = [key for key, each in contents.items() if fingerprint(each) in before]
    issues = [Issue(paths[key], "postedBefore", message, remediation) for key in again]
    if issues:
        raise Invalid("A round needs new texts.", code="postedBefore", issues=issues, remediation=remediation)


async def _add_round(
    session: AsyncSession,
    lab: Laboratory,
    caller: Caller,
    row: Experiment,
    contents: Contents,
    wanted: Start,
    paths: Mapping[str, str],
) -> list[str]:
    slots = await _slots(session, row, wanted, lab.clock(), len(contents))
    draft = await empty_draft(session, lab.clock())
    _, warnings = await check(session, lab, caller, contents, replace(draft, account_ids=row.account_ids), paths)
    order = [
        (slots.block + number, place, account_id, key)
        for number, account_id in enumerate(row.account_ids)
        for place, key in enumerate(draw(row.seed, slots.round, account_id, contents))
    ]
    drafts = [_filled(draft, row, account_id, contents[key], slots.at(place)) for _, place, account_id, key in order]
    planned = await plan_all(session, caller, lab.library, drafts, lab.clock())
    session.add_all(
        _post(row, slots, block, place, key, each.publications[0])
        for (block, place, _, key), each in zip(order, planned, strict=True)
    )
    await session.flush()
    return warnings


async def _slots(session: AsyncSession, row: Experiment, wanted: Start, now: datetime, variants: int) -> Slots:
    """Raises Conflict when there is no room for a round, Invalid for a time too far away."""
    own = ExperimentPost.experiment_id == row.id
    last = (func.coalesce(func.max(ExperimentPost.round), 0), func.coalesce(func.max(ExperimentPost.block), -1))
    posts, round_, block = (await session.execute(select(func.count(), *last).where(own))).one()
    if posts + variants * len(row.account_ids) > row.max_posts:
        message = f"It has {posts} posts, and one more round would be more than `maxPosts` ({row.max_posts})."
        raise Conflict(message, code="maxPosts", remediation="Wait for what was posted, or stop it.")
    starts_at = _starts_at(wanted.starts_at, now)
    every = timedelta(hours=wanted.every_hours)
    if starts_at > now + HORIZON - every * variants:  # so that the calendar does not end before
        message = f"This is more than {HORIZON.days} days ahead."
        raise Invalid(message, code="timeTooFar", issues=[Issue("startsAt", "timeTooFar", message, "Check the year.")])
    return Slots(round_ + 1, block + 1, starts_at, every)


def _starts_at(wanted: Any, now: datetime) -> datetime:
    """What is past means now."""
    if wanted == "now":
        return now
    try:
        at = wanted.replace(tzinfo=UTC) if wanted.tzinfo is None else wanted.astimezone(UTC)
    except OverflowError:
        message = "This time is outside the calendar."
        raise Invalid(message, code="timeInvalid", issues=[Issue("startsAt", "timeInvalid", message)]) from None
    return max(at, now)


def _filled(draft: Draft, row: Experiment, account_id: UUID, content: Mapping[str, Any], at: datetime) -> Draft:
    when = {"scheduled_at": at, "wall_time": at.astimezone(UTC).replace(tzinfo=None)}
    return replace(draft, content=content, details={"experimentId": str(row.id)}, account_ids=[account_id], **when)


def _post(row: Experiment, slots: Slots, block: int, place: int, key: str, publication: Publication) -> ExperimentPost:
    return ExperimentPost(
        experiment_id=row.id,
        workspace_id=row.workspace_id,
        round=slots.round,
        block=block,
        place=place,
        variant=key,
        account_id=publication.account_id,
        publication_id=publication.id,
    )
