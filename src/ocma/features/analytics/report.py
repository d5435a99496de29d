"""What became of the posts of a period: totals, platforms, the best and the newest posts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import Invalid, Issue
from ocma.features.analytics import definitions
from ocma.features.analytics.definitions import counted, rate
from ocma.features.analytics.figures import Found, Rows, find_figures
from ocma.features.analytics.formula import Tree, names, reckon
from ocma.features.analytics.period import Period
from ocma.features.analytics.report_schemas import (
    AsOf,
    CustomTotal,
    Known,
    Metrics,
    PlatformReport,
    PostFigures,
    PostReport,
    Report,
    Totals,
    TroubleView,
)
from ocma.features.analytics.sources import Custom, get_sources, is_uncounted, trouble
from ocma.infra.cache import Part

_COUNTS = ("clicks", "shares", "saves", "comments", "likes", "reach", "views", "quotes", "sends")
MOST_CUSTOM = 10  # of one answer
_OVER_ALL = "sum:"  # before a metric whose sum over all posts is wanted; no key of a custom metric has a colon


@dataclass(frozen=True, slots=True)
class Question:
    """`platform` None: all. `named`: what the caller calls that platform. `custom`: keys of custom metrics."""

    period: Period
    platform: str | None = None
    named: str | None = None
    account_id: UUID | None = None
    limit: int = 20
    custom: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """All that its answer depends on, beside what is stored and the time."""
        return "report", *self.period.parts, self.platform, self.named, self.account_id, self.limit, *self.custom


def chosen(keys: str | None) -> tuple[str, ...]:
    """`a,b` as a caller writes it, each once. Raises Invalid for too many."""
    found = tuple(dict.fromkeys(each.strip() for each in (keys or "").split(",") if each.strip()))
    if len(found) > MOST_CUSTOM:
        message = f"At most {MOST_CUSTOM} custom metrics can be asked for at once; these are {len(found)}."
        raise Invalid(message, issues=[Issue("custom", "tooMany", message, "Ask for some of them, and then for the others.")])
    return found


async def get_report(session: AsyncSession, question: Question, now: datetime) -> Report:
    """Two queries. Raises NotFound without an account, Invalid for a custom metric that there is not."""
    sources, customs = await get_sources(session, question.platform, question.account_id, question.custom)
    accounts = {each.account_id: each.platform for each in sources}
    found = await find_figures(session, accounts, question.period, question.limit, _wanted(customs))
    troubles = [each for each in map(trouble, sources) if each]
    maker = _Maker(question, customs, found)
    return Report(
        time_range=question.period.name,
        start=question.period.start,
        end=question.period.end,
        fetched_at=now,
        as_of=_as_of(found.totals),
        metrics=maker.metrics(sorted(set(accounts.values()))),
        errors=[TroubleView(**_told(each, maker.label(each.platform))) for each in troubles],
        uncounted=[each.account_id for each in sources if is_uncounted(each)],
    )


def _told(each: Any, platform: str) -> dict[str, Any]:
    return {"platform": platform, "account_id": each.account_id, "code": each.code, "detail": each.detail}


def _wanted(customs: Iterable[Custom]) -> dict[str, list[str]]:
    """Which metrics are to be summed together, under which key."""
    wanted: dict[str, list[str]] = {}
    for custom in customs:
        wanted[custom.key] = _operands(custom.tree)
        wanted |= {f"{_OVER_ALL}{each.key}": [each.key] for each in names(custom.tree) if each.over_all}
    return wanted


def _operands(tree: Tree) -> list[str]:
    """A formula of nothing but sums over all posts is of every post that has those."""
    own = {each.key for each in names(tree) if not each.over_all}
    return sorted(own or {each.key for each in names(tree)})


def _as_of(totals: Rows) -> AsOf:
    times = [row for row in totals if row["measured"]]
    return AsOf(
        oldest=min((datetime.fromisoformat(row["oldest"]) for row in times), default=None),
        newest=max((datetime.fromisoformat(row["newest"]) for row in times), default=None),
        measured=sum(row["measured"] for row in times),
    )


class _Maker:
    """Puts rows into the shape of the answer."""

    def __init__(self, question: Question, customs: Sequence[Custom], found: Found) -> None:
        self._question, self._customs, self._found = question, customs, found
        self._sums = self._over_all()

    def label(self, platform: str) -> str:
        return self._question.named or platform

    def metrics(self, platforms: Sequence[str]) -> Metrics:
        best = sorted((row for row in self._found.shown if row["top"]), key=lambda row: row["top"])
        return Metrics(
            **self._totals(self._found.totals, None).model_dump(),
            platform_breakdown=[self._platform(each) for each in platforms],
            top_posts=[self._post(row) for row in best],
        )

    def _platform(self, platform: str) -> PlatformReport:
        shown = [row for row in self._found.shown if row["platform"] == platform]
        best = next((row for row in shown if row["best"]), None)
        return PlatformReport(
            **self._totals([row for row in self._found.totals if row["platform"] == platform], platform).model_dump(),
            platform=self.label(platform),
            top_post=self._post(best) if best else None,
            recent_posts=[self._post(row) for row in shown if row["recent"]],
        )

    def _totals(self, rows: Rows, platform: str | None) -> Totals:
        return Totals(
            total_posts=sum(row["posts"] for row in rows),
            total_impressions=counted(_sum(rows, "impressions")),
            total_engagement=counted(_sum(rows, "interactions")),
            total_reach=counted(_sum(rows, "reach")),
            avg_engagement_rate=rate(_sum(rows, "rated_interactions"), _sum(rows, "rated_basis")),
            known=Known(
                impressions=sum(row["impressions_known"] for row in rows),
                engagement=sum(row["interactions_known"] for row in rows),
                reach=sum(row["reach_known"] for row in rows),
                engagement_rate=sum(row["rated"] for row in rows),
            ),
            custom={each.key: self._custom(each, platform) for each in self._customs},
        )

    def _custom(self, custom: Custom, platform: str | None) -> CustomTotal:
        rows = [row for row in self._found.sums if row["key"] == custom.key and platform in (None, row["platform"])]
        figures: dict[str, float] = defaultdict(float)
        for row in rows:
            figures[row["name"]] += row["value"]
        known = {row["platform"]: row["posts"] for row in rows}
        return CustomTotal(value=reckon(custom.tree, figures, self._sums), unit=custom.unit, known=sum(known.values()))

    def _over_all(self) -> dict[str, float | None]:
        sums: dict[str, float | None] = {}
        for row in self._found.sums:
            if row["key"].startswith(_OVER_ALL):
                sums[row["name"]] = (sums.get(row["name"]) or 0.0) + row["value"]
        return sums

    def _post(self, row: Mapping[str, Any]) -> PostReport:
        figures: Mapping[str, float] = row["figures"] or {}
        return PostReport(
            id=row["id"],
            platform=self.label(row["platform"]),
            account_id=row["account_id"],
            platform_post_id=row["platform_post_id"],
            publication_id=row["publication_id"],
            content=row["content"],
            url=row["url"],
            created_at=row["published_at"],
            measured_at=row["read_at"],
            gone_at=row["gone_at"],
            metrics=_figures(figures),
            custom={each.key: reckon(each.tree, figures, self._sums) for each in self._customs},
        )


def _figures(figures: Mapping[str, float]) -> PostFigures:
    interactions = definitions.interactions(figures)
    return PostFigures(
        **{name: counted(figures.get(name)) for name in _COUNTS},
        impressions=counted(definitions.impressions(figures)),
        engagement=rate(interactions, definitions.basis(figures)),
        interactions=counted(interactions),
    )


def _sum(rows: Rows, name: str) -> float | None:
    """Of what is known."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None
