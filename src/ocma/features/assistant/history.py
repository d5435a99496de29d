"""What an account has posted and what became of it: all that OCMA learns from about an account."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from ocma.features.analytics.definitions import doubly_named, interactions
from ocma.features.analytics.figures import NEWEST
from ocma.intelligence.text import Draft, read

MOST = 1000  # posts, the newest
SETTLED = timedelta(days=2)  # younger posts are still being liked

# The kinds of a post's files are known of those that went through here.
_SQL = f"""
    SELECT p.content, p.published_at, p.publication_id IS NOT NULL AS ours, f.figures, k.kinds
    FROM (
        SELECT q.id, q.content, q.published_at, q.publication_id FROM account_posts q
        WHERE q.workspace_id = :workspace AND q.account_id = :account AND q.published_at < :before
            AND q.content IS NOT NULL AND coalesce(q.part, 0) = 0
        ORDER BY q.published_at DESC, q.id DESC LIMIT {MOST}
    ) p
    CROSS JOIN (SELECT CAST(:platform AS text) AS platform) a
    CROSS JOIN LATERAL ({NEWEST}) f
    LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT m.kind) AS kinds
        FROM publications u JOIN posts w ON w.id = u.post_id
        CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(nullif(w.variants -> u.platform -> 'mediaIds', 'null'),
            w.content -> 'parts' -> 0 -> 'mediaIds', '[]')) AS i(id)
        JOIN media m ON m.id = CAST(i.id AS uuid)
        WHERE u.id = p.publication_id
    ) k ON p.publication_id IS NOT NULL
    WHERE f.figures IS NOT NULL
    ORDER BY p.published_at"""  # noqa: S608 - of constants
_POSTS = text(_SQL).columns(figures=JSONB, kinds=ARRAY(Text))


@dataclass(frozen=True, slots=True)
class Told:
    """A post of the past. `engagement`: its interactions so far. `media`: photo, video, link or status; None: not known."""

    draft: Draft
    published_at: datetime
    engagement: float
    media: str | None


async def find_history(session: AsyncSession, workspace_id: UUID, account_id: UUID, platform: str, now: datetime) -> list[Told]:
    """Oldest first: posts that are old enough to be compared, and of which the platform tells how they did."""
    values = {
        "workspace": workspace_id,
        "account": account_id,
        "platform": platform,
        "before": now - SETTLED,
        "named": doubly_named(),
    }
    rows = (await session.execute(_POSTS, values)).all()
    return [each for each in map(_told, rows) if each]


def _told(row: Row[Any]) -> Told | None:
    engagement = interactions(row.figures)
    if engagement is None:
        return None
    draft = read(row.content)
    return Told(draft, row.published_at, engagement, media_of(draft, row.kinds or ()) if row.ours else None)


def media_of(draft: Draft, kinds: tuple[str, ...] | list[str]) -> str:
    """What a post is to those who see it, by its files."""
    if {"video", "gif"} & set(kinds):
        return "video"
    if kinds:
        return "photo"
    return "link" if draft.urls else "status"
