"""What became of an experiment's posts: each one's figure, so many hours after it was published, as it was read then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.analytics.definitions import doubly_named
from ocma.features.analytics.models import AccountPost, MetricSample, MetricSeries
from ocma.features.assistant.experiments.figure import reckon
from ocma.features.assistant.experiments.models import Experiment, ExperimentPost
from ocma.features.publishing.models import Publication
from ocma.intelligence.sequential import Outcome

Why = Literal["waiting", "notPublished", "gone", "notMeasured", "over"]

# How much later than `hours` the reading may be that counts; a quarter of `hours`, if that is more.
PATIENCE = timedelta(hours=12)
# Readings of many accounts are written side by side: all that are older than this are there, so none comes in between later.
SETTLED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Place:
    """A post of an experiment, its publication, and the post as the platform has it, once that is known."""

    post: ExperimentPost
    publication: Publication
    live: AccountPost | None


async def find_places(session: AsyncSession, experiment_id: UUID) -> list[Place]:
    """In the order of blocks and places."""
    own = (AccountPost.publication_id == Publication.id) & (AccountPost.part == 0)
    query = (
        select(ExperimentPost, Publication, AccountPost)
        .join(Publication, Publication.id == ExperimentPost.publication_id)
        .outerjoin(AccountPost, own)
        .where(ExperimentPost.experiment_id == experiment_id)
        .order_by(ExperimentPost.block, ExperimentPost.place)
        .execution_options(populate_existing=True)  # triggers change publications
    )
    return [Place(*row) for row in (await session.execute(query)).all()]


async def count(session: AsyncSession, row: Experiment, places: Sequence[Place], now: datetime) -> None:
    """Fills in what is known by now. Whoever calls holds the experiment's lock; what was filled in stays.

    Of each post the first reading counts that is `hours` old at least: when somebody looks changes nothing.
    """
    open_ = {each.live.id: each for each in places if each.live and each.post.value is None}
    due = {key: each for key, each in open_.items() if each.live and each.live.published_at + _after(row) <= now - SETTLED}
    if not due:
        return
    for post_id, readings in (await _readings(session, row, due, now)).items():
        found = _first(row.metric, readings)
        if found:
            due[post_id].post.measured_at, due[post_id].post.value = found
    await session.flush()


def _after(row: Experiment) -> timedelta:
    return timedelta(hours=row.hours)


def _until(row: Experiment) -> timedelta:
    return _after(row) + max(PATIENCE, _after(row) / 4)


Readings = dict[datetime, dict[str, tuple[int, float]]]  # by time and metric: place of the platform's name, and value


async def _readings(session: AsyncSession, row: Experiment, due: Mapping[UUID, Place], now: datetime) -> dict[UUID, Readings]:
    """By post: what was read of it between `hours` and as long as that may wait."""
    born = {key: each.live.published_at for key, each in due.items() if each.live}
    platforms = {key: each.publication.platform for key, each in due.items()}
    query = (
        select(MetricSeries.post_id, MetricSeries.metric, MetricSeries.name, MetricSample.fetched_at, MetricSample.value)
        .join(MetricSample, MetricSample.series_id == MetricSeries.id)
        .where(MetricSeries.post_id.in_(due), MetricSeries.grp == "", MetricSeries.kind != "delta")
        .where(MetricSample.fetched_at >= min(born.values()) + _after(row), MetricSample.fetched_at <= now - SETTLED)
        .where(MetricSample.start_at.is_(None))
    )
    names, found = doubly_named(), dict[UUID, Readings]()
    for post_id, metric, name, at, value in await session.execute(query):
        if post_id and born[post_id] + _after(row) <= at <= born[post_id] + _until(row):
            full = f"{platforms[post_id]}/{metric}/{name}"
            rank = names.index(full) if full in names else len(names)
            figures = found.setdefault(post_id, {}).setdefault(at, {})
            figures[metric] = min(figures.get(metric, (rank, value)), (rank, value))
    return found


def _first(metric: str, readings: Readings) -> tuple[datetime, float] | None:
    for at in sorted(readings):
        value = reckon(metric, {key: value for key, (_, value) in readings[at].items()})
        if value is not None:
            return at, max(value, 0.0)
    return None


def why(row: Experiment, place: Place, now: datetime) -> Why | None:
    """Why a post has no figure; None: it has one."""
    if place.post.value is not None:
        return None
    if place.publication.state in {"failed", "cancelled"}:
        return "notPublished"
    if place.live and place.live.gone_at:
        return "gone"
    if row.state in {"decided", "stopped"}:
        return "over"
    born = place.live.published_at if place.live else place.publication.published_at
    return "notMeasured" if born and born + _until(row) + SETTLED < now else "waiting"


def outcomes(places: Iterable[Place]) -> list[Outcome]:
    """Those that are known, as they became so."""
    return [
        Outcome(each.post.block, each.post.variant, each.post.value, each.post.measured_at.timestamp())
        for each in places
        if each.post.value is not None and each.post.measured_at is not None
    ]
