"""What a workspace used, month by month in UTC, from what is on record: nothing is counted twice, nothing is guessed."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.paging import encode_cursor
from ocma.features.schema import Schema

MOST = 36  # months on a page
Cursor = Annotated[int, Field(ge=2000 * 12, le=9000 * 12)]  # the number of a month: see `number`

# By the indexes publications_done, publications_dead, attempts_account and media_workspace; one query for all months of a page.
_MONTHS = text("""
    SELECT what, date_trunc('month', at, 'UTC') AS month, platform, count(*) AS number, sum(size)::bigint AS size FROM (
        SELECT 'published' AS what, published_at AS at, platform, 0 AS size FROM publications
        WHERE state = 'published' AND workspace_id = :workspace AND published_at >= :since AND published_at < :until
        UNION ALL
        SELECT 'failed', updated_at, platform, 0 FROM publications
        WHERE state = 'failed' AND workspace_id = :workspace AND updated_at >= :since AND updated_at < :until
        UNION ALL
        SELECT 'calls', t.started_at, a.platform, 0 FROM accounts a CROSS JOIN LATERAL (
            SELECT x.started_at FROM attempts x
            WHERE x.account_id = a.id AND x.started_at >= :since AND x.started_at < :until OFFSET 0) t
        WHERE a.workspace_id = :workspace
        UNION ALL
        SELECT 'media', created_at, '', size FROM media
        WHERE workspace_id = :workspace AND created_at >= :since AND created_at < :until
    ) AS used GROUP BY 1, 2, 3""")

_NOW = text("""
    SELECT (SELECT count(*) FROM members WHERE workspace_id = w.id) AS members,
        (SELECT count(*) FROM accounts WHERE workspace_id = w.id AND status <> 'revoked') AS accounts,
        m.media_files, m.media_bytes, w.created_at
    FROM workspaces w CROSS JOIN LATERAL (
        SELECT count(*) AS media_files, coalesce(sum(size), 0)::bigint AS media_bytes FROM media WHERE workspace_id = w.id) m
    WHERE w.id = :workspace""")


class PlatformUse(Schema):
    """`failed`: dead letters of that month that still are; `calls`: sends, answered or not, of which a thread needs several."""

    platform: str
    published: int = 0
    failed: int = 0
    calls: int = 0


class Month(Schema):
    """`mediaFiles`, `mediaBytes`: what came in that month and is still kept, without what was made of it."""

    month: str
    published: int
    failed: int
    calls: int
    media_files: int
    media_bytes: int
    platforms: list[PlatformUse]


class Standing(Schema):
    """As it is now; media: all that the library keeps."""

    at: datetime
    members: int
    accounts: int
    media_files: int
    media_bytes: int


class Usage(Schema):
    """Months, this one first; `nextCursor` is null once the month is shown in which the workspace was made."""

    now: Standing
    data: list[Month]
    next_cursor: str | None = None


async def get_usage(session: AsyncSession, workspace_id: UUID, now: datetime, before: int | None, limit: int) -> Usage:
    """Of the session's workspace; `before`: the month (its number) that the page before ended with."""
    standing = (await session.execute(_NOW, {"workspace": workspace_id})).one()
    newest = number(now) if before is None else min(before - 1, number(now))
    oldest = max(number(standing.created_at), newest - limit + 1)
    values = {"workspace": workspace_id, "since": _begin(oldest), "until": _begin(newest + 1)}
    used: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(_MONTHS, values):
        used[number(row.month)].append(row)
    return Usage(
        now=Standing(at=now, **{name: getattr(standing, name) for name in ("members", "accounts", "media_files", "media_bytes")}),
        data=[_month(each, used[each]) for each in range(newest, oldest - 1, -1)],
        next_cursor=encode_cursor(oldest) if oldest > number(standing.created_at) else None,
    )


def number(at: datetime) -> int:
    """Of its month in UTC, counted from the year 0."""
    utc = at.astimezone(UTC)
    return utc.year * 12 + utc.month - 1


def _begin(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _month(month: int, rows: Sequence[Row[Any]]) -> Month:
    of_platforms: dict[str, dict[str, int]] = defaultdict(dict)
    media = next((row for row in rows if row.what == "media"), None)
    for row in rows:
        if row.what != "media":
            of_platforms[row.platform][row.what] = row.number
    platforms = [PlatformUse(platform=key, **of_platforms[key]) for key in sorted(of_platforms)]
    return Month(
        month=f"{_begin(month):%Y-%m}",
        published=sum(each.published for each in platforms),
        failed=sum(each.failed for each in platforms),
        calls=sum(each.calls for each in platforms),
        media_files=media.number if media else 0,
        media_bytes=media.size if media else 0,
        platforms=platforms,
    )
