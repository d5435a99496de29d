"""Who follows an account, as its platform tells."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.analytics.models import MetricSeries
from ocma.platforms.metrics import FOLLOWERS

SHOWN = ("age", "gender", "country")  # groups, in the order in which people name them


async def find_demographic(session: AsyncSession, account_id: UUID) -> str | None:
    """The largest group of each kind, with its share: `age 25-34 (41 %), country DE (63 %)`. None: the platform does not tell."""
    query = select(MetricSeries.grp, MetricSeries.latest).where(
        MetricSeries.account_id == account_id,
        MetricSeries.post_id.is_(None),
        MetricSeries.metric == FOLLOWERS.key,
        MetricSeries.grp != "",
        MetricSeries.latest > 0,
    )
    kinds: dict[str, dict[str, float]] = defaultdict(dict)
    for group, count in await session.execute(query):
        kind, _, part = group.partition("=")
        kinds[kind][part] = count or 0.0
    return ", ".join(_largest(each, kinds[each]) for each in SHOWN if each in kinds) or None


def _largest(kind: str, parts: Mapping[str, float]) -> str:
    part = max(parts, key=parts.__getitem__)
    return f"{kind} {part} ({parts[part] / sum(parts.values()):.0%})".replace("%", " %")
