"""Which accounts a report is of, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.errors import NotFound
from ocma.features.accounts.models import Account
from ocma.features.analytics.custom import CustomMetric
from ocma.features.analytics.formula import Tree
from ocma.features.analytics.models import Measurement
from ocma.features.analytics.names import unknown_metric
from ocma.features.analytics.parser import parse
from ocma.features.publishing.models import Publication
from ocma.platforms.connector import Measures
from ocma.platforms.registry import connectors

CONNECT_AGAIN = "Its platform takes our token no more: connect it again. The figures are those read before."
MOST = 1000  # accounts of one answer
NOT_YET, NEW_POSTS = "notMeasuredYet", "newPosts"
SOON = frozenset({NOT_YET, NEW_POSTS})  # what a look mends
RECENT = timedelta(hours=25)  # within this every account is looked at: OCMA_METRICS_EVERY_MINUTES is a day at most


@dataclass(frozen=True, slots=True)
class Source:
    """`error`: of the last look at it, as it was recorded. `has_new`: posts were published since then."""

    account_id: UUID
    platform: str
    handle: str
    status: str
    reason: str | None
    succeeded_at: datetime | None
    error: Mapping[str, Any] | None
    has_new: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    account_id: UUID
    platform: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom metric that somebody asked for."""

    key: str
    unit: str
    tree: Tree


_NEWEST = (
    select(Publication.account_id, func.max(Publication.published_at).label("at"))
    .where(Publication.state == "published", Publication.published_at > func.now() - RECENT)  # as the index has them
    .group_by(Publication.account_id)
    .subquery()
)


async def get_sources(
    session: AsyncSession, platform: str | None, account_id: UUID | None, custom: Sequence[str] = ()
) -> tuple[list[Source], list[Custom]]:
    """In one query. Raises NotFound without an account, Invalid for a custom metric that there is not."""
    query = (
        select(
            Account.id,
            Account.platform,
            Account.handle,
            Account.status,
            Account.status_reason,
            Measurement.succeeded_at,
            Measurement.error,
            (_NEWEST.c.at > Measurement.live_until).is_(True),
            _customs(custom).label("customs"),
        )
        .outerjoin(Measurement, Measurement.account_id == Account.id)
        .outerjoin(_NEWEST, _NEWEST.c.account_id == Account.id)
        .where(Account.status != "revoked")
        .order_by(Account.id)
        .limit(MOST)
    )
    if platform:
        query = query.where(Account.platform == platform)
    if account_id:
        query = query.where(Account.id == account_id)
    rows = (await session.execute(query)).all()
    if not rows:
        raise _none(platform, account_id)
    return [Source(*row[:-1]) for row in rows], _chosen(custom, rows[0].customs or {})


def _customs(keys: Sequence[str]) -> ColumnElement[Any]:
    """All of the workspace, so that a wrong key can be answered with the right ones; nothing where none is asked for."""
    if not keys:
        return literal(None)
    pairs = func.jsonb_object_agg(CustomMetric.key, func.jsonb_build_array(CustomMetric.unit, CustomMetric.formula))
    return select(pairs).scalar_subquery()


def _chosen(keys: Sequence[str], found: Mapping[str, Sequence[str]]) -> list[Custom]:
    for index, key in enumerate(keys):
        if key not in found:
            raise unknown_metric(key, f"custom.{index}", list(found), platforms=False)
    return [Custom(key, found[key][0], parse(found[key][1])) for key in keys]


def _none(platform: str | None, account_id: UUID | None) -> NotFound:
    if account_id:
        return NotFound("There is no such account in this workspace, or not on this platform.")
    name = f"{platform} account" if platform else "account"
    return NotFound(
        f"No {name} is connected.", code="noAccounts", remediation="Connect one: POST /api/social/authorize says where to go."
    )


def trouble(source: Source) -> Trouble | None:
    """Why the figures of an account are old, or not there."""
    told = _told(source)
    return Trouble(source.account_id, source.platform, *told) if told else None


def is_uncounted(source: Source) -> bool:
    """Posts of ours are new there, and no look is taken for them: it would give nothing."""
    found = _told(source)
    return source.has_new and found is not None and found[0] not in SOON and source.platform in connectors()


def _told(source: Source) -> tuple[str, str] | None:
    if source.status == "needsReauthorization":
        return source.status, CONNECT_AGAIN
    if source.status != "active":
        return source.status, source.reason or "Its platform closed or locked it. The figures are those read before."
    if source.error:
        return _class(source.error), str(source.error.get("detail", "The last look at it failed."))
    return _missing(source)


def _class(error: Mapping[str, Any]) -> str:
    """What can be gone by on every platform, whose own rules are many; what OCMA itself found has nothing but its code."""
    return str(error.get("kind") or error.get("code") or "failed")


def _missing(source: Source) -> tuple[str, str] | None:
    if not isinstance(connectors().get(source.platform), Measures):
        return "notMeasurable", "OCMA cannot read figures of this platform."
    if source.succeeded_at is None:
        return NOT_YET, "Nobody has looked at it yet; it is looked at soon after it is connected."
    if source.has_new:
        return NEW_POSTS, "Posts were published since the last look at it; they are here after the next one."
    return None
