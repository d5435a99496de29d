"""The posts of an account: ours as they went live, others as they are seen there, and when each is looked at next."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.accounts.models import Account
from ocma.features.analytics.cadence import first_look, next_look, on_grid
from ocma.features.analytics.models import AccountPost
from ocma.features.posts.models import Post
from ocma.features.posts.variants import laid_over
from ocma.features.publishing.models import Publication
from ocma.ids import new_id
from ocma.platforms.metrics import Measuring, Seen

_ADD = text("""
    INSERT INTO account_posts AS a (id, workspace_id, account_id, platform_post_id, content, url, published_at, publication_id,
        part, seen_at, next_measure_at)
    SELECT n.id, :workspace, :account, n.platform_post_id, n.content, n.url, n.published_at, n.publication_id,
        n.part, :now, n.next_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(:contents AS text[]), CAST(:urls AS text[]),
        CAST(:times AS timestamptz[]), CAST(:publications AS uuid[]), CAST(:parts AS int[]), CAST(:looks AS timestamptz[]))
        AS n(id, platform_post_id, content, url, published_at, publication_id, part, next_at)
    ON CONFLICT (account_id, platform_post_id) DO UPDATE
    SET content = coalesce(excluded.content, a.content), url = coalesce(excluded.url, a.url), seen_at = excluded.seen_at,
        gone_at = NULL, publication_id = coalesce(a.publication_id, excluded.publication_id),
        part = CASE WHEN a.publication_id IS NULL THEN excluded.part ELSE a.part END,
        next_measure_at = CASE WHEN a.gone_at IS NULL THEN a.next_measure_at ELSE excluded.next_measure_at END
    RETURNING id, platform_post_id""")
_LOOKED_AT = text("""
    UPDATE account_posts a SET next_measure_at = n.next_at, measured_at = :at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:looks AS timestamptz[])) AS n(id, next_at) WHERE a.id = n.id AND a.gone_at IS NULL""")


@dataclass(frozen=True, slots=True)
class Due:
    """A post whose figures are due."""

    id: UUID
    platform_post_id: str
    published_at: datetime
    billed_on: date | None


@dataclass(frozen=True, slots=True)
class Found:
    """A post as it comes in."""

    name: str
    content: str | None
    url: str | None
    at: datetime
    publication_id: UUID | None = None
    part: int | None = None


async def take_up(session: AsyncSession, account: Account, measuring: Measuring, since: datetime, now: datetime) -> None:
    """Our publications that went live since then and are not here yet."""
    known = select(AccountPost.id).where(AccountPost.publication_id == Publication.id).exists()
    query = select(Publication, Post).join(Post, Post.id == Publication.post_id)
    ours = (Publication.workspace_id == account.workspace_id, Publication.account_id == account.id)
    rows = await session.execute(query.where(*ours, Publication.state == "published", Publication.published_at > since, ~known))
    posts = [each for publication, post in rows for each in _parts(publication, post)]
    await _add(session, account, posts, measuring, now)


def _parts(publication: Publication, post: Post) -> Iterator[Found]:
    """Its posts; a first comment is none."""
    live: list[dict[str, Any]] = publication.progress.get("parts") or [
        {"id": publication.platform_post_id, "url": publication.url}
    ]
    written = laid_over(post.content, post.variants, publication.platform)
    for index, (each, part) in enumerate(zip(live, written, strict=False)):
        if part.get("role") != "comment":
            at = publication.published_at or publication.updated_at
            yield Found(str(each["id"]), part["text"], each["url"], at, publication.id, index)


async def see(
    session: AsyncSession, account: Account, seen: Sequence[Seen], measuring: Measuring, now: datetime
) -> dict[str, UUID]:
    """Posts that the platform has shown. Returns our id of each by the platform's."""
    return await _add(session, account, [Found(each.id, each.text, each.url, each.at) for each in seen], measuring, now)


async def _add(
    session: AsyncSession, account: Account, posts: Iterable[Found], measuring: Measuring, now: datetime
) -> dict[str, UUID]:
    found = {each.name: each for each in posts}
    if not found:
        return {}
    rows = [
        (
            new_id(),
            each.name,
            each.content,
            each.url,
            each.at,
            each.publication_id,
            each.part,
            _first(each, account, measuring, now),
        )
        for each in found.values()
    ]
    names = ("ids", "names", "contents", "urls", "times", "publications", "parts", "looks")
    given = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    known = {"workspace": account.workspace_id, "account": account.id, "now": now}
    return {row.platform_post_id: row.id for row in await session.execute(_ADD, {**known, **given})}


def _first(post: Found, account: Account, measuring: Measuring, now: datetime) -> datetime | None:
    look = first_look(post.at, now, measuring)
    return None if look is None else on_grid(look, account.id)


async def list_due(session: AsyncSession, account_id: UUID, now: datetime, most: int) -> list[Due]:
    """The freshest posts first."""
    columns = (AccountPost.id, AccountPost.platform_post_id, AccountPost.published_at, AccountPost.billed_on)
    query = select(*columns).where(AccountPost.account_id == account_id, AccountPost.next_measure_at <= now)
    rows = await session.execute(query.order_by(AccountPost.published_at.desc(), AccountPost.id.desc()).limit(most))
    return [Due(*row) for row in rows]


async def looked_at(session: AsyncSession, account_id: UUID, posts: Sequence[Due], measuring: Measuring, at: datetime) -> None:
    """They come again by the cadence."""
    if posts:
        looks = [next_look(each.published_at, at, measuring) for each in posts]
        given = {"ids": [each.id for each in posts], "looks": [look and on_grid(look, account_id) for look in looks]}
        await session.execute(_LOOKED_AT, {"at": at, **given})


async def are_gone(session: AsyncSession, account_id: UUID, names: Sequence[str], at: datetime) -> None:
    """The platform says so: their figures stay, and nobody asks again."""
    ours = (AccountPost.account_id == account_id, AccountPost.platform_post_id.in_(names), AccountPost.gone_at.is_(None))
    if names:
        await session.execute(update(AccountPost).where(*ours).values(gone_at=at, next_measure_at=None))


async def are_paid(session: AsyncSession, ids: Sequence[UUID], day: date) -> int:
    """Returns how many of them were not paid for that day before."""
    query = update(AccountPost).where(AccountPost.id.in_(ids), AccountPost.billed_on.is_distinct_from(day))
    return len((await session.execute(query.values(billed_on=day).returning(AccountPost.id))).all())


async def find_ids(session: AsyncSession, account_id: UUID, names: Sequence[str]) -> Mapping[str, UUID]:
    """Ours by the platform's."""
    ours = (AccountPost.account_id == account_id, AccountPost.platform_post_id.in_(names))
    rows = await session.execute(select(AccountPost.platform_post_id, AccountPost.id).where(*ours))
    return {row[0]: row[1] for row in rows}


async def find_next(session: AsyncSession, account_id: UUID) -> datetime | None:
    """When the next post of the account is due."""
    return await session.scalar(select(func.min(AccountPost.next_measure_at)).where(AccountPost.account_id == account_id))
