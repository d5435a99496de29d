"""A metric of an account or a post over time, from roll-ups: never smoothed, never merged, gaps as gaps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Invalid, Issue, NotFound
from ocma.features.accounts.accounts import get_account
from ocma.features.accounts.models import Account
from ocma.features.analytics import freshness
from ocma.features.analytics.buckets import buckets
from ocma.features.analytics.custom import CustomMetric
from ocma.features.analytics.formula import Tree, names, reckon
from ocma.features.analytics.history_schemas import BreakView, Bucket, Granularity, History, Series
from ocma.features.analytics.models import AccountPost, MetricRollup, MetricSeries
from ocma.features.analytics.names import unknown_metric
from ocma.features.analytics.parser import parse
from ocma.features.analytics.period import Period
from ocma.infra.cache import Part
from ocma.platforms.metrics import METRICS, Measure
from ocma.platforms.registry import connectors


@dataclass(frozen=True, slots=True)
class Wish:
    """`metric`: a platforms' metric, or a custom one's key. `post` None: of the account itself."""

    account_id: UUID
    metric: str
    granularity: Granularity
    within: Period
    post: UUID | None = None
    group: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """All that its answer depends on, beside what is stored and the time."""
        return "history", *self.within.parts, self.account_id, self.metric, self.granularity, self.post, self.group

    @property
    def tags(self) -> list[str]:
        own = [] if self.metric in METRICS else [freshness.CUSTOM]
        return [freshness.tag(None, self.account_id), *own]


@dataclass(frozen=True, slots=True)
class _Line:
    """A series with what is known of it, by bucket; `place`: that of its name in the manifest."""

    row: MetricSeries
    measure: Measure | None
    place: int
    known: Mapping[datetime, MetricRollup]


async def get_history(session: AsyncSession, wish: Wish) -> History:
    """Raises NotFound for an account or post that there is not, Invalid for a metric or too many buckets."""
    account = await get_account(session, wish.account_id)
    await _check_post(session, wish)
    times = buckets(wish.within, wish.granularity)
    tree, unit = await _meant(session, account.workspace_id, wish.metric)
    metrics = sorted({each.key for each in names(tree)}) if tree else [wish.metric]
    lines = await _find_lines(session, account, wish, metrics, times)
    return History(
        account_id=account.id,
        platform=account.platform,
        post=wish.post,
        metric=wish.metric,
        group=wish.group,
        unit=unit,
        granularity=wish.granularity,
        start=wish.within.start,
        end=wish.within.end,
        series=list(_reckoned(wish, tree, lines, times) if tree else _plain(wish, lines, times)),
    )


async def _check_post(session: AsyncSession, wish: Wish) -> None:
    if wish.post is None:
        return
    post = await session.get(AccountPost, wish.post)
    if post is None or post.account_id != wish.account_id:
        raise NotFound("There is no such post of this account.")


async def _meant(session: AsyncSession, workspace_id: UUID, metric: str) -> tuple[Tree | None, str]:
    """The formula, where it is a custom metric, and the unit."""
    if metric in METRICS:
        return None, METRICS[metric].unit
    row = await session.get(CustomMetric, (workspace_id, metric))
    if row is None:
        raise unknown_metric(metric, "metric", list(await session.scalars(select(CustomMetric.key))))
    tree = parse(row.formula)
    if any(each.over_all for each in names(tree)):
        message = f"`{metric}` is about all posts of an answer ({row.formula}), and has no history of its own."
        raise Invalid(message, code="notComputable", issues=[Issue("metric", "notComputable", message, "Use one without sum().")])
    return tree, row.unit


async def _find_lines(
    session: AsyncSession, account: Account, wish: Wish, metrics: Sequence[str], times: Sequence[datetime]
) -> list[_Line]:
    """In one query. A series of which nothing was read in this span is there, without buckets."""
    of_post = MetricSeries.post_id == wish.post if wish.post else MetricSeries.post_id.is_(None)
    inside = (
        (MetricRollup.series_id == MetricSeries.id)
        & (MetricRollup.grain == wish.granularity)
        & (MetricRollup.bucket_at >= times[0])
        & (MetricRollup.bucket_at <= times[-1])
    )
    query = (
        select(MetricSeries, MetricRollup)
        .outerjoin(MetricRollup, inside)
        .where(MetricSeries.account_id == account.id, of_post)
        .where(MetricSeries.metric.in_(metrics), MetricSeries.grp == wish.group)
        .order_by(MetricSeries.id)
    )
    rows: dict[MetricSeries, dict[datetime, MetricRollup]] = {}
    for series, rollup in await session.execute(query):
        found = rows.setdefault(series, {})
        if rollup:
            found[rollup.bucket_at.astimezone(UTC)] = rollup
    lines = [_Line(each, *_measure(account.platform, each), known) for each, known in rows.items()]
    return sorted(lines, key=lambda each: (each.place, each.row.id))


def _measure(platform: str, row: MetricSeries) -> tuple[Measure | None, int]:
    """What the manifest says of it now, and in which place; None: the platform has it no more."""
    connector = connectors().get(platform)
    of = "post" if row.post_id else "account"
    measures = connector.manifest.measuring.of(of) if connector else ()
    for place, each in enumerate(measures):
        if (each.metric.key, each.kind) == (row.metric, row.kind) and row.name in (each.name, *each.also):
            return each, place
    return None, len(measures)


def _plain(wish: Wish, lines: Sequence[_Line], times: Sequence[datetime]) -> Iterator[Series]:
    for line in lines:
        found = [_bucket(line, at) for at in times]
        yield Series(name=line.row.name, kind=line.row.kind, breaks=_breaks(wish, [line]), buckets=found)  # pyright: ignore[reportArgumentType] - the database has no other kinds


def _bucket(line: _Line, at: datetime) -> Bucket:
    found = line.known.get(at)
    if found is None:
        return Bucket(at=at, value=None, growth=None, unplaced=None, min=None, max=None, samples=0, gap=True)
    return Bucket(
        at=at,
        value=found.growth if line.row.kind == "delta" else found.last,
        growth=found.growth,
        unplaced=found.gap,
        min=found.min,
        max=found.max,
        samples=found.count,
        gap=False,
    )


def _breaks(wish: Wish, lines: Sequence[_Line]) -> list[BreakView]:
    first, last = wish.within.start.date(), wish.within.end.date()
    found = {each for line in lines if line.measure for each in line.measure.breaks if first <= each.at <= last}
    return [BreakView(at=each.at, about=each.about) for each in sorted(found, key=lambda each: (each.at, each.about))]


def _reckoned(wish: Wish, tree: Tree, lines: Sequence[_Line], times: Sequence[datetime]) -> Iterator[Series]:
    """By the value of each metric in each bucket; of a metric with several names the one that the manifest has first."""
    chosen: dict[str, _Line] = {}
    for line in lines:
        chosen.setdefault(line.row.metric, line)
    if not chosen:
        return
    found = list[Bucket]()
    for at in times:
        figures = {key: _bucket(line, at) for key, line in chosen.items()}
        value = reckon(tree, {key: each.value for key, each in figures.items()}, {})
        samples = sum(each.samples for each in figures.values())
        found.append(
            Bucket(at=at, value=value, growth=None, unplaced=None, min=None, max=None, samples=samples, gap=samples == 0)
        )
    yield Series(name=wish.metric, kind="custom", breaks=_breaks(wish, list(chosen.values())), buckets=found)
