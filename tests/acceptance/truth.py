"""What OCMA should have written down, by the sandbox's own books and each platform's word on how late and how round it tells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from acceptance.month import DAY, Month
from ocma.features.analytics.ours import BACK
from ocma.platforms.linkedin import measures as linkedin
from ocma.platforms.metrics import Measure
from ocma.platforms.registry import get_connector
from ocma_sandbox import audience

_SERIES = text(
    "SELECT s.id, s.metric, s.name, s.kind, s.grp, s.latest, s.latest_at, a.platform, a.id AS account_id, p.platform_post_id AS post "
    "FROM metric_series s JOIN accounts a ON a.id = s.account_id LEFT JOIN account_posts p ON p.id = s.post_id ORDER BY s.id"
)
_SAMPLES = text("SELECT series_id, value, start_at, end_at, fetched_at FROM metric_samples ORDER BY fetched_at, start_at")


class Series(NamedTuple):
    id: int
    metric: str
    name: str
    kind: str
    grp: str
    latest: float
    latest_at: datetime
    platform: str
    account_id: UUID
    post: str | None


class Sample(NamedTuple):
    series_id: int
    value: float
    start_at: datetime | None
    end_at: datetime | None
    fetched_at: datetime


@dataclass(frozen=True)
class Told:
    """How a platform tells of what is true.

    `late`: how long after a day's end it is told. `reports`: figures of posts that hold whole days only; `insights`: that are late
    by the hour. `rounded`: what is made of a figure. `names`: in the books, where they are called otherwise there (a group's after
    a space). `is_silent`: a day to which nothing happened is left out.
    """

    zone: str = "UTC"
    late: timedelta = timedelta(0)
    reports: frozenset[str] = frozenset()
    insights: frozenset[str] = frozenset()
    rounded: Mapping[str, Callable[[float], float]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    is_silent: bool = False

    def counted_until(self, at: datetime) -> datetime:
        """The end of the last day that is told at that time."""
        zone = ZoneInfo(self.zone)
        day = (at - self.late).astimezone(zone).date()
        return datetime.combine(day, time.min, zone).astimezone(UTC)

    def as_of(self, series: Series, at: datetime) -> datetime:
        """When it was true what is told of a post at that time."""
        if series.post and series.name in self.reports:
            return self.counted_until(at)
        return at - self.late if series.name in self.insights else at

    def name(self, series: Series) -> str:
        """In the books."""
        full = f"{series.name} {series.grp}".strip()
        whole = series.platform not in {"x", "linkedin"}  # whose names are of objects in answers
        return self.names.get(full, series.name if whole else series.name.rpartition(".")[2])


PACIFIC = "America/Los_Angeles"
TELLS: Mapping[str, Told] = {
    "youtube": Told(
        zone=PACIFIC,
        late=timedelta(hours=72),
        reports=frozenset(
            (
                *("engagedViews", "shares", "estimatedMinutesWatched", "averageViewDuration"),
                *("averageViewPercentage", "subscribersGained", "subscribersLost"),
            )
        ),
        rounded={"averageViewDuration": int, "averageViewPercentage": partial(round, ndigits=2)},
        is_silent=True,
    ),
    "facebook": Told(
        zone=PACIFIC,
        late=timedelta(hours=24),
        insights=frozenset(
            (
                *("post_media_view", "post_total_media_view_unique", "post_clicks", "post_clicks_by_type", "post_video_views"),
                *("post_activity_by_action_type", "post_reactions_by_type_total"),
            )
        ),
        names={
            "reactions.summary.total_count": "reactions",
            "likes.summary.total_count": "likes",
            "comments.summary.total_count": "comments",
            "shares.count": "shares",
            "post_clicks_by_type type=link clicks": "post_clicks",
            "post_activity_by_action_type type=like": "reactions",
            "post_activity_by_action_type type=comment": "comments",
            "post_activity_by_action_type type=share": "shares",
            "post_reactions_by_type_total type=like": "likes",
        },
    ),
    "instagram": Told(zone=PACIFIC, names={"like_count": "likes", "comments_count": "comments"}),
    "linkedin": Told(
        late=timedelta(hours=24),
        insights=frozenset(each.name for each in linkedin.MEASURING.measures)
        - {each.name for each in (*linkedin.PAGE_SIZE, *linkedin.MEMBER_SIZE)},
    ),
    "threads": Told(zone=PACIFIC),
}
ONLINE = "online_followers"  # by hours of the day
PEOPLE = "follower_demographics"  # told by groups, which add up to the followers


@dataclass
class Truth:
    month: Month
    ids: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _known: dict[Any, dict[str, Any]] = field(default_factory=dict)

    async def open(self) -> None:
        """Posts by what OCMA calls them."""
        for entry in (await self.month.world.get("books"))["data"]:
            self.ids[entry["platform"], entry["id"]] = entry

    async def figures(self, series: Series, at: datetime) -> dict[str, Any]:
        of = {"id": self.id(series.platform, series.post)} if series.post else {"account": self.month.handles[series.account_id]}
        key = (series.platform, *of.values(), at)
        if key not in self._known:
            self._known[key] = await self.month.world.figures(series.platform, at, **of)
        return self._known[key]

    def id(self, platform: str, post: str) -> str:
        """Some platforms have ids that say more than the books do."""
        known = [each for key, each in self.ids if key == platform]
        return next(each for each in known if post == each or post.endswith((f"/{each}", f"_{each}")))

    def measured(self, platform: str, post: str) -> set[str]:
        """What there is of such a post, by the platform's names."""
        details = self.ids[platform, self.id(platform, post)]["details"]
        if platform == "linkedin":
            is_page = ":organization:" in details["author"]
            return {each.name for each in (linkedin.PAGE_POSTS if is_page else linkedin.MEMBER_POSTS)}
        kind = {"facebook": "post" if "_" in post else "video", "instagram": details.get("product")}.get(platform, "")
        measures = get_connector(platform).manifest.measuring.of("post")
        return {each.name for each in measures if not each.kinds or kind in each.kinds}

    async def of_total(self, series: Series, at: datetime) -> float:
        """Also of a rate over all so far."""
        told = TELLS.get(series.platform, Told())
        return self._as_told(series, await self.figures(series, told.as_of(series, at)))

    async def days(self, series: Series, first: datetime, last: datetime) -> dict[datetime, float]:
        """By their beginning: all whole ones that are told at `last`."""
        told, measuring = TELLS[series.platform], get_connector(series.platform).manifest.measuring
        begin = (first - min(measuring.days, BACK)).astimezone(ZoneInfo(told.zone)).date()
        end = (told.counted_until(last) - DAY / 2).astimezone(ZoneInfo(told.zone)).date()
        found = await self._days(series, begin, end)
        told_of = self._online if series.name == ONLINE else self._as_told
        return {
            datetime.fromisoformat(day["start"]): told_of(series, day["figures"])
            for day in found
            if not told.is_silent or any(_of_day(series.platform, day))
        }

    async def _days(self, series: Series, first: date, last: date) -> list[dict[str, Any]]:
        key = (series.account_id, first, last)
        if key not in self._known:
            span = (first.isoformat(), last.isoformat())
            handle = self.month.handles[series.account_id]
            self._known[key] = {"days": await self.month.world.days(series.platform, handle, *span)}
        return self._known[key]["days"]

    def _online(self, series: Series, figures: Mapping[str, Any]) -> float:
        hour = int(series.grp.removeprefix("hour="))
        person = self.month.people[series.account_id]
        return audience.online(series.platform, person, hour, figures["followers_count"])

    def _as_told(self, series: Series, figures: Mapping[str, Any]) -> float:
        told, measure = TELLS.get(series.platform, Told()), measure_of(series)
        return told.rounded.get(series.name, float)(figures[told.name(series)] or 0) * measure.factor


def _of_day(platform: str, day: Mapping[str, Any]) -> list[Any]:
    """What is told of a day, as the books have it."""
    measures = get_connector(platform).manifest.measuring.of("account")
    return [day["figures"].get(each.name) for each in measures if each.kind != "total"]


def measure_of(series: Series) -> Measure:
    measuring = get_connector(series.platform).manifest.measuring
    of = "post" if series.post else "account"
    (found,) = (
        each for each in measuring.of(of) if (each.name, each.kind, each.metric.key) == (series.name, series.kind, series.metric)
    )
    return found


def close(one: float, other: float) -> bool:
    return abs(one - other) < 1e-6


async def wrong_totals(truth: Truth, series: Mapping[int, Series], samples: Sequence[Sample]) -> list[tuple[Any, ...]]:
    """Each with what it is of, and what is true."""
    points = [each for each in samples if each.start_at is None and series[each.series_id].name != PEOPLE]
    true = [await truth.of_total(series[each.series_id], each.fetched_at) for each in points]
    return [(each, series[each.series_id], so) for each, so in zip(points, true, strict=True) if not close(each.value, so)]


async def wrong_days(truth: Truth, series: Mapping[int, Series], samples: Sequence[Sample]) -> list[tuple[Any, ...]]:
    """Days that are missing, there twice, or not as they were: the series, the day, what is written of it, and what is true."""
    looked = {series[each.series_id].account_id: each.fetched_at for each in samples if each.start_at is None}
    spans: dict[int, dict[datetime | None, list[float]]] = {}
    for each in samples:
        if each.start_at:
            spans.setdefault(each.series_id, {}).setdefault(each.start_at, []).append(each.value)
    wrong: list[tuple[Any, ...]] = []
    for number, told in spans.items():
        of = series[number]
        days = await truth.days(of, truth.month.begun, looked[of.account_id])
        for start in days.keys() | told.keys():
            values, true = told.get(start, []), days.get(start)
            if len(values) != 1 or true is None or not close(values[0], true):
                wrong.append((of, start, values, true))
    return wrong


async def written(month: Month) -> tuple[dict[int, Series], list[Sample]]:
    async with month.found.database.transaction(month.workspace) as session:
        series = [Series(*row) for row in await session.execute(_SERIES)]
        return {each.id: each for each in series}, [Sample(*row) for row in await session.execute(_SAMPLES)]
