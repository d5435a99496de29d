"""An experiment before it runs: written down, held to the rules of every platform, listed, found."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.clock import Clock
from ocma.errors import Invalid, Issue, NotFound
from ocma.features.assistant.experiments.figure import check_metric
from ocma.features.assistant.experiments.models import Experiment, ExperimentVariant
from ocma.features.assistant.experiments.schemas import MOST_ACCOUNTS, NewExperiment, Wording
from ocma.features.media.library import Library
from ocma.features.paging import decode_cursor
from ocma.features.posts import content
from ocma.features.posts.schemas import Writing
from ocma.features.publishing.plan import Draft, Planned, examined, take_stock
from ocma.features.workspaces import audit
from ocma.features.workspaces.caller import Caller
from ocma.features.workspaces.models import Workspace
from ocma.ids import new_id
from ocma.infra.database import Database

Contents = Mapping[str, Mapping[str, Any]]  # of each variant, as posts keep them


@dataclass(frozen=True, slots=True)
class Laboratory:
    """What experiments work with, in one hand."""

    database: Database
    library: Library
    clock: Clock


@dataclass(frozen=True, slots=True)
class Designed:
    experiment: Experiment
    variants: Sequence[ExperimentVariant]
    warnings: list[str]


async def create(
    session: AsyncSession, lab: Laboratory, caller: Caller, wanted: NewExperiment, *, dry_run: bool = False
) -> Designed:
    """Raises Invalid with all that is wrong. A dry run checks everything and writes nothing."""
    contents = _contents(wanted)
    draft = replace(await empty_draft(session, lab.clock()), platforms=wanted.platforms, account_ids=wanted.account_ids)
    planned, warnings = await check(session, lab, caller, contents, draft, _paths(wanted))
    accounts = [each.account_id for each in planned.publications]
    check_metric(wanted.metric, {each.platform for each in planned.publications})
    _check_size(wanted, len(accounts))
    row = _experiment(caller, wanted, accounts, lab.clock())
    variants = [
        ExperimentVariant(experiment_id=row.id, workspace_id=caller.workspace_id, key=key, place=place, content=dict(each))
        for place, (key, each) in enumerate(contents.items())
    ]
    if not dry_run:
        session.add(row)
        await session.flush()
        session.add_all(variants)
        await session.flush()
        data = {"name": row.name, "metric": row.metric, "variants": len(variants)}
        await audit.record(session, caller, "experiment.created", str(row.id), data)
    return Designed(row, variants, warnings)


def _contents(wanted: NewExperiment) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for index, each in enumerate(wanted.variants):
        if each.key in found:
            message = f"There are two variants `{each.key}`."
            raise Invalid(message, code="variantTwice", issues=[Issue(f"variants.{index}.key", "variantTwice", message)])
        found[each.key] = written(each)
    return found


def written(wanted: Wording) -> dict[str, Any]:
    """As posts keep it."""
    return content.content(
        Writing(
            content=wanted.content,
            media_ids=wanted.media_ids,
            thread=wanted.thread,
            first_comment=wanted.first_comment,
            link=wanted.link,
            options=wanted.options,
        ),
        [],
    )


def _paths(wanted: NewExperiment) -> dict[str, str]:
    return {each.key: f"variants.{index}" for index, each in enumerate(wanted.variants)}


async def empty_draft(session: AsyncSession, now: datetime) -> Draft:
    """To be filled."""
    workspace = (await session.scalars(select(Workspace))).one()
    when: dict[str, Any] = {"scheduled_at": now, "wall_time": now.replace(tzinfo=None), "timezone": "UTC"}
    return Draft({}, {}, {}, [], [], **when, on_unknown=workspace.on_unknown)


async def check(
    session: AsyncSession, lab: Laboratory, caller: Caller, contents: Contents, draft: Draft, paths: Mapping[str, str]
) -> tuple[Planned, list[str]]:
    """What the first variant would become, and what platforms advise. Raises Invalid with all issues of all variants at once."""
    issues, warnings, planned = _alike(contents, paths), list[str](), None
    drafts = {key: replace(draft, content=each) for key, each in contents.items()}
    stock = await take_stock(session, drafts.values())
    for key, each in drafts.items():
        try:
            planned = examined(caller, lab.library, stock, each, lab.clock())
        except Invalid as error:
            if error.rule != "checkFailed":
                raise
            issues += [replace(issue, path=f"{paths[key]}.{issue.path}") for issue in error.issues]
        else:
            warnings += planned.warnings
    if issues or planned is None:
        raise Invalid("The experiment cannot be run like this.", code="checkFailed", issues=issues)
    return planned, list(dict.fromkeys([*warnings, *_same_texts(contents)]))


def _alike(contents: Contents, paths: Mapping[str, str]) -> list[Issue]:
    """Variants that are the same post: there is nothing to compare, and platforms refuse doubles."""
    seen: dict[str, str] = {}
    issues: list[Issue] = []
    for key, each in contents.items():
        before = seen.setdefault(fingerprint(each), key)
        if before != key:
            issues.append(Issue(paths[key], "variantsAlike", f"The variants `{before}` and `{key}` are the same.", "Change one."))
    return issues


def fingerprint(post: Mapping[str, Any]) -> str:
    """Of what people see of it."""
    return repr([(" ".join(part["text"].split()), part.get("mediaIds"), part.get("link")) for part in post["parts"]])


def text_of(post: Mapping[str, Any]) -> str:
    return " ".join(post["parts"][0]["text"].split())


def _same_texts(contents: Contents) -> list[str]:
    texts = [text_of(each) for each in contents.values()]
    if len(set(texts)) == len(texts):
        return []
    return ["Variants have the same text: platforms that refuse duplicates (X, LinkedIn, Facebook) may refuse the later ones."]


def _check_size(wanted: NewExperiment, accounts: int) -> None:
    message = ""
    if accounts > MOST_ACCOUNTS:
        message = f"This is {accounts} accounts; an experiment has at most {MOST_ACCOUNTS}."
    if accounts * len(wanted.variants) > wanted.max_posts:
        message = f"One round takes {accounts * len(wanted.variants)} posts, more than `maxPosts` ({wanted.max_posts})."
    if message:
        raise Invalid(message, code="tooLarge", issues=[Issue("accountIds", "tooLarge", message, "Name fewer accounts.")])


def _experiment(caller: Caller, wanted: NewExperiment, accounts: list[UUID], now: datetime) -> Experiment:
    given = {name: getattr(wanted, name) for name in ("name", "metric", "hours", "alpha", "max_posts")}
    seed = secrets.randbits(53)  # fits a JSON number everywhere
    own = {"workspace_id": caller.workspace_id, "account_ids": sorted(accounts), "created_by": caller.name, "created_at": now}
    return Experiment(id=new_id(), **given, **own, seed=seed, state="draft")


async def get_experiment(session: AsyncSession, experiment_id: UUID) -> Experiment:
    """Locked: nobody looks, starts or stops it meanwhile."""
    query = select(Experiment).where(Experiment.id == experiment_id).with_for_update()
    row = await session.scalar(query)
    if row is None:
        raise NotFound("There is no such experiment in this workspace.")
    return row


async def list_variants(session: AsyncSession, experiment_id: UUID) -> Sequence[ExperimentVariant]:
    """The first is what the others are compared with."""
    query = select(ExperimentVariant).where(ExperimentVariant.experiment_id == experiment_id)
    return (await session.scalars(query.order_by(ExperimentVariant.place))).all()


async def list_experiments(
    session: AsyncSession, *, state: str | None = None, cursor: str | None = None, limit: int = 50
) -> Sequence[Experiment]:
    """Newest first."""
    query = select(Experiment).order_by(Experiment.id.desc()).limit(limit)
    if state:
        query = query.where(Experiment.state == state)
    if cursor:
        query = query.where(Experiment.id < decode_cursor(cursor, UUID)[0])
    return (await session.scalars(query)).all()
