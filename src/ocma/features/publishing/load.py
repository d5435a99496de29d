"""Everything a worker has to know of the publications it took, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from ocma.features.accounts.models import Account, AccountToken
from ocma.features.media.library import find_media
from ocma.features.media.models import Medium
from ocma.features.posts.models import Post
from ocma.features.posts.variants import for_platform, media_ids
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.line import Line
from ocma.features.publishing.models import Attempt, Publication
from ocma.features.publishing.press import Press
from ocma.platforms.connector import Connector, Publishes
from ocma.platforms.content import Content
from ocma.platforms.registry import get_connector

# Built once: the statement is the same for every batch.
_ROWS = (
    select(Publication, Post, Account, AccountToken)
    .join(Post, Post.id == Publication.post_id)
    .join(Account, Account.id == Publication.account_id)
    .outerjoin(AccountToken, AccountToken.account_id == Publication.account_id)
    .where(Publication.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .options(defer(Post.details))
)
_ATTEMPTS = (
    select(Attempt)
    .where(Attempt.publication_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(Attempt.started_at, Attempt.id)
)


@dataclass(slots=True)
class Sending:
    """A send of this moment: what an Attempt would say of it, without the cost of a row that is read."""

    id: UUID
    part: int
    started_at: datetime
    state: str = "sending"
    platform_post_id: str | None = None
    url: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """One publication under a claim."""

    claim: Claim
    publication: Publication
    post: Post
    account: Account
    line: Line
    media: dict[UUID, Medium]
    attempts: list[Attempt | Sending]

    def content(self, press: Press) -> Content:
        """Raises NotFound when a file was deleted since."""
        post, outgoing = self.post, press.library.outgoing
        return for_platform(post.content, post.variants, self.publication.platform, self.media, outgoing)

    @property
    def connector(self) -> Connector:
        return get_connector(self.publication.platform)

    @property
    def publisher(self) -> Publishes:
        connector = self.connector
        if not isinstance(connector, Publishes):
            raise TypeError(connector)  # planning refuses platforms that cannot publish
        return connector


async def load(press: Press, claims: Sequence[Claim]) -> list[Work]:
    """In the order of `claims`. One transaction sees the workspaces of these claims, and no other."""
    if not claims:
        return []
    ids = [claim.id for claim in claims]
    async with press.database.batch(claim.workspace_id for claim in claims) as session:
        rows = {row[0].id: row for row in await session.execute(_ROWS, {"ids": ids})}
        attempts = await _sent(session, claims)
        media = await find_media(session, [each for row in rows.values() for each in media_ids(row[1].content, row[1].variants)])
    lines = {
        account.id: Line(press.desk, account, token, press.gates.observer(account))
        for account, token in {account: token for _, _, account, token in rows.values()}.items()
    }
    return [
        Work(claim, publication, post, account, lines[account.id], media, attempts.get(claim.id, []))
        for claim in claims
        if claim.id in rows
        for publication, post, account, _ in [rows[claim.id]]
    ]


async def _sent(session: AsyncSession, claims: Sequence[Claim]) -> dict[UUID, list[Attempt | Sending]]:
    """Earlier sends; a first claim has none."""
    again = [claim.id for claim in claims if claim.fence > 1]
    found: dict[UUID, list[Attempt | Sending]] = {}
    for each in await session.scalars(_ATTEMPTS, {"ids": again}) if again else ():
        found.setdefault(each.publication_id, []).append(each)
    return found
